using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>A message that the broker holds out to this process, until it is acknowledged or given back over the channel it came by.</summary>
internal sealed class Delivery(ReceivedEnvelope envelope, IChannel channel, ulong tag, long arrivedAt)
{
    public ReceivedEnvelope Envelope => envelope;

    public IChannel Channel => channel;

    /// <summary>Counts from when it came into the process.</summary>
    public long ArrivedAt => arrivedAt;

    /// <summary>When it is given back; guarded by whoever keeps it.</summary>
    public long Deadline { get; set; }

    public ValueTask AckAsync(CancellationToken ct) => channel.BasicAckAsync(tag, multiple: false, ct);

    public ValueTask GiveBackAsync(CancellationToken ct) => channel.BasicNackAsync(tag, multiple: false, requeue: true, ct);
}
