namespace Messaging;

/// <summary>
/// What a broker does not tell of a queue, estimated from what this process sees of it: how many messages an envelope holds, and
/// how old the oldest is. For adapters. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class QueueGauge(TimeProvider time)
{
    // The last hundred or so envelopes count.
    private const double Weight = 0.02;
    private readonly Lock _gate = new();
    private double _items;
    private DateTimeOffset? _waitingSince;

    /// <summary>Envelopes were sent, to be delivered at once.</summary>
    public void Sent(IEnumerable<OutgoingEnvelope> envelopes)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            foreach (var envelope in envelopes)
            {
                Weigh(envelope.Items);
                if (envelope.Delay <= TimeSpan.Zero)
                {
                    _waitingSince ??= now;
                }
            }
        }
    }

    /// <summary>Envelopes came, about the oldest first: what waits behind them is not much older.</summary>
    public void Received(IReadOnlyList<ReceivedEnvelope> envelopes)
    {
        lock (_gate)
        {
            foreach (var envelope in envelopes)
            {
                Weigh(envelope.Items);
                if (_waitingSince < envelope.EnqueuedAt)
                {
                    _waitingSince = envelope.EnqueuedAt;
                }
            }
        }
    }

    /// <summary>
    /// The numbers of envelopes that the broker tells, in messages. The age is that of the time since when something waits, moved on by what was
    /// received here: never less than the oldest's while this process has watched, and more where another process receives.
    /// </summary>
    public QueueDepth Depth(long ready, long inFlight, long delayed)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            _waitingSince = ready == 0 ? null : _waitingSince ?? now;
            var age = now - (_waitingSince ?? now);
            return new QueueDepth(InMessages(ready), InMessages(inFlight), InMessages(delayed), age > TimeSpan.Zero ? age : TimeSpan.Zero);
        }
    }

    private long InMessages(long envelopes) => (long)Math.Round(envelopes * Math.Max(1, _items));

    private void Weigh(int items) => _items = _items == 0 ? items : _items + (Weight * (items - _items));
}
