using Persistence.Ledger;

namespace SmppGateway;

/// <summary>A leased pack under way: which of its items the customer acknowledged. Thread-safe.</summary>
internal sealed class PackInHand
{
    private readonly Lock gate = new();
    private readonly byte[] acknowledged;
    private int left;
    private bool changed;

    public PackInHand(LeasedPack pack)
    {
        Pack = pack;
        acknowledged = [.. pack.Acknowledged];
        left = Enumerable.Range(0, pack.Items.Count).Count(i => !IsAcknowledged(i));
    }

    /// <summary>The lease.</summary>
    public LeasedPack Pack { get; }

    public bool IsAcknowledged(int item) => (acknowledged[item / 8] & (1 << (item % 8))) != 0;

    public void Acknowledge(int item)
    {
        lock (gate)
        {
            acknowledged[item / 8] |= (byte)(1 << (item % 8));
            left--;
            changed = true;
        }
    }

    /// <summary>
    /// What to write so that a crash repeats nothing acknowledged until now; null when nothing changed since the last time, or nothing is left:
    /// then it is finished in a moment, and its row removed once.
    /// </summary>
    public PackProgress? TakeProgress()
    {
        lock (gate)
        {
            if (!changed || left == 0)
            {
                return null;
            }

            changed = false;
            return new PackProgress(Pack, [.. acknowledged], (short)left, null);
        }
    }

    /// <summary>What to write when all its items were tried: the rest may be leased again after <paramref name="retry"/>.</summary>
    public PackProgress Finish(TimeSpan retry)
    {
        lock (gate)
        {
            return new PackProgress(Pack, [.. acknowledged], (short)left, retry);
        }
    }
}
