using Contracts;
using Messaging;
using Messaging.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Persistence;
using Persistence.Leases;
using Persistence.Ledger;
using Xunit;

namespace DlrProcessor.IntegrationTests;

/// <summary>The dlr-processor over a database of its own, with the queue in memory; what workers and the router do is done by hand.</summary>
public sealed class RunningProcessor : IAsyncLifetime, IDisposable
{
    /// <summary>Generous: what is waited for is an end; this only bounds a failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private const int Batch = 500;
    private const string Connector = "one";

    private readonly string server =
        Environment.GetEnvironmentVariable("PLATFORM_TEST_DATABASE")
        ?? throw new InvalidOperationException("PLATFORM_TEST_DATABASE names no server: run make test, which starts one.");
    private readonly string name = $"dlr_test_{Guid.NewGuid():N}";
    private readonly InMemoryQueue queue = new(TimeProvider.System);
    private NpgsqlDataSource? source;
    private Notifications? notifications;
    private RecordOutcomes? processor;
    private EnvelopeSender<MessageEvent>? events;
    private SlotLease lease;

    public MessageLedger Ledger { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await OnServerAsync($"create database {name}");
        source = PlatformDatabase.CreateDataSource(new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString);
        await PlatformDatabase.MigrateAsync(source, TimeProvider.System, CancellationToken.None);
        Ledger = new MessageLedger(source);
        notifications = new Notifications(source, TimeProvider.System, NullLogger<Notifications>.Instance);
        events = new EnvelopeSender<MessageEvent>(
            queue,
            QueueNames.Events,
            ContractsJson.Default.MessageEvent,
            new EnvelopeSenderOptions(),
            Guid.NewGuid(),
            TimeProvider.System,
            NullLogger.Instance
        );
        var instance = new ServiceInstance(
            new ConfigurationBuilder().Build(),
            source,
            TimeProvider.System,
            NullLogger<ServiceInstance>.Instance
        );
        lease = Assert.Single(await new BindSlots(source, instance).AcquireAsync(Connector, 1, 1, CancellationToken.None));
        // Nobody renews it here.
        await ExecuteAsync("update bind_slots set expires_at = now() + interval '1 hour'");
        processor = new RecordOutcomes(
            queue,
            Ledger,
            notifications,
            new DlrProcessorOptions(),
            new EnvelopeReaderOptions(),
            TimeProvider.System,
            NullLogger<RecordOutcomes>.Instance
        );
        await processor.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await (processor?.StopAsync(CancellationToken.None) ?? Task.CompletedTask);
        await (events?.DisposeAsync() ?? default);
        await (notifications?.DisposeAsync() ?? default);
        await (source?.DisposeAsync() ?? default);
        await OnServerAsync($"drop database if exists {name} with (force)");
    }

    public void Dispose() => processor?.Dispose();

    /// <summary>Records messages as the router does, and claims their parts as a worker does before it sends them.</summary>
    public async Task SendAsync(IReadOnlyList<MessageSubmitted> messages)
    {
        foreach (var chunk in messages.Chunk(Batch))
        {
            await Ledger.RecordAsync(
                [.. chunk.Select(message => new Verdict(Guid.Empty, message, Connector, "default", null))],
                CancellationToken.None
            );
            var claims = await Ledger.ClaimAsync(
                lease,
                [.. chunk.SelectMany(message => Enumerable.Range(0, message.Parts).Select(part => Key(message, part)))],
                CancellationToken.None
            );
            Assert.All(claims, claim => Assert.Equal(ClaimResult.Claimed, claim.Result));
        }
    }

    /// <summary>The operator's answers, written and told as a worker does.</summary>
    public async Task AnswerAsync(IEnumerable<(MessageSubmitted Message, int Part, string OperatorId)> answers)
    {
        var at = TimeProvider.System.GetUtcNow();
        foreach (var chunk in answers.Chunk(Batch))
        {
            await Ledger.AnswerAsync(
                [
                    .. chunk.Select(answer => new SubmitAnswer(
                        Key(answer.Message, answer.Part),
                        SubmitOutcome.Accepted,
                        0,
                        "tel",
                        answer.OperatorId,
                        OperatorId.FromAnswer(answer.OperatorId),
                        (short)answer.Message.Parts,
                        at
                    )),
                ],
                CancellationToken.None
            );
            await TellAsync([
                .. chunk.Select(answer => new PartSubmitted
                {
                    Id = answer.Message.Id,
                    Part = (short)answer.Part,
                    Connector = Connector,
                    At = at,
                }),
            ]);
        }
    }

    /// <summary>Puts events into the queue.</summary>
    public async Task TellAsync(IEnumerable<MessageEvent> happened)
    {
        foreach (var chunk in happened.Chunk(Batch))
        {
            Assert.Equal(SendOutcome.Stored, await events!.SendAllAsync(chunk, CancellationToken.None));
        }
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = source!.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var command = source!.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Looks until a query counts so many: the processor is on its own time.</summary>
    public async Task UntilAsync(long count, string sql)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await CountAsync(sql) is var now && now != count)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, $"{now} instead of {count}: {sql}");
            await Task.Delay(Look);
        }
    }

    private static SubmitKey Key(MessageSubmitted message, int part) => new(message.Id, (short)part, 0, 0);

    private async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
