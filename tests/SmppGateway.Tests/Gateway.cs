using System.Net;
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
using Smpp;
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
    private readonly ShortIds shortIds;
    private readonly EnvelopeSender<MessageEvent> events;
    private FollowConfiguration? follower;

    public Gateway()
    {
        var limits = new GatewayOptions();
        Metrics = new GatewayMetrics(new EsmeSessions(), new ConnectionLimits(limits, Time, NullLogger<ConnectionLimits>.Instance));
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
        shortIds = new ShortIds(new MessageLedger(nowhere), new GatewayOptions(), Time, NullLogger<ShortIds>.Instance);
        handler = new SubmitHandler(
            new GatewayOptions(),
            new SubmitRates(snapshots, Time),
            new ClientIds(snapshots, shortIds),
            sender,
            counter,
            Metrics,
            Time
        );
        events = new EnvelopeSender<MessageEvent>(
            Queue,
            QueueNames.Events,
            ContractsJson.Default.MessageEvent,
            new EnvelopeSenderOptions(),
            instance.Id,
            Time,
            NullLogger.Instance
        );
        Requests = new MessageRequests(
            new GatewayOptions(),
            new MessageLedger(nowhere),
            events,
            Time,
            NullLogger<MessageRequests>.Instance
        );
        var session = new SmppSession(
            DuplexPipes.Create().One,
            SessionRole.Smsc,
            new SmppSessionOptions(),
            new Silent(),
            NullLogger.Instance,
            Time
        );
        Esme = new EsmeSession(session, "esme", "acme", IPAddress.Loopback);
        InterfaceVersion = SmppVersions.V34;
        Configure(MessageIdFormat.Hex);
    }

    public ManualTime Time { get; } = new();

    public InMemoryQueue Queue { get; }

    /// <summary>The drain of the sessions that <see cref="Esmes"/> handles.</summary>
    public Drain Drain { get; private set; } = null!;

    /// <summary>What it counts.</summary>
    public GatewayMetrics Metrics { get; }

    /// <summary>What traces the sessions that <see cref="Esmes"/> handles.</summary>
    public PduTracer Tracer { get; private set; } = null!;

    public EsmeSession Esme { get; private set; }

    public SubmitHandler Handler => handler;

    public MessageRequests Requests { get; }

    /// <summary>Short ids; there are none until some are added.</summary>
    public ShortIds ShortIds => shortIds;

    /// <summary>The version the ESME bound with; a session learns it from its bind, which is not what is tested here.</summary>
    public byte InterfaceVersion
    {
        get => Esme.Version;
        set => Esme = Esme with { Version = value };
    }

    public Task<SubmitSmResp> SubmitAsync(SubmitSm pdu) => handler.SubmitAsync(Esme, pdu).AsTask();

    public Task<SubmitMultiResp> SubmitMultiAsync(SubmitMulti pdu) => handler.SubmitMultiAsync(Esme, pdu).AsTask();

    public Task<DataSmResp> DataAsync(DataSm pdu) => handler.DataAsync(Esme, pdu).AsTask();

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
    public async Task<MessageSubmitted> TakeAsync() => (await TakeAllAsync()).Single();

    /// <summary>The items of the one envelope that the router gets.</summary>
    public async Task<List<MessageSubmitted>> TakeAllAsync()
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
        return leases.Single().Items.Select(item => item.Value).ToList();
    }

    /// <summary>Puts a configuration in force as if it had been loaded.</summary>
    public void Configure(MessageIdFormat format = MessageIdFormat.Hex, int? rate = null, int? accountRate = null, int? burst = null) =>
        Configure(
            new SmppUser
            {
                SystemId = "esme",
                AccountId = "acme",
                PasswordHash = "",
                MessageIdFormat = format,
                RatePerSecond = rate,
            },
            new Account
            {
                Id = "acme",
                Name = "Acme",
                RatePerSecond = accountRate,
                Burst = burst,
            }
        );

    /// <summary>The same with a user of the test's own, of the account acme.</summary>
    public void Configure(SmppUser user, Account? account = null, params EsmeTrace[] traces)
    {
        account ??= new Account { Id = "acme", Name = "Acme" };
        snapshots.Put(new ConfigSnapshot(1, [account], [user], [], [], [], traces));
    }

    /// <summary>The handler of sessions, as a host makes it.</summary>
    public EsmeHandler Esmes(
        Credentials credentials,
        TimeProvider? time = null,
        ILogger<EsmeHandler>? log = null,
        GatewayOptions? limits = null
    )
    {
        var clock = time ?? Time;
        var options = limits ?? new GatewayOptions();
        var sessions = new EsmeSessions();
        Tracer = new PduTracer(options, snapshots, clock);
        _ = follower?.StopAsync(CancellationToken.None);
        follower = new FollowConfiguration(options, snapshots, sessions, Tracer, NullLogger<FollowConfiguration>.Instance);
        _ = follower.StartAsync(CancellationToken.None);
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
            Tracer,
            handler,
            Requests,
            options,
            clock,
            log ?? NullLogger<EsmeHandler>.Instance
        );
    }

    public async ValueTask DisposeAsync()
    {
        await (follower?.StopAsync(CancellationToken.None) ?? Task.CompletedTask);
        await sender.DisposeAsync();
        await events.DisposeAsync();
        Requests.Dispose();
        shortIds.Dispose();
        counter.Dispose();
        instance.Dispose();
        snapshots.Dispose();
        await notifications.DisposeAsync();
        await nowhere.DisposeAsync();
    }

    private sealed class Silent : SmppSessionHandler;
}
