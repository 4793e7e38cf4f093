using Throttling;

namespace Workers;

/// <summary>
/// How fast one bind may submit, in parts: its share of what the operator allows the connector, and less while the operator answers
/// ESME_RTHROTTLED or ESME_RMSGQFUL (multiplicative decrease, slow increase). Starts closed where there is a limit: a new bind waits until
/// those that have been bound longer know of it and have lowered their shares, and its bucket is empty then. Thread-safe.
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
    private const double Slowest = 0.2;

    /// <summary>Parts beyond the burst, in seconds of the pace: a pump that wakes late loses nothing.</summary>
    private const double Lateness = 0.05;

    /// <summary>Answers to what was sent before the last decrease say nothing about the new pace.</summary>
    private static readonly TimeSpan DecreaseInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan GrowInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>After so long without being throttled the pace grows by a fifth a second.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private readonly RecentCount accepted = new(time);
    private double share = double.PositiveInfinity;
    private double burst = 1;
    private double current = double.PositiveInfinity;
    private double reference;
    private TokenBucket? bucket;
    private long grewAt;
    private long slowedAt = long.MinValue;
    private long opensAt;
    private bool isOpen;

    /// <summary>Parts a second it may submit now; infinite without a limit, 0 while it is closed.</summary>
    public double Rate
    {
        get
        {
            lock (gate)
            {
                return double.IsPositiveInfinity(share) || isOpen ? current : 0;
            }
        }
    }

    /// <summary>A new bind: nothing is sent until <see cref="Open"/>, where there is a limit.</summary>
    public void Close()
    {
        lock (gate)
        {
            isOpen = false;
            opensAt = long.MaxValue;
        }
    }

    /// <summary>The others know of this bind, at the latest after <paramref name="settle"/>.</summary>
    public void Open(TimeSpan settle)
    {
        lock (gate)
        {
            if (!isOpen && opensAt == long.MaxValue)
            {
                opensAt = time.GetTimestamp() + (long)(settle.TotalSeconds * time.TimestampFrequency);
            }
        }
    }

    /// <summary>Sets the bind's share of the connector's parts a second (null: unlimited), and of its burst.</summary>
    public void Share(double? perSecond, double newBurst)
    {
        lock (gate)
        {
            var next = perSecond ?? double.PositiveInfinity;
            var wasSlowed = current < share;
            share = next;
            burst = Math.Max(1, newBurst);
            current = wasSlowed ? Math.Min(current, share) : share;
            Fill();
        }
    }

    /// <summary>How long until a part may be sent; zero: now.</summary>
    public TimeSpan Wait()
    {
        lock (gate)
        {
            if (!double.IsPositiveInfinity(share) && !isOpen)
            {
                var now = time.GetTimestamp();
                if (now < opensAt)
                {
                    // Opened by somebody else, or in time: looked at again soon.
                    return Min(opensAt == long.MaxValue ? TimeSpan.MaxValue : time.GetElapsedTime(now, opensAt), TimeSpan.FromSeconds(1));
                }

                isOpen = true;
                bucket = null;
                Fill();
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
    public void Accepted() => accepted.Add();

    /// <summary>The operator asks for less.</summary>
    public void Throttled()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            if (slowedAt != long.MinValue && time.GetElapsedTime(slowedAt, now) < DecreaseInterval)
            {
                return;
            }

            slowedAt = now;
            grewAt = now;
            double taken = accepted.PerSecond;
            var next =
                taken > 0 ? Math.Min(current, taken) * Decrease
                : double.IsPositiveInfinity(current) ? Slowest
                : current * Halved;
            reference = double.IsPositiveInfinity(share) ? Math.Max(reference, taken) : share;
            current = Math.Max(Math.Min(Slowest, share), next);
            Fill();
        }
    }

    private void Grow()
    {
        if (current >= share)
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
        var isCalm = time.GetElapsedTime(slowedAt, now) > Calm;
        var step = double.IsPositiveInfinity(share) ? Math.Max(1, reference) * IncreaseUnlimited : share * Increase;
        current += since.TotalSeconds * (isCalm ? Math.Max(current / 5, step) : step);
        if (current >= share || (isCalm && double.IsPositiveInfinity(share) && current > 20 * Math.Max(1, reference)))
        {
            current = share;
        }

        Fill();
    }

    private void Fill()
    {
        if (double.IsPositiveInfinity(current))
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

/// <summary>How many there were in the last second, up to a quarter of a second more. Thread-safe.</summary>
internal sealed class RecentCount(TimeProvider time)
{
    private const int Quarters = 4;

    private readonly Lock gate = new();
    private readonly int[] counts = new int[Quarters + 1];
    private long quarter;

    public int PerSecond
    {
        get
        {
            lock (gate)
            {
                Turn();
                return counts.Sum();
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
