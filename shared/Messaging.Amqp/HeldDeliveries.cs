using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>
/// What receivers of this process hold, by handle. RabbitMQ knows no visibility: it is kept here, and a handle that is not here
/// any more is stale. Thread-safe.
/// </summary>
internal sealed class HeldDeliveries(AmqpQueueOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Delivery> _held = [];

    /// <summary>Handed to a receiver now; the envelope says since when.</summary>
    public ReceivedEnvelope HandOut(Delivery delivery)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            delivery.Deadline = now + Ticks(options.Visibility);
            _held.Add(delivery.Envelope.Handle, delivery);
        }
        return delivery.Envelope with { ClaimedAt = now };
    }

    /// <summary>Takes it from its receiver, to settle it; null for a stale handle.</summary>
    public Delivery? Take(ReceivedEnvelope envelope)
    {
        lock (_gate)
        {
            return _held.Remove(envelope.Handle, out var delivery) ? delivery : null;
        }
    }

    /// <summary>Settling failed: the receiver holds it as before, and may try again.</summary>
    public void PutBack(Delivery delivery)
    {
        lock (_gate)
        {
            if (delivery.Channel.IsOpen)
            {
                _held[delivery.Envelope.Handle] = delivery;
            }
        }
    }

    /// <summary>Hides it for so long from now, but never past <see cref="AmqpQueueOptions.LongestHold"/>.</summary>
    public void Extend(ReceivedEnvelope envelope, TimeSpan visibility)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (_held.TryGetValue(envelope.Handle, out var delivery))
            {
                delivery.Deadline = Math.Min(now + Ticks(visibility), delivery.ArrivedAt + Ticks(options.LongestHold));
            }
        }
    }

    /// <summary>Takes those whose time is up.</summary>
    public List<Delivery> TakeExpired()
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            List<Delivery> expired = [.. _held.Values.Where(d => d.Deadline <= now)];
            expired.ForEach(d => _held.Remove(d.Envelope.Handle));
            return expired;
        }
    }

    /// <summary>The channel is gone, and the broker has back what came by it.</summary>
    public int Lose(IChannel channel)
    {
        lock (_gate)
        {
            List<string> lost = [.. _held.Where(h => ReferenceEquals(h.Value.Channel, channel)).Select(h => h.Key)];
            lost.ForEach(handle => _held.Remove(handle));
            return lost.Count;
        }
    }

    /// <summary>Messages held of a queue, and when the oldest was sent.</summary>
    public (long Items, DateTimeOffset? Oldest) Of(string queue)
    {
        var items = 0L;
        DateTimeOffset? oldest = null;
        lock (_gate)
        {
            foreach (var delivery in _held.Values)
            {
                if (delivery.Envelope.Queue == queue)
                {
                    items += delivery.Envelope.Items;
                    oldest = oldest < delivery.Envelope.EnqueuedAt ? oldest : delivery.Envelope.EnqueuedAt;
                }
            }
        }
        return (items, oldest);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
