using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using Contracts;
using Messaging;
using Messaging.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Persistence;
using Persistence.Configuration;
using Persistence.Leases;
using Persistence.Ledger;
using Persistence.Snapshot;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;

namespace SmppGateway.Tests;

/// <summary>A submit handler with a bound ESME before it and a queue in memory behind it. There is no database: nothing here asks it.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    private readonly NpgsqlDataSource nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1");
    private readonly Notifications notifications;
    private readonly SnapshotSource snapshots;
    private readonly ServiceInstance instance;
    private readonly AcceptCounter counter;
    private readonly EnvelopeSender<MessageSubmitted> sender;
    private readonly SubmitHandler handler;
    private readonly EsmeSession esme;

    public Gateway()
    {
        Queue = new InMemoryQueue(Time);
        notifications = new Notifications(nowhere, Time, NullLogger<Notifications>.Instance);
        snapshots = new SnapshotSource(nowhere, notifications, Time, NullLogger<SnapshotSource>.Instance);
        instance = new ServiceInstance(new ConfigurationBuilder().Build(), nowhere, Time, NullLogger<ServiceInstance>.Instance);
        counter = new AcceptCounter(new MessageLedger(nowhere), instance, Time, NullLogger<AcceptCounter>.Instance);
        sender = new EnvelopeSender<MessageSubmitted>(
            Queue,
            QueueNames.Submit,
            ContractsJson.Default.MessageSubmitted,
            new EnvelopeSenderOptions(),
            instance.Id,
            Time,
            NullLogger.Instance
        );
        handler = new SubmitHandler(new GatewayOptions(), snapshots, sender, counter, Time);
        var session = new SmppSession(
            DuplexPipes.Create().One,
            SessionRole.Smsc,
            new Smpp.SmppSessionOptions(),
            new Silent(),
            NullLogger.Instance,
            Time
        );
        esme = new EsmeSession(session, "esme", "acme", IPAddress.Loopback);
        Configure(MessageIdFormat.Hex);
    }

    public ManualTime Time { get; } = new();

    public InMemoryQueue Queue { get; }

    /// <summary>The drain of the sessions that <see cref="Esmes"/> handles.</summary>
    public Drain Drain { get; private set; } = null!;

    public Task<SubmitSmResp> SubmitAsync(SubmitSm pdu) => handler.SubmitAsync(esme, pdu).AsTask();

    /// <summary>Lets time pass until there is an answer.</summary>
    public async Task<SubmitSmResp> SubmitToTheEndAsync(SubmitSm pdu)
    {
        var answering = SubmitAsync(pdu);
        await Time.AdvanceUntilAsync(answering, TimeSpan.FromMilliseconds(100));
        return await answering;
    }

    /// <summary>Waits until the queue has been handed something.</summary>
    public async Task SendingAsync()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (Queue.SendCount == 0)
        {
            await Task.Delay(1, bound.Token);
        }
    }

    /// <summary>What the router gets.</summary>
    public async Task<MessageSubmitted> TakeAsync()
    {
        await using var reader = new EnvelopeReader<MessageSubmitted>(
            Queue,
            QueueNames.Submit,
            ContractsJson.Default.MessageSubmitted,
            new EnvelopeReaderOptions(),
            Time,
            NullLogger.Instance
        );
        var leases = await reader.ReceiveAsync(1, TimeSpan.Zero, CancellationToken.None);
        return leases.Single().Items.Single().Value;
    }

    /// <summary>Puts a configuration in force as if it had been loaded.</summary>
    public void Configure(MessageIdFormat format) =>
        Configure(
            new SmppUser
            {
                SystemId = "esme",
                AccountId = "acme",
                PasswordHash = "",
                MessageIdFormat = format,
            }
        );

    /// <summary>The same with a user of the test's own, of the account acme.</summary>
    public void Configure(SmppUser user)
    {
        var account = new Account { Id = "acme", Name = "Acme" };
        // The source takes configurations from the database only; the integration tests of Persistence show that it does.
        typeof(SnapshotSource)
            .GetField("current", BindingFlags.Instance | BindingFlags.NonPublic)!
            .SetValue(snapshots, NewSnapshot(1, [account], [user], [], [], []));
        var loaded = typeof(SnapshotSource).GetField("loaded", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(snapshots);
        ((TaskCompletionSource)loaded!).TrySetResult();
    }

    /// <summary>The handler of sessions, as a host makes it.</summary>
    public EsmeHandler Esmes(Credentials credentials, TimeProvider? time = null, ILogger<EsmeHandler>? log = null)
    {
        var clock = time ?? Time;
        var options = new GatewayOptions();
        var sessions = new EsmeSessions();
        Drain = new Drain(options, sessions, clock, NullLogger<Drain>.Instance);
        return new EsmeHandler(
            snapshots,
            credentials,
            new FailedBinds(options, clock),
            sessions,
            new SessionRegister(
                options,
                new EsmeDirectory(nowhere, instance),
                notifications,
                counter,
                new LoopWatch(options, clock),
                clock,
                NullLogger<SessionRegister>.Instance
            ),
            Drain,
            handler,
            options,
            clock,
            log ?? NullLogger<EsmeHandler>.Instance
        );
    }

    public async ValueTask DisposeAsync()
    {
        await sender.DisposeAsync();
        counter.Dispose();
        instance.Dispose();
        snapshots.Dispose();
        await notifications.DisposeAsync();
        await nowhere.DisposeAsync();
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern ConfigSnapshot NewSnapshot(
        long version,
        IEnumerable<Account> accounts,
        IEnumerable<SmppUser> users,
        IEnumerable<ApiKey> keys,
        IEnumerable<Connector> connectors,
        IEnumerable<CompiledRoute> routes
    );

    private sealed class Silent : SmppSessionHandler;
}
