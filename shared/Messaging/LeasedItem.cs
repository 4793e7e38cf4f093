namespace Messaging;

internal enum Settlement
{
    Open,
    Completed,
    Failed,
    Released,

    /// <summary>Re-queued in an envelope of its own, no failure counted.</summary>
    ReleasedAlone,
    Dead,
}

/// <summary>One message of a lease. Settled exactly once, from any thread; what comes after the first settlement is ignored.</summary>
public sealed class LeasedItem<T>
{
    private int _taken;

    internal LeasedItem(EnvelopeLease<T> lease, in EnvelopeItem<T> item)
    {
        Lease = lease;
        Value = item.Value;
        Failures = item.Failures;
        Reason = item.Reason;
    }

    /// <summary>The lease it came in.</summary>
    public EnvelopeLease<T> Lease { get; }

    /// <summary>The message.</summary>
    public T Value { get; }

    /// <summary>How often it failed before.</summary>
    public int Failures { get; }

    /// <summary>Whether it is settled.</summary>
    public bool IsSettled => Volatile.Read(ref _taken) != 0;

    internal Settlement Settlement { get; private set; }

    internal string? Reason { get; private set; }

    internal TimeSpan Delay { get; private set; }

    /// <summary>The work is done.</summary>
    public void Complete() => Settle(Settlement.Completed, Reason, TimeSpan.Zero);

    /// <summary>It failed: counted, and tried again after the delay, or dead-lettered when that was once too often.</summary>
    public void Fail(string reason, TimeSpan delay) => Settle(Settlement.Failed, reason, delay);

    /// <summary>Not now (no capacity, draining, throttled): delivered again after the delay, no failure counted.</summary>
    public void Release(TimeSpan delay) => Settle(Settlement.Released, Reason, delay);

    /// <summary>It will never work: kept for a person.</summary>
    public void DeadLetter(string reason) => Settle(Settlement.Dead, reason, TimeSpan.Zero);

    internal void ReleaseAlone(TimeSpan delay) => Settle(Settlement.ReleasedAlone, Reason, delay);

    private void Settle(Settlement settlement, string? reason, TimeSpan delay)
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
        {
            return;
        }
        Settlement = settlement;
        Reason = reason;
        Delay = delay;
        Lease.ItemSettled();
    }
}
