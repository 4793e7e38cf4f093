using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>One queue as this process receives from it.</summary>
internal sealed class Lane
{
    private readonly AmqpQueue _owner;

    public Lane(AmqpQueue owner, string queue, string name, ReceiveChannel channel, TimeProvider time)
    {
        _owner = owner;
        Queue = queue;
        Name = name;
        Channel = channel;
        Inbox = new Inbox(time);
        channel.Add(this);
    }

    /// <summary>Our name.</summary>
    public string Queue { get; }

    /// <summary>The broker's name.</summary>
    public string Name { get; }

    public ReceiveChannel Channel { get; }

    public Inbox Inbox { get; }

    public void Arrived(IChannel channel, ulong tag, bool redelivered, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body) =>
        Inbox.Add(_owner.ToDelivery(Queue, channel, tag, redelivered, properties, body.Span));

    /// <summary>The queue is not there any more; it is made again when it is used.</summary>
    public void Gone() => _owner.Forget(Queue);
}
