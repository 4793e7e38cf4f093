using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Messaging.Amqp;

/// <summary>A consumer of one lane that brings so many messages and is gone.</summary>
/// <remarks>
/// A quorum queue takes back what is on its way to a consumer that is being cancelled, and counts it as a delivery. So a consumer is
/// cancelled when it has brought all that its prefetch allows: nothing can be on its way then.
/// </remarks>
internal abstract class Receiver(Lane lane) : IAsyncBasicConsumer
{
    private static long _count;

    public string Tag { get; } = $"r{Interlocked.Increment(ref _count)}";

    /// <inheritdoc/>
    public IChannel? Channel { get; set; }

    protected Lane Lane => lane;

    /// <inheritdoc/>
    public abstract Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default
    );

    /// <inheritdoc/>
    public virtual Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default) => EndedAsync();

    /// <summary>The broker ended it: the queue is gone.</summary>
    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        lane.Gone();
        return EndedAsync();
    }

    /// <inheritdoc/>
    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => EndedAsync();

    /// <summary>Nothing comes by it any more.</summary>
    protected abstract Task EndedAsync();
}

/// <summary>Brings so many, which are known to wait; fewer where another receiver was quicker.</summary>
internal sealed class BatchReceiver(Lane lane, int most) : Receiver(lane)
{
    private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = most;

    /// <summary>Ends when all have come, or nothing more can.</summary>
    public Task Full => _full.Task;

    /// <summary>Ends behind everything that the broker held out: the client hands over in the order of arrival.</summary>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public override Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default
    )
    {
        Lane.Arrived(Channel!, deliveryTag, redelivered, properties, body.Span);
        if (--_missing == 0)
        {
            _full.TrySetResult();
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task EndedAsync()
    {
        _full.TrySetResult();
        _ended.TrySetResult();
        return Task.CompletedTask;
    }
}

/// <summary>Waits for one message, however long that takes.</summary>
internal sealed class Doorbell(Lane lane) : Receiver(lane)
{
    private int _ended;

    /// <inheritdoc/>
    public override async Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            // On its way before anybody can acknowledge the message, which would make room for the next one.
            await Channel!.BasicCancelAsync(Tag, noWait: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
        {
            // The channel goes, and the message with it, back to the broker: its loss is told to the lane.
            Channel!.LetGo();
            await EndedAsync().ConfigureAwait(false);
            return;
        }
        await EndedAsync().ConfigureAwait(false);
        Lane.Arrived(Channel!, deliveryTag, redelivered, properties, body.Span);
    }

    /// <inheritdoc/>
    protected override Task EndedAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            Lane.Rang();
        }
        return Task.CompletedTask;
    }
}
