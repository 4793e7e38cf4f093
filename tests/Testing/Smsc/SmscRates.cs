namespace Testing.Smsc;

/// <summary>What came in one second of the clock.</summary>
/// <param name="At">The second, since 1970.</param>
/// <param name="Offered">Submits.</param>
/// <param name="Throttled">Those of them beyond <see cref="SmscSettings.Tps"/>.</param>
public sealed record SmscSecond(long At, int Offered, int Throttled);

/// <summary>Counts submits by second, and those over a limit.</summary>
internal sealed class SmscRates(TimeProvider time)
{
    const int Kept = 600;

    readonly Lock gate = new();
    readonly Queue<SmscSecond> past = new();
    SmscSecond now = new(0, 0, 0);

    /// <summary>The oldest first; seconds in which nothing came are left out.</summary>
    public IReadOnlyList<SmscSecond> Seconds
    {
        get
        {
            lock (gate)
            {
                return now.Offered > 0 ? [.. past, now] : [.. past];
            }
        }
    }

    /// <summary>Counts a submit. False: it is beyond the limit; 0 is no limit.</summary>
    public bool TryTake(int limit)
    {
        var second = time.GetUtcNow().ToUnixTimeSeconds();
        lock (gate)
        {
            if (now.At != second)
            {
                if (now.Offered > 0)
                {
                    past.Enqueue(now);
                }
                if (past.Count > Kept)
                {
                    past.Dequeue();
                }
                now = new SmscSecond(second, 0, 0);
            }
            var isBeyond = limit > 0 && now.Offered - now.Throttled >= limit;
            now = new SmscSecond(second, now.Offered + 1, now.Throttled + (isBeyond ? 1 : 0));
            return !isBeyond;
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            past.Clear();
            now = new SmscSecond(0, 0, 0);
        }
    }
}
