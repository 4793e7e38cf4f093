using System.Globalization;
using System.Text.Json;
using Testing.Load;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>One run of the good customer: how it fared.</summary>
internal sealed record PairRun(double P50, double P99, double Max, long Submits, long Accepted, long Missing, long Reconnects);

/// <summary>Two runs after each other, in turns which comes first.</summary>
internal sealed record LatencyPair(PairRun Quiet, PairRun Disturbed)
{
    /// <summary>What the issue allows: a quarter more, or 5 ms.</summary>
    private const double Factor = 1.25;
    private const double Milliseconds = 5;

    /// <summary>The p99 that the disturbance may bring the customer to, ms.</summary>
    public double AllowedP99 => Math.Max(Quiet.P99 * Factor, Quiet.P99 + Milliseconds);

    /// <summary>How far it is beyond that, ms; below 0 when it is within.</summary>
    public double ExcessP99 => Disturbed.P99 - AllowedP99;
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

    /// <summary>Runs the pairs. The disturbance goes on until its token is cancelled, and says when it is under way.</summary>
    public static async Task<LatencyPairs> RunAsync(
        RunningPlatform platform,
        string disturbance,
        int pairs,
        int rate,
        TimeSpan duration,
        Func<TaskCompletionSource, CancellationToken, Task> disturb
    )
    {
        var done = new List<LatencyPair>();
        for (var i = 0; i < pairs; i++)
        {
            if (i % 2 == 0)
            {
                var quiet = await RunAsync(platform, rate, duration);
                done.Add(new LatencyPair(quiet, await DisturbedAsync()));
            }
            else
            {
                var disturbed = await DisturbedAsync();
                done.Add(new LatencyPair(await RunAsync(platform, rate, duration), disturbed));
            }
        }

        var result = new LatencyPairs(disturbance, rate, duration.TotalSeconds, done);
        var folder = Directory.CreateDirectory(Path.Combine(RunningPlatform.Root, "artifacts", "chaos"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{disturbance}.json"), JsonSerializer.Serialize(result, Indented));
        return result;

        async Task<PairRun> DisturbedAsync()
        {
            using var enough = new CancellationTokenSource();
            var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var disturbing = disturb(underWay, enough.Token);
            await Task.WhenAny(underWay.Task, disturbing).Unwrap();
            Assert.True(underWay.Task.IsCompletedSuccessfully, "the disturbance ended before it was under way");
            try
            {
                return await RunAsync(platform, rate, duration);
            }
            finally
            {
                await enough.CancelAsync();
                await disturbing;
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
            $"{Disturbance}: p99 {QuietP99:0.0} ms without, {DisturbedP99:0.0} ms with it ({ExcessP99:+0.0;-0.0;0.0} ms beyond what is allowed), median of {Pairs.Count} pairs of {Seconds:0} s at {Rate}/s"
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
