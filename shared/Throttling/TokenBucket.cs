namespace Throttling;

/// <summary>
/// A token bucket: full at first unless made empty, filled at its rate up to its burst; a take gets all it asks for or nothing. Its whole state is one
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

    /// <summary>A full bucket, or an empty one: for a pace that others had until now, whose burst is used up.</summary>
    public TokenBucket(RateLimit limit, TimeProvider time, bool isEmpty = false)
    {
        this.time = time;
        pace = new Pace(limit, time.TimestampFrequency);
        fullAt = time.GetTimestamp() + (isEmpty ? pace.Capacity : 0);
    }

    /// <summary>The limit in force; set it at any time. The tokens there are, or are owed, stay; a full bucket stays full.</summary>
    public RateLimit Limit
    {
        get => pace.Limit;
        set
        {
            var old = pace;
            if (value == old.Limit)
            {
                return;
            }

            var next = new Pace(value, time.TimestampFrequency);
            pace = next;
            if (old.PerToken == 0 || next.PerToken == 0)
            {
                return;
            }

            // The state is kept as time: a slow rate's hours are few tokens, and must not hold up the faster one that replaces it.
            var now = time.GetTimestamp();
            for (var seen = Volatile.Read(ref fullAt); seen > now; seen = Volatile.Read(ref fullAt))
            {
                var there = (double)(old.Capacity - (seen - now)) / old.PerToken;
                var then = now + Math.Max(0, next.Capacity - (long)(there * next.PerToken));
                if (Interlocked.CompareExchange(ref fullAt, then, seen) == seen)
                {
                    return;
                }
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

    /// <summary>How long until there is a token; zero when there is one, infinite when there never is.</summary>
    public TimeSpan Wait()
    {
        var current = pace;
        if (current.PerToken == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var now = time.GetTimestamp();
        var ahead = Math.Max(Volatile.Read(ref fullAt), now) - now + current.PerToken - current.Capacity;
        // Rounded up: who waits as long finds a token.
        return ahead <= 0
            ? TimeSpan.Zero
            : TimeSpan.FromTicks((long)Math.Ceiling(ahead * ((double)TimeSpan.TicksPerSecond / time.TimestampFrequency)));
    }

    /// <summary>Takes <paramref name="tokens"/>, whether they are there or not: what is missing is owed, and the next wait is longer by it.</summary>
    public void Take(int tokens)
    {
        var current = pace;
        while (true)
        {
            var seen = Volatile.Read(ref fullAt);
            if (Interlocked.CompareExchange(ref fullAt, Math.Max(seen, time.GetTimestamp()) + (current.PerToken * tokens), seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Gives back what was taken and not used: another limit refused the same message.</summary>
    public void GiveBack(int tokens) => Interlocked.Add(ref fullAt, -pace.PerToken * tokens);

    /// <summary>
    /// A limit in ticks of the clock. The time per token is rounded up, so the rate is never exceeded; a rate below one token a day is none, so
    /// that no sum of ticks leaves its range.
    /// </summary>
    private sealed class Pace
    {
        private const double Slowest = 1 / 86_400.0;

        public Pace(RateLimit limit, long frequency)
        {
            Limit = limit;
            PerToken = limit.PerSecond < Slowest ? 0 : (long)Math.Ceiling(frequency / limit.PerSecond);
            Capacity = (long)Math.Min(PerToken * Math.Max(1, limit.Burst), long.MaxValue / 4);
        }

        public RateLimit Limit { get; }

        /// <summary>0: none at all.</summary>
        public long PerToken { get; }

        public long Capacity { get; }
    }
}
