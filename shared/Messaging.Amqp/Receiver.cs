using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Messaging.Amqp;

/// <summary>
/// One consumer, that lives as long as somebody of ours asks for messages: what the broker may hold out to it follows the demand.
/// </summary>
internal sealed class Receiver(Lane lane, int most) : IAsyncBasicConsumer
{
    private static long _count;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _started;

    public string Tag { get; } = $"r{Interlocked.Increment(ref _count)}";

    /// <inheritdoc/>
    public IChannel? Channel { get; set; }

    /// <summary>Ends when the broker has the consumer.</summary>
    public Task StartAsync() => _started = lane.Channel.ConsumeAsync(lane.Name, most, this);

    /// <summary>
    /// Ends when everything that the broker held out is in the inbox, and nothing more comes: the client hands over in the order of
    /// arrival, deliveries first.
    /// </summary>
    public async Task EndAsync()
    {
        if (_started is null)
        {
            return;
        }
        await _started.ConfigureAwait(false);
        var channel = Channel!;
        try
        {
            await channel.BasicCancelAsync(Tag).ConfigureAwait(false);
            await _ended.Task.WaitAsync(channel.ContinuationTimeout).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            // Whether the consumer is still there is not known, so its channel goes.
            await channel.AbortAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task HandleBasicDeliverAsync(
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
        lane.Arrived(Channel!, deliveryTag, redelivered, properties, body);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _ended.TrySetResult();
        return Task.CompletedTask;
    }

    /// <summary>The broker ended it: the queue is gone, or its node.</summary>
    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        lane.Gone();
        _ended.TrySetResult();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        _ended.TrySetResult();
        return Task.CompletedTask;
    }
}
