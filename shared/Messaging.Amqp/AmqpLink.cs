using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Messaging.Amqp;

/// <summary>
/// One connection, opened when it is asked for. While the broker is away, asking fails at once, until a pause with jitter has
/// passed; then one attempt is made for all who ask. Thread-safe.
/// </summary>
internal sealed class AmqpLink(ConnectionFactory factory, string name, AmqpQueueOptions options, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);
    private readonly Lock _gate = new();
    private IConnection? _connection;
    private Task<IConnection>? _attempt;
    private Exception? _lastError;
    private long _notBefore;
    private int _failures;
    private bool _disposed;

    /// <summary>The broker stopped taking messages from this connection; with its words.</summary>
    public event Action<string>? WasBlocked;

    /// <summary>Why the broker takes no messages now; null: it does.</summary>
    public string? BlockedReason { get; private set; }

    /// <summary>The open connection.</summary>
    /// <exception cref="IOException">The broker cannot be reached, or could not a moment ago.</exception>
    public async ValueTask<IConnection> GetAsync(CancellationToken ct)
    {
        Task<IConnection> attempt;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connection is { IsOpen: true } open)
            {
                return open;
            }
            if (_attempt is not { IsCompleted: false })
            {
                var pause = _notBefore == 0 ? TimeSpan.Zero : time.GetElapsedTime(time.GetTimestamp(), _notBefore);
                if (pause > TimeSpan.Zero)
                {
                    throw new IOException(
                        $"The broker is away; next attempt in {pause.TotalMilliseconds:0} ms: {_lastError?.Message}",
                        _lastError
                    );
                }
                _attempt = Task.Run(ConnectAsync, CancellationToken.None);
            }
            attempt = _attempt;
        }
        return await attempt.WaitAsync(ct).ConfigureAwait(false);
    }

    /// <summary>
    /// A channel over the open connection. Not cancellable, but bounded (<see cref="AmqpQueueOptions.ConnectTimeout"/>, then
    /// <see cref="AmqpQueueOptions.CallTimeout"/>). A connection over which none can be opened in time is given up: its loss is told to
    /// everything that works over it.
    /// </summary>
    /// <exception cref="IOException">The broker cannot be reached, or could not a moment ago.</exception>
    public async Task<IChannel> OpenChannelAsync(CreateChannelOptions? channel = null)
    {
        var connection = await GetAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await connection.CreateChannelAsync(channel).ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsNoAnswer(e))
        {
            _ = GiveUpAsync(connection);
            throw;
        }
    }

    /// <summary>A channel for these calls alone.</summary>
    public async Task UseChannelAsync(Func<IChannel, Task> calls)
    {
        var channel = await OpenChannelAsync().ConfigureAwait(false);
        try
        {
            await calls(channel).ConfigureAwait(false);
        }
        finally
        {
            channel.LetGo();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnection>? attempt;
        lock (_gate)
        {
            _disposed = true;
            attempt = _attempt;
        }
        if (attempt is not null)
        {
            await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (_connection is not { } connection)
        {
            return;
        }
        try
        {
            await connection.CloseAsync(CloseTimeout).ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
        {
            logger.CloseFailed(name, e);
        }
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task GiveUpAsync(IConnection connection)
    {
        logger.NoAnswer(name);
        try
        {
            await connection.AbortAsync(CloseTimeout).ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
        {
            logger.CloseFailed(name, e);
        }
    }

    private async Task<IConnection> ConnectAsync()
    {
        try
        {
            using var deadline = new CancellationTokenSource(options.ConnectTimeout, time);
            var connection = await factory.CreateConnectionAsync(name, deadline.Token).ConfigureAwait(false);
            connection.ConnectionShutdownAsync += OnShutdownAsync;
            connection.ConnectionBlockedAsync += OnBlockedAsync;
            connection.ConnectionUnblockedAsync += OnUnblockedAsync;
            lock (_gate)
            {
                _connection = connection;
                _failures = 0;
                _notBefore = 0;
                BlockedReason = null;
            }
            AmqpTelemetry.Connections.Count(name);
            logger.Connected(name);
            return connection;
        }
        catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
        {
            TimeSpan delay;
            lock (_gate)
            {
                delay = PauseAfter(e);
            }
            logger.ConnectFailed(name, _failures, delay, e);
            throw new IOException($"The broker cannot be reached: {e.Message}", e);
        }
    }

    private TimeSpan PauseAfter(Exception? error)
    {
        var delay = options.Reconnect.Delay(++_failures);
        _lastError = error;
        _notBefore = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
        return delay;
    }

    private async Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        lock (_gate)
        {
            if (_disposed || !ReferenceEquals(sender, _connection))
            {
                return;
            }
            BlockedReason = null;
            // Everybody lost it at the same moment: they do not come back at the same moment.
            PauseAfter(reason.Exception);
        }
        logger.ConnectionLost(name, reason.ReplyText);
        await Task.CompletedTask.ConfigureAwait(false);
    }

    private Task OnBlockedAsync(object sender, ConnectionBlockedEventArgs blocked)
    {
        BlockedReason = blocked.Reason;
        AmqpTelemetry.Blocked.Count(name);
        logger.Blocked(blocked.Reason);
        WasBlocked?.Invoke(blocked.Reason);
        return Task.CompletedTask;
    }

    private Task OnUnblockedAsync(object sender, AsyncEventArgs unblocked)
    {
        BlockedReason = null;
        logger.Unblocked();
        return Task.CompletedTask;
    }
}
