using System.Globalization;

namespace Bench;

/// <summary>
/// Stage 2: the library's client against the library's server over TCP, in one process, with a handler that answers at once; then the
/// same with the npm package smpp as the server, and as the client.
/// </summary>
static class SessionStage
{
    /// <summary>Before the names of the rows in which the other end is the npm package.</summary>
    public const string NpmServer = "npm server, ";
    public const string NpmClient = "npm client, ";

    const int RoundsPerRow = 5;

    /// <summary>Of what is sent to ourselves, so much is sent to and by the npm package, and one at a time: both take longer.</summary>
    const double ShareOfSlow = 0.2;

    static readonly TimeSpan warmup = TimeSpan.FromSeconds(4);

    /// <summary>The row's name for so many binds with such a window.</summary>
    public static string Row(int binds, int window) =>
        string.Create(CultureInfo.InvariantCulture, $"{binds} bind{(binds == 1 ? "" : "s")}, window {window}");

    /// <summary>Binds and windows that are measured.</summary>
    public static IEnumerable<(int Binds, int Window)> Shapes(BenchOptions options) =>
        new[] { (1, 1), (1, 10), (1, 100), (options.Binds, options.Window) }.Distinct();

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var report = new StageReport
        {
            Stage = "session",
            What = string.Create(
                CultureInfo.InvariantCulture,
                $"client and server of shared/Smpp in one process over loopback; medians of {RoundsPerRow} rounds, {options.SessionSubmits:N0} submits a row at most"
            ),
        };
        await using var server = SessionServer.Start(options.Window);
        await WarmUpAsync(server, options);
        foreach (var (binds, window) in Shapes(options))
        {
            await MeasureAsync(report, "", server.Port, binds, window, PerRound(options, window));
        }
        report.AtLeast(Row(1, 100), Units.PerSecond, 100_000);
        report.AtMost(Row(1, 10), Units.P99, 1);
        if (options.Peers.Length > 0)
        {
            await MeasureNpmServerAsync(report, options);
            await MeasureNpmClientAsync(report, server, options);
        }
        await server.StopAsync();
        report.Failures.AddRange(server.Failures);
        return report;
    }

    static async Task MeasureNpmServerAsync(StageReport report, BenchOptions options)
    {
        await using var npm = NpmPeer.Start(options.Peers, "bench-smsc.mjs");
        var port = (int)(await npm.ReadAsync()).GetProperty("port").GetDouble();
        foreach (var (binds, window) in Shapes(options))
        {
            await MeasureAsync(report, NpmServer, port, binds, window, PerRound(options, window, npm: true));
        }
    }

    static async Task MeasureNpmClientAsync(StageReport report, SessionServer server, BenchOptions options)
    {
        await using var npm = NpmPeer.Start(options.Peers, "bench-esme.mjs");
        foreach (var (binds, window) in Shapes(options))
        {
            await Console.Error.WriteLineAsync($"session: {NpmClient}{Row(binds, window)}");
            var submits = PerRound(options, window, npm: true);
            var rounds = new List<LoadRound>();
            for (var round = 0; round <= RoundsPerRow; round++)
            {
                await npm.WriteAsync(
                    new
                    {
                        port = server.Port,
                        binds,
                        window,
                        submits,
                    }
                );
                var answer = await npm.ReadAsync();
                rounds.Add(
                    new LoadRound(
                        answer.GetProperty("perSecond").GetDouble(),
                        answer.GetProperty("p50").GetDouble(),
                        answer.GetProperty("p99").GetDouble(),
                        answer.GetProperty("p999").GetDouble(),
                        0,
                        answer.GetProperty("failed").GetInt32()
                    )
                );
            }
            Add(report, NpmClient + Row(binds, window), rounds[1..]); // the first one warms it up
        }
    }

    static int PerRound(BenchOptions options, int window, bool npm = false)
    {
        var share = (window == 1 ? ShareOfSlow : 1) * (npm ? ShareOfSlow : 1);
        return Math.Max(100, (int)(options.SessionSubmits * share) / RoundsPerRow);
    }

    // Until every method is compiled as it will be in a service.
    static async Task WarmUpAsync(SessionServer server, BenchOptions options)
    {
        await using var load = await SessionLoad.ConnectAsync(server.Port, 1, options.Window);
        using var enough = new CancellationTokenSource(warmup, TimeProvider.System);
        while (!enough.IsCancellationRequested)
        {
            await load.RunAsync(5000);
        }
    }

    static async Task MeasureAsync(StageReport report, string whose, int port, int binds, int window, int perRound)
    {
        var row = whose + Row(binds, window);
        await Console.Error.WriteLineAsync($"session: {row}");
        await using var load = await SessionLoad.ConnectAsync(port, binds, window);
        await load.RunAsync(perRound);
        var rounds = new List<LoadRound>();
        for (var round = 0; round < RoundsPerRow; round++)
        {
            rounds.Add(await load.RunAsync(perRound));
        }
        Add(report, row, rounds);
    }

    static void Add(StageReport report, string row, List<LoadRound> rounds)
    {
        List<(string, double)> figures =
        [
            (Units.PerSecond, Median(round => round.PerSecond)),
            (Units.P50, Median(round => round.P50)),
            (Units.P99, Median(round => round.P99)),
            (Units.P999, Median(round => round.P999)),
        ];
        if (!row.StartsWith(NpmClient, StringComparison.Ordinal))
        {
            figures.Add(("us CPU/submit", Median(round => round.CpuMicroseconds)));
        }
        report.Add(row, [.. figures]);
        if (rounds.Sum(round => round.Failed) is > 0 and var failed)
        {
            report.Failures.Add($"{row}: {failed} submits were not answered OK");
        }

        double Median(Func<LoadRound, double> figure) => rounds.Select(figure).Order().ElementAt(rounds.Count / 2);
    }
}
