using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Postgres;

/// <summary>
/// The embedded queue: tables in the platform's own PostgreSQL, durable with the commit of a send. Every call is one statement.
/// </summary>
public sealed partial class PostgresQueue : IMessageQueue, IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly PostgresQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly QueueSignals _signals;
    private readonly WakeUps _wakeUps;
    private readonly ConcurrentDictionary<string, int> _ids = new();
    private readonly ConcurrentDictionary<string, CachedDepth> _depths = new();

    /// <summary>A queue in the data source's database; the caller keeps the data source.</summary>
    public PostgresQueue(NpgsqlDataSource database, PostgresQueueOptions options, TimeProvider time, ILogger logger)
    {
        _database = database;
        _options = options;
        _time = time;
        _logger = logger;
        _signals = new QueueSignals(time);
        _wakeUps = new WakeUps(database, options, _signals, time, logger);
    }

    /// <inheritdoc/>
    public TimeSpan Visibility => _options.Visibility;

    /// <summary>Makes the schema if it is not there. Any number of processes may do it at once.</summary>
    public async Task EnsureSchemaAsync(CancellationToken ct)
    {
        await using var connection = await _database.OpenConnectionAsync(ct).ConfigureAwait(false);
        if (await HasSchemaAsync(connection, ct).ConfigureAwait(false))
        {
            return;
        }
        await using var transaction = await connection.BeginTransactionAsync(ct).ConfigureAwait(false);
        await using var lockCommand = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction);
        lockCommand.Parameters.Add(new NpgsqlParameter<long> { TypedValue = QueueSchema.AdvisoryLock });
        await lockCommand.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        if (await HasSchemaAsync(connection, ct).ConfigureAwait(false))
        {
            return; // another process was faster
        }
        await using var ddl = new NpgsqlCommand(QueueSchema.Ddl, connection, transaction);
        await ddl.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        await using var stamp = new NpgsqlCommand(QueueSchema.SetStamp, connection, transaction);
        await stamp.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        await transaction.CommitAsync(ct).ConfigureAwait(false);
    }

    private static async Task<bool> HasSchemaAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(QueueSchema.GetStamp, connection);
        return QueueSchema.Stamp.Equals(await command.ExecuteScalarAsync(ct).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task EnsureQueueAsync(string queue, CancellationToken ct) => await IdAsync(queue, ct).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken ct)
    {
        await using var command = _database.CreateCommand(QueueSql.List);
        command.CommandTimeout = WakeUps.Seconds(_options.CommandTimeout);
        await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
        var names = new List<string>();
        while (await reader.ReadAsync(ct).ConfigureAwait(false))
        {
            names.Add(reader.GetString(0));
        }
        return names;
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, CancellationToken ct)
    {
        var id = await IdAsync(queue, ct).ConfigureAwait(false);
        await ExecuteAsync("complete", queue, QueueSql.Complete, ct, Int(id), Ids(envelopes)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task AbandonAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan delay, CancellationToken ct)
    {
        var id = await IdAsync(queue, ct).ConfigureAwait(false);
        await ExecuteAsync("abandon", queue, QueueSql.Abandon, ct, Int(id), Ids(envelopes), Handles(envelopes), Interval(delay))
            .ConfigureAwait(false);
        if (delay <= TimeSpan.Zero)
        {
            _wakeUps.Wake(queue);
        }
    }

    /// <inheritdoc/>
    public async Task ExtendAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan visibility, CancellationToken ct)
    {
        var id = await IdAsync(queue, ct).ConfigureAwait(false);
        await ExecuteAsync("extend", queue, QueueSql.Extend, ct, Int(id), Ids(envelopes), Handles(envelopes), Interval(visibility))
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task DeadLetterAsync(string queue, ReceivedEnvelope envelope, string reason, CancellationToken ct)
    {
        var id = await IdAsync(queue, ct).ConfigureAwait(false);
        var deadQueue = DeadLetters.QueueFor(queue);
        var deadId = await IdAsync(deadQueue, ct).ConfigureAwait(false);
        // A text column takes no NUL, which a reason quoting a broken body may hold.
        var text = new NpgsqlParameter<string> { TypedValue = reason.Replace('\0', ' ') };
        var envelopeId = new NpgsqlParameter<Guid> { TypedValue = envelope.Id };
        await ExecuteAsync("dead_letter", queue, QueueSql.DeadLetter, ct, Int(id), envelopeId, Int(Receives(envelope)), Int(deadId), text)
            .ConfigureAwait(false);
        _wakeUps.Wake(deadQueue);
    }

    /// <inheritdoc/>
    public async Task<QueueDepth> DepthAsync(string queue, CancellationToken ct)
    {
        // Asking must not make a queue, and a million single envelopes are counted at most 5 % of the time.
        if (_depths.TryGetValue(queue, out var cached) && _time.GetElapsedTime(cached.At) < cached.GoodFor)
        {
            return cached.Depth;
        }
        var id = await FindAsync(queue, ct).ConfigureAwait(false);
        if (id is null)
        {
            return default;
        }
        var started = _time.GetTimestamp();
        PostgresTelemetry.Calls.Count("depth", queue);
        await using var command = await OpenAsync(QueueSql.Depth, ct, Int(id.Value)).ConfigureAwait(false);
        await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
        await reader.ReadAsync(ct).ConfigureAwait(false);
        var depth = new QueueDepth(
            reader.GetInt64(0),
            reader.GetInt64(1),
            reader.GetInt64(2),
            TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(3)))
        );
        var took = _time.GetElapsedTime(started);
        if (took > TimeSpan.FromMilliseconds(50))
        {
            _depths[queue] = new CachedDepth(depth, _time.GetTimestamp(), took * 20);
        }
        return depth;
    }

    /// <summary>Stops listening and notifying. Envelopes held come back when their visibility ends.</summary>
    public ValueTask DisposeAsync() => _wakeUps.DisposeAsync();

    private async Task<int> IdAsync(string queue, CancellationToken ct)
    {
        if (await FindAsync(queue, ct).ConfigureAwait(false) is { } known)
        {
            return known;
        }
        while (true)
        {
            await using var command = await OpenAsync(QueueSql.Ensure, ct, Text(queue)).ConfigureAwait(false);
            // Empty only when another process made it while this statement ran: its snapshot is older. The next one sees it.
            if (await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is int id)
            {
                return _ids[queue] = id;
            }
        }
    }

    private async Task<int?> FindAsync(string queue, CancellationToken ct)
    {
        if (_ids.TryGetValue(queue, out var known))
        {
            return known;
        }
        await using var command = await OpenAsync(QueueSql.Find, ct, Text(queue)).ConfigureAwait(false);
        return await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is int id ? _ids[queue] = id : null;
    }

    private async Task ExecuteAsync(string operation, string queue, string sql, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        PostgresTelemetry.Calls.Count(operation, queue);
        await using var command = await OpenAsync(sql, ct, parameters).ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
    }

    private async Task<PooledCommand> OpenAsync(string sql, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        var connection = await _database.OpenConnectionAsync(ct).ConfigureAwait(false);
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = WakeUps.Seconds(_options.CommandTimeout) };
        command.Parameters.AddRange(parameters);
        try
        {
            // Once per physical connection; afterwards it costs nothing. The command's timeout does not bound it.
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
            bound.CancelAfter(_options.CommandTimeout);
            await command.PrepareAsync(bound.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            await command.DisposeAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new TimeoutException("The database did not prepare a statement in time.", e);
        }
        catch
        {
            await command.DisposeAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        return new PooledCommand(connection, command);
    }

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<double> Interval(TimeSpan value) => new() { TypedValue = value.TotalSeconds };

    private static NpgsqlParameter<Guid[]> Ids(IReadOnlyList<ReceivedEnvelope> envelopes) =>
        new() { TypedValue = [.. envelopes.Select(e => e.Id)] };

    private static NpgsqlParameter<int[]> Handles(IReadOnlyList<ReceivedEnvelope> envelopes) =>
        new() { TypedValue = [.. envelopes.Select(Receives)] };

    private static int Receives(ReceivedEnvelope envelope) => int.Parse(envelope.Handle, CultureInfo.InvariantCulture);

    private readonly record struct CachedDepth(QueueDepth Depth, long At, TimeSpan GoodFor);

    // A command with its connection, given back together.
    private sealed class PooledCommand(NpgsqlConnection connection, NpgsqlCommand command) : IAsyncDisposable
    {
        public Task<int> ExecuteNonQueryAsync(CancellationToken ct) => command.ExecuteNonQueryAsync(ct);

        public Task<object?> ExecuteScalarAsync(CancellationToken ct) => command.ExecuteScalarAsync(ct);

        public Task<NpgsqlDataReader> ExecuteReaderAsync(CancellationToken ct) => command.ExecuteReaderAsync(ct);

        public async ValueTask DisposeAsync()
        {
            await command.DisposeAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
