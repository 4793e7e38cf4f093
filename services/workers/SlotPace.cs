using Throttling;

namespace Workers;

/// <summary>
/// How fast one bind may submit, in parts: its share of what the operator allows the connector, and less while the operator answers
/// ESME_RTHROTTLED or ESME_RMSGQFUL (multiplicative decrease; slow increase near what the operator took last, doubling each second far below
/// it, so that an operator that took nothing for a moment costs seconds and not minutes). Starts closed: a new bind waits until it is given a share, and
/// its bucket is empty then. Thread-safe.
/// </summary>
internal sealed class SlotPace(TimeProvider time)
{
    /// <summary>What a throttled bind goes on with, of what the operator accepted of it in the last second.</summary>
    private const double Decrease = 0.7;

    /// <summary>Where the operator accepted nothing in that second.</summary>
    private const double Halved = 0.5;

    /// <summary>Per second, of its share: back at full pace within a minute at the latest.</summary>
    private const double Increase = 0.02;

    /// <summary>Per second, of what an operator without a configured limit took when it first asked for less.</summary>
    private const double IncreaseUnlimited = 0.1;

    /// <summary>Parts a second that are always offered: else nothing would tell that the operator takes messages again.</summary>
    private const double Slowest = 1;

    /// <summary>Parts a second below which a share is what is left of a sum of others, and nothing.</summary>
    private const double Rounding = 0.001;

    /// <summary>Parts beyond the burst, in seconds of the pace: a pump that wakes late loses nothing.</summary>
    private const double Lateness = 0.05;

    /// <summary>Answers to what was sent before the last decrease say nothing about the new pace.</summary>
    private static readonly TimeSpan DecreaseInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan GrowInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How often a bind without a share looks whether it has one.</summary>
    private static readonly TimeSpan ShareComes = TimeSpan.FromMilliseconds(20);

    /// <summary>After so long without being throttled the pace grows by a fifth a second.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();

    /// <summary>Faster than any bind: the pace of an unlimited one has grown out of its limit.</summary>
    private const double Unpaced = 100_000;

    private readonly RecentCount accepted = new(time);

    /// <summary>Parts a second it may submit at most: 0 while it is closed, infinite without a limit.</summary>
    private double share;
    private double burst = 1;

    /// <summary>What is left of it while the operator asks for less; infinite when it does not.</summary>
    private double slowedTo = double.PositiveInfinity;
    private double reference;

    /// <summary>Up to here it doubles each second: what the operator took before it took nothing.</summary>
    private double knownGood;
    private TokenBucket? bucket;
    private long grewAt;
    private long slowedAt = long.MinValue;
    private long acceptedAt = long.MinValue;

    /// <summary>Parts a second it may submit now; infinite without a limit, 0 while it is closed.</summary>
    public double Rate
    {
        get
        {
            lock (gate)
            {
                return Current;
            }
        }
    }

    /// <summary>Its share of the connector's parts a second, whatever it makes of it; 0 while it is closed or without a limit.</summary>
    public double Granted
    {
        get
        {
            lock (gate)
            {
                return double.IsPositiveInfinity(share) ? 0 : share;
            }
        }
    }

    private double Current => Math.Min(share, slowedTo);

    /// <summary>
    /// The bind is gone, or new: where there is a limit nothing is sent until <see cref="Share"/>, with an empty bucket then. Without one it goes on
    /// as it did.
    /// </summary>
    public void Close()
    {
        lock (gate)
        {
            if (!double.IsPositiveInfinity(share))
            {
                share = 0;
                bucket = null;
            }
        }
    }

    /// <summary>There is no limit.</summary>
    public void Unlimit()
    {
        lock (gate)
        {
            if (!double.IsPositiveInfinity(share))
            {
                share = double.PositiveInfinity;
                Fill();
            }
        }
    }

    /// <summary>There is a limit: where there was none until now, nothing is sent until <see cref="Share"/>.</summary>
    public void Limit()
    {
        lock (gate)
        {
            if (double.IsPositiveInfinity(share))
            {
                share = 0;
                bucket = null;
            }
        }
    }

    /// <summary>Sets the bind's share of the connector's parts a second, and of its burst.</summary>
    public void Share(double perSecond, double newBurst)
    {
        lock (gate)
        {
            share = perSecond < Rounding ? 0 : perSecond;
            burst = Math.Max(1, newBurst);
            Fill();
        }
    }

    /// <summary>How long until a part may be sent; zero: now.</summary>
    public TimeSpan Wait()
    {
        lock (gate)
        {
            if (share <= 0)
            {
                return ShareComes;
            }

            Grow();
            return bucket is null ? TimeSpan.Zero : Min(bucket.Wait(), TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Counts parts that are about to be sent; more than there is room for are owed.</summary>
    public void Take(int parts)
    {
        lock (gate)
        {
            bucket?.Take(parts);
        }
    }

    /// <summary>Gives back what was not sent after all.</summary>
    public void GiveBack(int parts)
    {
        lock (gate)
        {
            bucket?.GiveBack(parts);
        }
    }

    /// <summary>The operator took a part.</summary>
    public void Accepted()
    {
        accepted.Add();
        Volatile.Write(ref acceptedAt, time.GetTimestamp());
    }

    /// <summary>The operator asks for less.</summary>
    public void Throttled()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            if (share <= 0 || (slowedAt != long.MinValue && time.GetElapsedTime(slowedAt, now) < DecreaseInterval))
            {
                return;
            }

            slowedAt = now;
            grewAt = now;
            double taken = accepted.PerSecond;
            double peak = accepted.Peak;
            reference = double.IsPositiveInfinity(share) ? Math.Max(reference, Math.Max(taken, peak)) : share;
            double next;
            if (taken > 0)
            {
                next = Math.Min(Current, taken) * Decrease;
                knownGood = next;
            }
            else
            {
                next = double.IsPositiveInfinity(Current) ? Slowest : Current * Halved;
                // Nothing taken in the last ten seconds either: no more is known than what is configured.
                knownGood = Math.Max(knownGood, Math.Min(share, peak > 0 ? peak : Unpaced) * Decrease);
            }

            slowedTo = Math.Max(Math.Min(Slowest, share), next);
            Fill();
        }
    }

    private void Grow()
    {
        if (double.IsPositiveInfinity(slowedTo))
        {
            return;
        }

        var now = time.GetTimestamp();
        var since = time.GetElapsedTime(grewAt, now);
        if (since < GrowInterval)
        {
            return;
        }

        grewAt = now;
        if (Volatile.Read(ref acceptedAt) <= slowedAt)
        {
            // Nothing says yet that it takes messages again.
            return;
        }

        if (slowedTo < knownGood)
        {
            slowedTo = Math.Min(knownGood, slowedTo * Math.Pow(2, Math.Min(since.TotalSeconds, 1)));
        }
        else
        {
            var isCalm = time.GetElapsedTime(slowedAt, now) > Calm;
            var step = double.IsPositiveInfinity(share) ? Math.Max(1, reference) * IncreaseUnlimited : share * Increase;
            slowedTo += since.TotalSeconds * (isCalm ? Math.Max(slowedTo / 5, step) : step);
        }

        if (slowedTo >= Math.Min(share, Unpaced * Decrease))
        {
            slowedTo = double.PositiveInfinity;
        }

        Fill();
    }

    private void Fill()
    {
        var current = Current;
        if (double.IsPositiveInfinity(current) || current <= 0)
        {
            bucket = null;
            return;
        }

        var limit = new RateLimit(
            current,
            (double.IsPositiveInfinity(share) ? 1 : Math.Max(1, burst * current / share)) + (current * Lateness)
        );
        if (bucket is null)
        {
            bucket = new TokenBucket(limit, time, isEmpty: true);
        }
        else
        {
            bucket.Limit = limit;
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b && a >= TimeSpan.Zero ? a : b;
}

/// <summary>How many there were lately. Thread-safe.</summary>
internal sealed class RecentCount(TimeProvider time)
{
    private const int Quarters = 4;
    private const int Seconds = 10;

    private readonly Lock gate = new();
    private readonly int[] counts = new int[(Seconds * Quarters) + 1];
    private long quarter;

    /// <summary>In the last second, up to a quarter of a second more.</summary>
    public int PerSecond
    {
        get
        {
            lock (gate)
            {
                Turn();
                return InSecond(0, Quarters + 1);
            }
        }
    }

    /// <summary>In the best second of the last ten.</summary>
    public int Peak
    {
        get
        {
            lock (gate)
            {
                Turn();
                var peak = 0;
                for (var first = 0; first + Quarters <= counts.Length; first++)
                {
                    peak = Math.Max(peak, InSecond(first, Quarters));
                }

                return peak;
            }
        }
    }

    public void Add()
    {
        lock (gate)
        {
            Turn();
            counts[quarter % counts.Length]++;
        }
    }

    /// <summary>The sum of so many quarters, the first of them so many ago.</summary>
    private int InSecond(int ago, int quarters)
    {
        var sum = 0;
        for (var i = 0; i < quarters; i++)
        {
            sum += counts[(quarter - ago - i + counts.Length) % counts.Length];
        }

        return sum;
    }

    private void Turn()
    {
        var now = time.GetTimestamp() * Quarters / time.TimestampFrequency;
        for (var passed = Math.Min(now - quarter, counts.Length); passed > 0; passed--)
        {
            counts[(now - passed + 1) % counts.Length] = 0;
        }

        quarter = now;
    }
}
