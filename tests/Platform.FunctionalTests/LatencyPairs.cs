using System.Globalization;
using System.Text.Json;
using Testing.Load;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>One run of the good customer: how it fared.</summary>
/// <param name="P50">From a submit to its answer, the median, ms.</param>
/// <param name="P99">From a submit to its answer, ms.</param>
/// <param name="Max">From a submit to its answer, ms.</param>
/// <param name="ReceiptP99">From a submit's answer to its receipt, ms.</param>
/// <param name="Submits">Sent.</param>
/// <param name="Accepted">Answered OK.</param>
/// <param name="Missing">Of these, without a receipt.</param>
/// <param name="Reconnects">Of its links.</param>
internal sealed record PairRun(
    double P50,
    double P99,
    double Max,
    double ReceiptP99,
    long Submits,
    long Accepted,
    long Missing,
    long Reconnects
);

/// <summary>Two runs after each other, in turns which comes first.</summary>
internal sealed record LatencyPair(PairRun Quiet, PairRun Disturbed)
{
    /// <summary>What the issue allows: a quarter more, or 5 ms.</summary>
    private const double Factor = 1.25;
    private const double Milliseconds = 5;

    /// <summary>How far the p99 is beyond what the disturbance may bring the customer to, ms; below 0 when it is within.</summary>
    public double ExcessP99 => Disturbed.P99 - Allowed(Quiet.P99);

    /// <summary>The same of its receipts.</summary>
    public double ExcessReceiptP99 => Disturbed.ReceiptP99 - Allowed(Quiet.ReceiptP99);

    private static double Allowed(double quiet) => Math.Max(quiet * Factor, quiet + Milliseconds);
}

/// <summary>
/// What a disturbance does to a good customer: pairs of runs at the same rate, alternately without and with it, judged by medians. Whatever
/// else the machine does meets both. The result is a file of `artifacts/chaos`.
/// </summary>
internal sealed record LatencyPairs(string Disturbance, int Rate, double Seconds, IReadOnlyList<LatencyPair> Pairs)
{
    /// <summary>Of what was to be sent; what a stall held up is caught up on, but not in the run's last moments.</summary>
    private const double RateKept = 0.97;

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public double QuietP99 => Median(pair => pair.Quiet.P99);

    public double DisturbedP99 => Median(pair => pair.Disturbed.P99);

    /// <summary>The median pair's: each disturbed run is compared with the quiet one beside it.</summary>
    public double ExcessP99 => Median(pair => pair.ExcessP99);

    /// <summary>The same of its receipts.</summary>
    public double ExcessReceiptP99 => Median(pair => pair.ExcessReceiptP99);

    /// <summary>
    /// Runs the pairs. The disturbance goes on until its token is cancelled, and says when it is under way; so does what is to go on in the quiet
    /// runs, where that is given.
    /// </summary>
    public static async Task<LatencyPairs> RunAsync(
        RunningPlatform platform,
        string disturbance,
        int pairs,
        int rate,
        TimeSpan duration,
        Func<TaskCompletionSource, CancellationToken, Task> disturb,
        Func<TaskCompletionSource, CancellationToken, Task>? calm = null
    )
    {
        var done = new List<LatencyPair>();
        if (pairs > 1)
        {
            // The first run of a process is slower by far, whatever goes on beside it, and would spoil the first pair.
            await BesideAsync(calm);
        }

        for (var i = 0; i < pairs; i++)
        {
            if (i % 2 == 0)
            {
                var quiet = await BesideAsync(calm);
                done.Add(new LatencyPair(quiet, await BesideAsync(disturb)));
            }
            else
            {
                var disturbed = await BesideAsync(disturb);
                done.Add(new LatencyPair(await BesideAsync(calm), disturbed));
            }
        }

        var result = new LatencyPairs(disturbance, rate, duration.TotalSeconds, done);
        var folder = Directory.CreateDirectory(Path.Combine(RunningPlatform.Root, "artifacts", "chaos"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{disturbance}.json"), JsonSerializer.Serialize(result, Indented));
        return result;

        async Task<PairRun> BesideAsync(Func<TaskCompletionSource, CancellationToken, Task>? other)
        {
            if (other is null)
            {
                return await RunAsync(platform, rate, duration);
            }

            using var enough = new CancellationTokenSource();
            var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var goingOn = other(underWay, enough.Token);
            await Task.WhenAny(underWay.Task, goingOn).Unwrap();
            Assert.True(underWay.Task.IsCompletedSuccessfully, "what was to go on beside the run ended before it was under way");
            try
            {
                return await RunAsync(platform, rate, duration);
            }
            finally
            {
                await enough.CancelAsync();
                await goingOn;
            }
        }
    }

    /// <summary>Nothing of the good customer's traffic was lost or refused, and no link of it.</summary>
    public void NothingWasLostOrRefused() =>
        Assert.All(
            Pairs.SelectMany(pair => new[] { pair.Quiet, pair.Disturbed }),
            run =>
            {
                Assert.True(run.Accepted > 0);
                Assert.Equal((run.Submits, 0L, 0L), (run.Accepted, run.Missing, run.Reconnects));
            }
        );

    /// <summary>Every run sent what it was to send.</summary>
    public void TheRateWasKept() =>
        Assert.All(
            Pairs.SelectMany(pair => new[] { pair.Quiet, pair.Disturbed }),
            run => Assert.True(run.Submits >= RateKept * Rate * Seconds, $"{run.Submits} submits in {Seconds} s at {Rate}/s")
        );

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Disturbance}: p99 {QuietP99:0.0} ms without, {DisturbedP99:0.0} ms with it ({ExcessP99:+0.0;-0.0;0.0} ms beyond what is allowed); receipts' {Median(pair => pair.Quiet.ReceiptP99):0.0} and {Median(pair => pair.Disturbed.ReceiptP99):0.0} ms ({ExcessReceiptP99:+0.0;-0.0;0.0}); medians of {Pairs.Count} pairs of {Seconds:0} s at {Rate}/s"
        );

    private static async Task<PairRun> RunAsync(RunningPlatform platform, int rate, TimeSpan duration)
    {
        var report = await LoadRun.RunAsync(
            new LoadOptions
            {
                Port = platform.SmppPort,
                Messages = 0,
                Rate = rate,
                Duration = duration,
                Retry = false,
            },
            TextWriter.Null,
            TimeProvider.System,
            CancellationToken.None,
            CancellationToken.None
        );
        return new PairRun(
            report.LatencyMs.P50,
            report.LatencyMs.P99,
            report.LatencyMs.Max,
            report.ReceiptLagMs.P99,
            report.Submits,
            report.Accepted,
            report.Receipts.Missing,
            report.Reconnects
        );
    }

    private double Median(Func<LatencyPair, double> figure)
    {
        var sorted = Pairs.Select(figure).Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
