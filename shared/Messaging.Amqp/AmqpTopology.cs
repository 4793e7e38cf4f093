using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>
/// What is made in the broker: quorum queues with their dead letters, and the queues where delayed messages wait. What was made over
/// a connection is known for its life; over the next one it is declared again, so that a broker that lost it gets it back.
/// </summary>
internal sealed class AmqpTopology(AmqpLink link, AmqpQueueNames names, AmqpQueueOptions options, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<string, IConnection> _made = new();
    private IChannel? _channel;

    /// <summary>Makes the queue and its dead letters; false when this connection had it already.</summary>
    public async ValueTask<bool> EnsureAsync(string queue, CancellationToken ct)
    {
        if (IsMade(queue, await link.GetAsync(ct).ConfigureAwait(false)))
        {
            return false;
        }
        await MakeAsync(queue, () => MakeQueueAsync(queue)).WaitAsync(ct).ConfigureAwait(false);
        return true;
    }

    /// <summary>The exchange that delays by this step, then delivers to the queue of the routing key's name.</summary>
    public async ValueTask<string> EnsureDelayAsync(TimeSpan step, CancellationToken ct)
    {
        var name = names.Delay(step);
        if (!IsMade(name, await link.GetAsync(ct).ConfigureAwait(false)))
        {
            await MakeAsync(name, () => MakeDelayAsync(name, step)).WaitAsync(ct).ConfigureAwait(false);
        }
        return name;
    }

    /// <summary>The queue with the names of the others.</summary>
    public async ValueTask<string> EnsureDirectoryAsync(CancellationToken ct)
    {
        if (!IsMade(names.Directory, await link.GetAsync(ct).ConfigureAwait(false)))
        {
            // Every look gives its messages back, which RabbitMQ 4 counts against a limit of 20 unless there is another.
            var arguments = new Dictionary<string, object?> { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = 1_000_000_000 };
            await MakeAsync(names.Directory, () => DeclareAsync(names.Directory, arguments)).WaitAsync(ct).ConfigureAwait(false);
        }
        return names.Directory;
    }

    /// <summary>Messages ready in the queue; null when it is not there.</summary>
    public async Task<long?> ReadyAsync(string queue, CancellationToken ct) => await LookAsync(queue).WaitAsync(ct).ConfigureAwait(false);

    public void Forget(string queue) => _made.TryRemove(queue, out _);

    /// <summary>The exchange of a step, or the queue behind it, may be gone: both are made again when they are used.</summary>
    public void ForgetDelay(TimeSpan step) => _made.TryRemove(names.Delay(step), out _);

    public void Dispose() => _gate.Dispose();

    private bool IsMade(string name, IConnection connection) => _made.TryGetValue(name, out var by) && ReferenceEquals(by, connection);

    // Calls are not cancelled, only waited for: the client bounds each (ContinuationTimeout).
    private async Task MakeAsync(string name, Func<Task> make)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            var connection = await link.GetAsync(CancellationToken.None).ConfigureAwait(false);
            if (!IsMade(name, connection))
            {
                await make().ConfigureAwait(false);
                _made[name] = connection;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task MakeQueueAsync(string queue)
    {
        var dead = DeadLetters.QueueFor(queue);
        var deadName = names.ToAmqp(dead);
        await DeclareAsync(deadName, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }).ConfigureAwait(false);
        if (dead != queue)
        {
            // At least once: the broker keeps its copy until the dead letters' majority has theirs (RabbitMQ, "Quorum Queues", dead lettering).
            var arguments = new Dictionary<string, object?>
            {
                ["x-queue-type"] = "quorum",
                ["x-delivery-limit"] = options.MaxDeliveries,
                ["x-dead-letter-exchange"] = "",
                ["x-dead-letter-routing-key"] = deadName,
                ["x-dead-letter-strategy"] = "at-least-once",
                ["x-overflow"] = "reject-publish",
            };
            await DeclareAsync(names.ToAmqp(queue), arguments).ConfigureAwait(false);
        }
        logger.QueueDeclared(queue, names.ToAmqp(queue));
    }

    private async Task MakeDelayAsync(string name, TimeSpan step)
    {
        // Without a routing key of its own: a message leaves with the one it came with, its queue's name.
        var arguments = new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            ["x-message-ttl"] = (int)step.TotalMilliseconds,
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-overflow"] = "reject-publish",
        };
        await DeclareAsync(name, arguments).ConfigureAwait(false);
        var channel = await OpenAsync().ConfigureAwait(false);
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true).ConfigureAwait(false);
        await channel.QueueBindAsync(name, name, "").ConfigureAwait(false);
    }

    private async Task DeclareAsync(string name, Dictionary<string, object?> arguments)
    {
        try
        {
            var channel = await OpenAsync().ConfigureAwait(false);
            AmqpTelemetry.Calls.Count("declare", name);
            await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments).ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsOtherProperties(e))
        {
            logger.QueueDiffers(name, e.Message);
        }
    }

    private async Task<long?> LookAsync(string queue)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            var channel = await OpenAsync().ConfigureAwait(false);
            AmqpTelemetry.Calls.Count("look", queue);
            return (await channel.QueueDeclarePassiveAsync(names.ToAmqp(queue)).ConfigureAwait(false)).MessageCount;
        }
        catch (Exception e) when (AmqpErrors.IsNotFound(e))
        {
            // The broker closes a channel for that; the next call opens another.
            Forget(queue);
            return null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<IChannel> OpenAsync()
    {
        if (_channel is { IsOpen: true } open)
        {
            return open;
        }
        var connection = await link.GetAsync(CancellationToken.None).ConfigureAwait(false);
        if (_channel is { } closed)
        {
            await closed.DisposeAsync().ConfigureAwait(false);
        }
        return _channel = await connection.CreateChannelAsync().ConfigureAwait(false);
    }
}
