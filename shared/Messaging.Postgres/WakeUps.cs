using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Postgres;

/// <summary>
/// Tells other processes which queues got something, and hears it from them. One connection each way; a process's notifications
/// are gathered, never part of a message's transaction. Nothing depends on it: receivers poll as well.
/// </summary>
internal sealed class WakeUps : IAsyncDisposable
{
    private const string Channel = "queue_wake";

    private readonly NpgsqlDataSource _database;
    private readonly PostgresQueueOptions _options;
    private readonly QueueSignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    // Marks our own notifications, whose receivers were woken directly.
    private readonly string _self = Guid.NewGuid().ToString("N");
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _anyDirty = new(0, 1);
    private HashSet<string> _dirty = [];
    private bool _disposed;
    private volatile bool _listens;
    private Task? _listening;
    private Task? _notifying;

    public WakeUps(NpgsqlDataSource database, PostgresQueueOptions options, QueueSignals signals, TimeProvider time, ILogger logger)
    {
        _database = database;
        _options = options;
        _signals = signals;
        _time = time;
        _logger = logger;
    }

    /// <summary>Whether what other processes send is heard of, or there are none.</summary>
    public bool Hears => _listens || !_options.WakeOtherProcesses;

    public void Wake(string queue)
    {
        _signals.Wake(queue);
        if (!_options.WakeOtherProcesses)
        {
            return;
        }
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }
            _notifying ??= Task.Run(() => KeepAsync(NotifyAsync));
            if (_dirty.Add(queue) && _dirty.Count == 1)
            {
                _anyDirty.Release();
            }
        }
    }

    public void Listen()
    {
        if (!_options.WakeOtherProcesses || _listening is not null)
        {
            return;
        }
        lock (_gate)
        {
            if (!_stop.IsCancellationRequested)
            {
                _listening ??= Task.Run(() => KeepAsync(ListenAsync));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
            _stop.Cancel();
        }
        await Task.WhenAll(_listening ?? Task.CompletedTask, _notifying ?? Task.CompletedTask).ConfigureAwait(false);
        _stop.Dispose();
        _anyDirty.Dispose();
    }

    private async Task KeepAsync(Func<NpgsqlConnection, CancellationToken, Task> work)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _database.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
                await work(connection, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // Stopping. Names not yet told are found by polling.
                return;
            }
            catch (Exception e)
            {
                // No message is touched here: receivers poll until the connection is back.
                _logger.WakeUpConnectionLost(e);
            }
            await Task.Delay(_options.ReconnectDelay, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task NotifyAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = QueueSql.Notify;
        command.CommandTimeout = Seconds(_options.CommandTimeout);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _self });
        var names = new NpgsqlParameter<string[]>();
        command.Parameters.Add(names);
        while (true)
        {
            await _anyDirty.WaitAsync(ct).ConfigureAwait(false);
            lock (_gate)
            {
                names.TypedValue = [.. _dirty];
                _dirty = [];
            }
            await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
            await Task.Delay(_options.NotifyInterval, _time, ct).ConfigureAwait(false);
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        connection.Notification += (_, args) =>
        {
            var space = args.Payload.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && !args.Payload.AsSpan(0, space).SequenceEqual(_self))
            {
                _signals.Wake(args.Payload[(space + 1)..]);
            }
        };
        await using var listen = new NpgsqlCommand($"LISTEN {Channel}", connection);
        await listen.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        try
        {
            // What was told while nobody listened is not repeated.
            _listens = true;
            _signals.WakeAll();
            while (true)
            {
                await connection.WaitAsync(ct).ConfigureAwait(false);
            }
        }
        finally
        {
            _listens = false;
        }
    }

    internal static int Seconds(TimeSpan span) => Math.Max(1, (int)Math.Ceiling(span.TotalSeconds));
}
