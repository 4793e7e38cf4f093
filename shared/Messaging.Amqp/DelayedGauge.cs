namespace Messaging.Amqp;

/// <summary>Messages of one queue that this process delayed and that are not yet due, to the second. Thread-safe.</summary>
internal sealed class DelayedGauge(TimeProvider time)
{
    private readonly Lock _gate = new();

    // By the second in which they are due: as many as the longest delay has, at most.
    private readonly SortedDictionary<long, long> _due = [];

    public void Add(long items, TimeSpan delay)
    {
        lock (_gate)
        {
            Forget();
            var second = (long)Math.Ceiling(Now() + delay.TotalSeconds);
            _due[second] = _due.GetValueOrDefault(second) + items;
        }
    }

    public long Items()
    {
        lock (_gate)
        {
            Forget();
            return _due.Values.Sum();
        }
    }

    private void Forget()
    {
        var now = Now();
        while (_due.Count > 0)
        {
            var first = _due.First().Key;
            if (first > now)
            {
                return;
            }
            _due.Remove(first);
        }
    }

    private double Now() => time.GetTimestamp() / (double)time.TimestampFrequency;
}
