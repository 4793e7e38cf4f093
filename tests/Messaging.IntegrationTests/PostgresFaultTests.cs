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
    public async Task What_is_sent_to_a_receiver_that_waits_is_stored_as_received_and_comes_again_when_its_visibility_ends()
    {
        var queue = await OpenDrainedAsync(visibility: TimeSpan.FromSeconds(2));
        var receiving = queue.ReceiveAsync(Name, 10, Long, None);

        await queue.SendAsync(Name, [Envelope(3), Envelope(5)], None);

        var received = await receiving;
        Assert.Equal([3, 5], received.Select(envelope => envelope.Body.Length));
        Assert.All(received, envelope => Assert.Equal(1, envelope.ReceiveCount));
        // Written by one transaction, claim and body.
        Assert.Equal(
            2,
            await ScalarAsync<long>(
                "SELECT count(*) FROM queue.envelopes e JOIN queue.bodies b USING (seq) WHERE e.xmin = b.xmin AND e.held"
            )
        );
        await queue.CompleteAsync(Name, [received[0]], None);
        var another = Open(new() { WakeOtherProcesses = false, PollInterval = TimeSpan.FromMilliseconds(50) });
        var again = Assert.Single(await another.ReceiveAsync(Name, 10, Long, None));
        Assert.Equal((received[1].Id, 2, received[1].EnqueuedAt), (again.Id, again.ReceiveCount, again.EnqueuedAt));
    }

    [Fact]
    public async Task A_receiver_that_goes_while_its_envelope_is_being_stored_leaves_it_to_the_next_at_once()
    {
        await using var source = OneConnection();
        var queue = await OpenDrainedAsync(source: source);
        var receiving = queue.ReceiveAsync(Name, 10, Long, None);
        await queue.SendAsync(Name, [Envelope()], None);
        await queue.CompleteAsync(Name, await receiving, None);
        using var going = new CancellationTokenSource();
        receiving = queue.ReceiveAsync(Name, 10, Long, going.Token);
        var blocker = await HoldBodiesAsync();
        var sending = queue.SendAsync(Name, [Envelope()], None);
        while (
            await ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
            == 0
        )
        {
            await Task.Yield();
        }

        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
        await blocker.DisposeAsync();
        await sending;

        // Given back: its visibility lasts for longer than this waits.
        Assert.Equal(2, Assert.Single(await queue.ReceiveAsync(Name, 10, Long, None)).ReceiveCount);
    }

    [Fact]
    public async Task A_receiver_waits_on_where_a_send_fails_or_was_stored_before()
    {
        var queue = await OpenDrainedAsync();
        await using (var limit = _database.DataSource.CreateCommand("ALTER TABLE queue.bodies ADD CHECK (length(body) < 100)"))
        {
            await limit.ExecuteNonQueryAsync();
        }
        var known = Envelope();
        var first = queue.ReceiveAsync(Name, 10, Long, None);
        await queue.SendAsync(Name, [known], None);
        Assert.Equal(known.Id, Assert.Single(await first).Id);
        var receiving = queue.ReceiveAsync(Name, 10, Long, None);

        await Assert.ThrowsAsync<QueueSendException>(() => queue.SendAsync(Name, [Envelope(200)], None));
        await queue.SendAsync(Name, [known], None);
        var last = Envelope();
        await queue.SendAsync(Name, [last], None);

        Assert.Equal(last.Id, Assert.Single(await receiving).Id);
    }

    [Fact]
    public async Task A_batch_that_a_waiting_receiver_cannot_take_whole_is_found_by_looking()
    {
        var queue = await OpenDrainedAsync();
        var receiving = queue.ReceiveAsync(Name, 2, Long, None);

        await queue.SendAsync(Name, [Envelope(1), Envelope(2), Envelope(3)], None);

        Assert.Equal([1, 2], (await receiving).Select(envelope => envelope.Body.Length));
        Assert.Equal(3, Assert.Single(await queue.ReceiveAsync(Name, 2, Long, None)).Body.Length);
    }

    // One that has just looked and looks again only when it is woken: who receives from it waits at once.
    private async Task<PostgresQueue> OpenDrainedAsync(TimeSpan? visibility = null, NpgsqlDataSource? source = null)
    {
        var queue = Open(
            new()
            {
                WakeOtherProcesses = false,
                PollInterval = TimeSpan.FromHours(1),
                Visibility = visibility ?? TimeSpan.FromHours(1),
            },
            source
        );
        Assert.Empty(await queue.ReceiveAsync(Name, 10, TimeSpan.Zero, None));
        return queue;
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
