using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>
/// What is made in the broker: quorum queues with their dead letters, and the queues where delayed messages wait. What was made over
/// a connection is known for its life; over the next one it is declared again, so that a broker that lost it gets it back. A queue
/// whose declaration is not answered, as one without a leader, holds up no other.
/// </summary>
internal sealed class AmqpTopology(AmqpLink link, AmqpQueueNames names, AmqpQueueOptions options, ILogger logger) : IDisposable
{
    private readonly ConcurrentDictionary<string, Making> _made = new();
    private readonly Lock _making = new();
    private readonly SemaphoreSlim _declaring = new(options.MaxDeclarations, options.MaxDeclarations);
    private readonly SemaphoreSlim _looking = new(1, 1);
    private IChannel? _looks;

    /// <summary>Makes the queue and its dead letters; false when this connection had it already.</summary>
    public ValueTask<bool> EnsureAsync(string queue, CancellationToken ct) => MakeAsync(queue, () => MakeQueueAsync(queue), ct);

    /// <summary>The exchange that delays by this step, then delivers to the queue of the routing key's name.</summary>
    public async ValueTask<string> EnsureDelayAsync(TimeSpan step, CancellationToken ct)
    {
        var name = names.Delay(step);
        await MakeAsync(name, () => MakeDelayAsync(name, step), ct).ConfigureAwait(false);
        return name;
    }

    /// <summary>The queue with the names of the others.</summary>
    public async ValueTask<string> EnsureDirectoryAsync(CancellationToken ct)
    {
        await MakeAsync(names.Directory, MakeDirectoryAsync, ct).ConfigureAwait(false);
        return names.Directory;
    }

    /// <summary>Messages ready in the queue; null when it is not there.</summary>
    public async Task<long?> ReadyAsync(string queue, CancellationToken ct) => await LookAsync(queue).WaitAsync(ct).ConfigureAwait(false);

    public void Forget(string queue) => _made.TryRemove(queue, out _);

    /// <summary>The exchange of a step, or the queue behind it, may be gone: both are made again when they are used.</summary>
    public void ForgetDelay(TimeSpan step) => Forget(names.Delay(step));

    public void Dispose()
    {
        _declaring.Dispose();
        _looking.Dispose();
    }

    // One attempt for all who need it. It is not cancelled, only waited for: the client bounds each call (ContinuationTimeout).
    private async ValueTask<bool> MakeAsync(string name, Func<Task> make, CancellationToken ct)
    {
        var connection = await link.GetAsync(ct).ConfigureAwait(false);
        if (_made.TryGetValue(name, out var known) && known.IsDoneOver(connection))
        {
            return false;
        }
        lock (_making)
        {
            if (!_made.TryGetValue(name, out known) || !known.IsOrWillBeDoneOver(connection))
            {
                _made[name] = known = new Making(connection, Task.Run(() => InTurnAsync(make), CancellationToken.None));
            }
        }
        await known.Done.WaitAsync(ct).ConfigureAwait(false);
        return true;
    }

    private async Task InTurnAsync(Func<Task> make)
    {
        await _declaring.WaitAsync().ConfigureAwait(false);
        try
        {
            await make().ConfigureAwait(false);
        }
        finally
        {
            _declaring.Release();
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
        await link.UseChannelAsync(async channel =>
            {
                await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true).ConfigureAwait(false);
                await channel.QueueBindAsync(name, name, "").ConfigureAwait(false);
            })
            .ConfigureAwait(false);
    }

    private Task MakeDirectoryAsync()
    {
        // Every look gives its messages back, which RabbitMQ 4 counts against a limit of 20 unless there is another.
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = 1_000_000_000 };
        return DeclareAsync(names.Directory, arguments);
    }

    // The broker closes a channel over which other properties were asked for: each declaration has one of its own.
    private async Task DeclareAsync(string name, Dictionary<string, object?> arguments)
    {
        try
        {
            AmqpTelemetry.Calls.Count("declare", name);
            await link.UseChannelAsync(channel =>
                    channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments)
                )
                .ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsOtherProperties(e))
        {
            logger.QueueDiffers(name, e.Message);
        }
    }

    private async Task<long?> LookAsync(string queue)
    {
        await _looking.WaitAsync().ConfigureAwait(false);
        try
        {
            var channel = _looks is { IsOpen: true } open ? open : _looks = await link.OpenChannelAsync().ConfigureAwait(false);
            AmqpTelemetry.Calls.Count("look", queue);
            return (await channel.AskAsync(c => c.QueueDeclarePassiveAsync(names.ToAmqp(queue))).ConfigureAwait(false)).MessageCount;
        }
        catch (Exception e) when (AmqpErrors.IsNotFound(e))
        {
            // The broker closes a channel for that; the next call opens another.
            Forget(queue);
            return null;
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <summary>Something made, or being made, since this connection was the open one.</summary>
    private sealed record Making(IConnection Over, Task Done)
    {
        public bool IsDoneOver(IConnection connection) => Done.IsCompletedSuccessfully && ReferenceEquals(Over, connection);

        public bool IsOrWillBeDoneOver(IConnection connection) =>
            ReferenceEquals(Over, connection) && (!Done.IsCompleted || Done.IsCompletedSuccessfully);
    }
}
