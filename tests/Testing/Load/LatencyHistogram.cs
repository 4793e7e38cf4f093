using System.Numerics;

namespace Testing.Load;

/// <summary>
/// Counts durations in fixed memory, as HdrHistogram does: 128 steps to each power of two of microseconds, so a percentile is at most 0.8 %
/// too high. Recording takes no lock.
/// </summary>
internal sealed class LatencyHistogram
{
    const int StepBits = 7;
    const int Steps = 1 << StepBits;
    const int MaxBits = 40; // microseconds: 12 days, beyond which everything counts as that

    readonly long[] counts;
    long max;

    public LatencyHistogram()
        : this(new long[(MaxBits - StepBits + 1) << StepBits]) { }

    LatencyHistogram(long[] counts) => this.counts = counts;

    public long Count => counts.Sum();

    public TimeSpan Max => TimeSpan.FromMicroseconds(Volatile.Read(ref max));

    public void Record(TimeSpan duration)
    {
        var microseconds = Math.Clamp(duration.Ticks / TimeSpan.TicksPerMicrosecond, 0, (1L << MaxBits) - 1);
        Interlocked.Increment(ref counts[IndexOf(microseconds)]);
        for (var seen = Volatile.Read(ref max); microseconds > seen; seen = Volatile.Read(ref max))
        {
            Interlocked.CompareExchange(ref max, microseconds, seen);
        }
    }

    /// <summary>The duration that <paramref name="share"/> (0 to 1) of all stay within; zero when there is none.</summary>
    public TimeSpan Percentile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(Count * share));
        for (var index = 0; index < counts.Length; index++)
        {
            rank -= counts[index];
            if (rank <= 0)
            {
                return TimeSpan.FromMicroseconds(Math.Min(UpperEndOf(index), Volatile.Read(ref max)));
            }
        }
        return TimeSpan.Zero;
    }

    /// <summary>As it is now.</summary>
    public LatencyHistogram Copy() => new((long[])counts.Clone()) { max = Volatile.Read(ref max) };

    /// <summary>What was recorded between <paramref name="earlier"/>, a copy of this one, and now.</summary>
    public LatencyHistogram Since(LatencyHistogram earlier)
    {
        var since = Copy();
        for (var index = 0; index < counts.Length; index++)
        {
            since.counts[index] -= earlier.counts[index];
        }
        return since;
    }

    static int IndexOf(long value)
    {
        if (value < Steps)
        {
            return (int)value;
        }
        var shift = BitOperations.Log2((ulong)value) - StepBits;
        return ((shift + 1) << StepBits) + (int)(value >> shift) - Steps;
    }

    static long UpperEndOf(int index)
    {
        if (index < Steps)
        {
            return index;
        }
        var shift = (index >> StepBits) - 1;
        return ((Steps + (index & (Steps - 1)) + 1L) << shift) - 1;
    }
}
