using System.Diagnostics;
using Messaging.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>What the contract cannot ask for: faults of the database, wake-ups, the shape of the statements.</summary>
public sealed class PostgresFaultTests : IAsyncLifetime
{
    private const string Name = "submit";
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private readonly List<PostgresQueue> _opened = [];
    private TestDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await Open().EnsureSchemaAsync(None);
    }

    public async Task DisposeAsync()
    {
        foreach (var queue in _opened)
        {
            await queue.DisposeAsync();
        }
        await _database.DisposeAsync();
    }

    private PostgresQueue Open(PostgresQueueOptions? options = null, NpgsqlDataSource? source = null)
    {
        var queue = new PostgresQueue(source ?? _database.DataSource, options ?? new(), TimeProvider.System, NullLogger.Instance);
        _opened.Add(queue);
        return queue;
    }

    private static OutgoingEnvelope Envelope(int bytes = 10) => new(Guid.CreateVersion7(), new byte[bytes], 1);

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _database.DataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_has_certainly_stored_nothing()
    {
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=x;Timeout=2");

        var error = await Assert.ThrowsAsync<QueueSendException>(() => Open(source: nowhere).SendAsync(Name, [Envelope()], None));

        Assert.Equal(SendFailure.Refused, error.Outcome);
        Assert.Single(error.Unconfirmed);
    }

    [Fact]
    public async Task A_statement_the_server_rejects_has_certainly_stored_nothing()
    {
        var queue = Open();
        await queue.EnsureQueueAsync(Name, None);
        await using (var limit = _database.DataSource.CreateCommand("ALTER TABLE queue.bodies ADD CHECK (length(body) < 100)"))
        {
            await limit.ExecuteNonQueryAsync();
        }

        var error = await Assert.ThrowsAsync<QueueSendException>(() => queue.SendAsync(Name, [Envelope(), Envelope(200)], None));

        Assert.Equal(SendFailure.Refused, error.Outcome);
        Assert.Equal(2, error.Unconfirmed.Count);
        Assert.Equal(0, (await queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task A_connection_lost_during_the_statement_leaves_the_outcome_unknown()
    {
        await using var source = OneConnection();
        var queue = Open(new() { WakeOtherProcesses = false }, source);
        await queue.SendAsync(Name, [Envelope()], None);
        await using var blocker = await HoldBodiesAsync();
        var sending = queue.SendAsync(Name, [Envelope()], None);

        while (
            await ScalarAsync<long>(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ) == 0
        )
        {
            await Task.Yield();
        }

        Assert.Equal(SendFailure.Unknown, (await Assert.ThrowsAsync<QueueSendException>(() => sending)).Outcome);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_leaves_the_outcome_unknown()
    {
        await using var source = OneConnection();
        var queue = Open(new() { WakeOtherProcesses = false, CommandTimeout = TimeSpan.FromSeconds(1) }, source);
        await queue.SendAsync(Name, [Envelope()], None);
        await using var blocker = await HoldBodiesAsync();

        var error = await Assert.ThrowsAsync<QueueSendException>(() => queue.SendAsync(Name, [Envelope()], None));

        Assert.Equal(SendFailure.Unknown, error.Outcome);
    }

    [Fact]
    public async Task A_statement_that_cannot_even_be_prepared_in_time_has_certainly_stored_nothing()
    {
        var queue = Open(new() { CommandTimeout = TimeSpan.FromSeconds(1) });
        await queue.EnsureQueueAsync(Name, None);
        await using var blocker = await HoldBodiesAsync();

        var error = await Assert.ThrowsAsync<QueueSendException>(() => queue.SendAsync(Name, [Envelope()], None));

        Assert.Equal(SendFailure.Refused, error.Outcome);
    }

    // The statement is prepared by a first send; the next one then waits in its execution.
    private NpgsqlDataSource OneConnection() =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { MaxPoolSize = 1 }.ConnectionString);

    // Until disposed: closing the connection rolls back.
    private async Task<NpgsqlConnection> HoldBodiesAsync()
    {
        var blocker = await _database.DataSource.OpenConnectionAsync();
        await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE queue.bodies IN ACCESS EXCLUSIVE MODE", blocker);
        await hold.ExecuteNonQueryAsync();
        return blocker;
    }

    [Fact]
    public async Task Many_processes_may_make_the_schema_at_once()
    {
        await using (var drop = _database.DataSource.CreateCommand("DROP SCHEMA queue CASCADE"))
        {
            await drop.ExecuteNonQueryAsync();
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Open().EnsureSchemaAsync(None)));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Open().EnsureQueueAsync(Name, None)));
        Assert.Equal([Name], await Open().ListAsync(None));
    }

    [Fact]
    public async Task A_process_that_starts_waits_for_nothing_that_the_others_do_with_the_queues()
    {
        await using var other = await _database.DataSource.OpenConnectionAsync();
        await using var sending = new NpgsqlCommand("BEGIN; LOCK TABLE queue.bodies, queue.envelopes IN ROW EXCLUSIVE MODE", other);
        await sending.ExecuteNonQueryAsync();
        using var soon = new CancellationTokenSource(Long);

        Assert.Null(await Record.ExceptionAsync(() => Open().EnsureSchemaAsync(soon.Token)));
    }

    [Fact]
    public async Task Another_process_is_woken_without_polling()
    {
        var never = new PostgresQueueOptions { PollInterval = TimeSpan.FromMinutes(5) };
        var (here, there) = (Open(never), Open(never));
        await here.EnsureQueueAsync(Name, None);
        var waiting = there.ReceiveAsync(Name, 1, Long, None);
        while (
            await ScalarAsync<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN queue_wake' AND datname = current_database()"
            ) == 0
        )
        {
            await Task.Yield();
        }
        var started = Stopwatch.GetTimestamp();
        await here.SendAsync(Name, [Envelope()], None);

        Assert.Single(await waiting);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Without_any_notification_a_receiver_polls()
    {
        var alone = new PostgresQueueOptions { WakeOtherProcesses = false, PollInterval = TimeSpan.FromMilliseconds(100) };
        var (here, there) = (Open(alone), Open(alone));
        var waiting = there.ReceiveAsync(Name, 1, Long, None);
        await here.SendAsync(Name, [Envelope()], None);

        Assert.Single(await waiting);
    }

    [Fact]
    public async Task Receiving_and_extending_never_rewrite_a_body()
    {
        var queue = Open();
        await queue.SendAsync(Name, [Envelope(50), Envelope(100_000)], None);
        const string where = "SELECT string_agg(ctid::text || xmin::text, ',' ORDER BY seq) FROM queue.bodies";
        var before = await ScalarAsync<string>(where);
        var received = await queue.ReceiveAsync(Name, 10, TimeSpan.Zero, None);
        await queue.ExtendAsync(Name, received, Long, None);
        await queue.AbandonAsync(Name, received, TimeSpan.Zero, None);

        Assert.Equal(2, (await queue.ReceiveAsync(Name, 10, TimeSpan.Zero, None)).Count);
        Assert.Equal(before, await ScalarAsync<string>(where));
    }

    [Fact]
    public async Task Completion_removes_claim_and_body()
    {
        var queue = Open();
        await queue.SendAsync(Name, [.. Enumerable.Range(0, 10).Select(_ => Envelope())], None);
        await queue.CompleteAsync(Name, await queue.ReceiveAsync(Name, 10, TimeSpan.Zero, None), None);

        Assert.Equal(0, await ScalarAsync<long>("SELECT (SELECT count(*) FROM queue.envelopes) + (SELECT count(*) FROM queue.bodies)"));
    }
}
