using System.Diagnostics;

namespace Bench;

/// <summary>Nanoseconds and bytes of one operation.</summary>
readonly record struct OperationCost(double Nanoseconds, double Bytes);

/// <summary>
/// Runs an operation for a warm-up, so that it is compiled as it will be in a service, and then in rounds of a tenth of a second. The
/// median of the rounds counts: what else the machine did meanwhile is in few of them.
/// </summary>
static class Rounds
{
    const int Count = 15;
    static readonly TimeSpan warmup = TimeSpan.FromSeconds(1.5);
    static readonly TimeSpan round = TimeSpan.FromSeconds(0.1);

    /// <param name="repeat">Does the operation so many times: the loop is the caller's, so that no call through a delegate is measured.</param>
    public static OperationCost Measure(Action<int> repeat)
    {
        var operations = 0L;
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < warmup)
        {
            repeat(1000);
            operations += 1000;
        }

        var perRound = (int)Math.Max(1000, operations * (round / Stopwatch.GetElapsedTime(started)));
        var nanoseconds = new double[Count];
        var bytes = new double[Count];
        for (var i = 0; i < Count; i++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            started = Stopwatch.GetTimestamp();
            repeat(perRound);
            nanoseconds[i] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / perRound;
            bytes[i] = (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / perRound;
        }

        return new OperationCost(Median(nanoseconds), Median(bytes));
    }

    static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
