namespace Throttling;

/// <summary>
/// A token bucket: full at first, filled at its rate up to its burst; a take gets all it asks for or nothing. Its whole state is one
/// number, the moment at which it will be full again (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371), on
/// the monotonic clock. Thread-safe and lock-free; a take allocates nothing.
/// </summary>
/// <remarks>
/// More than the burst at once is given from a full bucket only, and owed: a message of more parts than the burst would otherwise wait
/// for ever. Over any time t no more than <c>burst + rate x t</c> is given, plus what the largest single take exceeds the burst by.
/// </remarks>
public sealed class TokenBucket
{
    private readonly TimeProvider time;
    private volatile Pace pace;
    private long fullAt;

    /// <summary>A full bucket.</summary>
    public TokenBucket(RateLimit limit, TimeProvider time)
    {
        this.time = time;
        pace = new Pace(limit, time.TimestampFrequency);
        fullAt = time.GetTimestamp();
    }

    /// <summary>The limit in force; set it at any time. What was taken under the old one is not forgiven beyond an empty bucket.</summary>
    public RateLimit Limit
    {
        get => pace.Limit;
        set
        {
            if (value == pace.Limit)
            {
                return;
            }

            var next = new Pace(value, time.TimestampFrequency);
            pace = next;
            // A debt is kept as time: a slow rate's hours must not hold up the faster one that replaces it.
            var most = time.GetTimestamp() + next.Capacity;
            for (var seen = Volatile.Read(ref fullAt); seen > most; seen = Volatile.Read(ref fullAt))
            {
                Interlocked.CompareExchange(ref fullAt, most, seen);
            }
        }
    }

    /// <summary>Takes <paramref name="tokens"/> (at least 1), or none of them.</summary>
    /// <returns>True when they were there.</returns>
    public bool TryTake(int tokens)
    {
        var current = pace;
        if (current.PerToken == 0)
        {
            return false;
        }

        var now = time.GetTimestamp();
        var cost = current.PerToken * tokens;
        while (true)
        {
            var seen = Volatile.Read(ref fullAt);
            var then = Math.Max(seen, now) + cost;
            if (then - now > Math.Max(current.Capacity, cost))
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref fullAt, then, seen) == seen)
            {
                return true;
            }
        }
    }

    /// <summary>Gives back what was taken and not used: another limit refused the same message.</summary>
    public void GiveBack(int tokens) => Interlocked.Add(ref fullAt, -pace.PerToken * tokens);

    /// <summary>A limit in ticks of the clock. The time per token is rounded up, so the rate is never exceeded.</summary>
    private sealed class Pace(RateLimit limit, long frequency)
    {
        public RateLimit Limit => limit;

        /// <summary>0: none at all.</summary>
        public long PerToken { get; } = limit.PerSecond <= 0 ? 0 : (frequency + limit.PerSecond - 1) / limit.PerSecond;

        public long Capacity => PerToken * Math.Max(1, limit.Burst);
    }
}
