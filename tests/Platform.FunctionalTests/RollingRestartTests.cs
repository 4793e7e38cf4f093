using System.Globalization;
using System.Net;
using System.Text.Json;
using Testing.Load;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>
/// Two smpp-gateway processes behind HAProxy (TCP mode, PROXY protocol v2, health checks on /readyz), restarted in turn under load, as
/// a release is rolled out. `make test` restarts twice, `make chaos` 2 × CHAOS_SCALE times: 10 by default.
/// </summary>
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private const int Binds = 8;

    /// <summary>What a customer may be without its bind (issue's goal).</summary>
    private static readonly TimeSpan RebindWithin = TimeSpan.FromSeconds(10);

    /// <summary>Between a process that is ready again and the stop of the other one; HAProxy asks every 200 ms.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    private static readonly int Restarts = 2 * FaultRun.Scale;

    [Fact]
    public async Task Two_gateways_behind_a_balancer_restarted_in_turn_under_load_lose_nothing_and_refuse_nothing()
    {
        await using var platform = await RunningPlatform.StartAsync(("PLATFORM_QUEUE", "postgres"));
        await using var first = await BalancedGateway.StartAsync(platform, "gateway-1");
        await using var second = await BalancedGateway.StartAsync(platform, "gateway-2");
        await using var balancer = await Balancer.StartAsync(platform, first, second);
        using var enough = new CancellationTokenSource();
        var load = LoadAsync(balancer.Port, enough.Token);
        await AcceptedAsync(platform, 300);

        for (var i = 0; i < Restarts; i++)
        {
            var gateway = i % 2 == 0 ? first : second;
            Assert.Equal(0, await gateway.RestartAsync());
            await Task.Delay(Settle);
        }

        await enough.CancelAsync();
        var report = await load;
        Assert.True(balancer.Runs);
        await ReportAsync(report);

        // Nothing lost, nothing twice, and no answer but OK: neither to a submit nor to a bind.
        Assert.True(report.Accepted > 0);
        Assert.Equal(["ESME_ROK"], report.Statuses.Keys);
        Assert.Equal((0, 0, 0), (report.Receipts.Missing, report.Receipts.Doubled, report.Receipts.Unknown));
        Assert.Equal((0, 0), (report.Uncertain, report.RepeatedIds));
        Assert.Empty(report.BindRefusals);
        // Each restart took somebody's bind, and gave it back in time.
        Assert.InRange(report.Reconnects, Restarts, long.MaxValue);
        Assert.InRange(report.LongestRebindMs ?? double.MaxValue, 0, RebindWithin.TotalMilliseconds);
        foreach (var gateway in new[] { first, second })
        {
            var log = await File.ReadAllTextAsync(gateway.Log);
            Assert.DoesNotContain("Unhandled exception", log, StringComparison.Ordinal);
            Assert.Contains("stopped in order", log, StringComparison.Ordinal);
        }
    }

    private static Task<LoadReport> LoadAsync(int port, CancellationToken stop) =>
        LoadRun.RunAsync(
            new LoadOptions
            {
                Port = port,
                Messages = 0,
                Rate = 300,
                Binds = Binds,
                Duration = TimeSpan.FromHours(1),
                ReceiptWait = TimeSpan.FromSeconds(60),
            },
            TextWriter.Null,
            TimeProvider.System,
            stop,
            CancellationToken.None
        );

    private static async Task AcceptedAsync(RunningPlatform platform, long atLeast) =>
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/stats",
            s => s.GetProperty("total").GetProperty("accepted").GetInt64() >= atLeast
        );

    private async Task ReportAsync(LoadReport report)
    {
        var text = JsonSerializer.Serialize(
            new
            {
                Test = "Rolling_restart",
                Restarts,
                Load = report,
            },
            FaultReport.Indented
        );
        var folder = Directory.CreateDirectory(Path.Combine(RunningPlatform.Root, "artifacts", "chaos"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Rolling_restart.json"), text);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Restarts} restarts: {report.Accepted} accepted in {report.Seconds:0} s, {report.Receipts.Missing} receipts missing, "
                    + $"{report.Receipts.Doubled} doubled, {report.Reconnects} rebinds, the longest {report.LongestRebindMs:0} ms; "
                    + $"statuses {string.Join(", ", report.Statuses)}; bind refusals {string.Join(", ", report.BindRefusals)}"
            )
        );
    }

    /// <summary>An smpp-gateway process that takes connections from the balancer only.</summary>
    private sealed class BalancedGateway : IAsyncDisposable
    {
        private readonly Dictionary<string, string> environment;
        private readonly int metricsPort;
        private ChildProcess? process;

        private BalancedGateway(string log, Dictionary<string, string> environment, int port, int metricsPort)
        {
            Log = log;
            this.environment = environment;
            Port = port;
            this.metricsPort = metricsPort;
        }

        public string Log { get; }

        public int Port { get; }

        public int MetricsPort => metricsPort;

        public static async Task<BalancedGateway> StartAsync(RunningPlatform platform, string name)
        {
            var ports = RunningPlatform.FreePorts(3);
            var gateway = new BalancedGateway(
                Path.Combine(platform.RunDirectory, $"{name}.log"),
                new Dictionary<string, string>
                {
                    ["PLATFORM_DATABASE"] = await platform.DatabaseAsync(),
                    ["PLATFORM_QUEUE"] = "postgres",
                    ["SMPP_PORT"] = $"{ports[0]}",
                    ["SMPP_TLS_PORT"] = $"{ports[1]}",
                    ["METRICS_PORT"] = $"{ports[2]}",
                    ["SMPP_PROXY_NETWORKS"] = "127.0.0.0/8",
                    // Five times as long as the balancer may take to learn it.
                    ["Gateway__Announce"] = "00:00:01",
                },
                ports[0],
                ports[2]
            );
            await gateway.StartAsync();
            return gateway;
        }

        /// <summary>SIGTERM, its drain, and a new process in its place.</summary>
        /// <returns>The exit code of the one that was stopped.</returns>
        public async Task<int> RestartAsync()
        {
            var exitCode = await process!.StopAsync();
            await process.DisposeAsync();
            await StartAsync();
            return exitCode;
        }

        public ValueTask DisposeAsync() => process?.DisposeAsync() ?? default;

        private async Task StartAsync()
        {
            process = ChildProcess.Start(
                Log,
                environment,
                "dotnet",
                Path.Combine(RunningPlatform.Root, "artifacts", "bin", "SmppGateway", "release", "SmppGateway.dll")
            );
            using var http = new HttpClient();
            using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
            while (!await IsReadyAsync(http, deadline.Token))
            {
                Assert.True(process.Runs, $"the gateway ended while starting: {await File.ReadAllTextAsync(Log, deadline.Token)}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), deadline.Token);
            }
        }

        private async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{metricsPort}/readyz"), cancellationToken);
                return answer.StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                return false;
            }
        }
    }

    /// <summary>HAProxy in front of them.</summary>
    private sealed class Balancer : IAsyncDisposable
    {
        private readonly ChildProcess process;

        private Balancer(ChildProcess process, int port)
        {
            this.process = process;
            Port = port;
        }

        public int Port { get; }

        public bool Runs => process.Runs;

        public static async Task<Balancer> StartAsync(RunningPlatform platform, params BalancedGateway[] gateways)
        {
            var port = RunningPlatform.FreePorts(1)[0];
            var file = Path.Combine(platform.RunDirectory, "haproxy.cfg");
            var servers = gateways.Select(
                (gateway, i) => $"    server gateway-{i + 1} 127.0.0.1:{gateway.Port} send-proxy-v2 check port {gateway.MetricsPort}"
            );
            // A connection that nobody takes goes to the other gateway; who is not ready gets no new ones, and keeps those it has.
            await File.WriteAllTextAsync(
                file,
                $"""
                global
                    maxconn 1000
                defaults
                    mode tcp
                    timeout connect 2s
                    timeout client 1h
                    timeout server 1h
                    retries 2
                    option redispatch 1
                frontend smpp
                    bind 127.0.0.1:{port}
                    default_backend gateways
                backend gateways
                    balance leastconn
                    option httpchk GET /readyz
                    http-check expect status 200
                    default-server inter 200ms fall 1 rise 1
                {string.Join("\n", servers)}

                """
            );
            var process = ChildProcess.Start(
                Path.Combine(platform.RunDirectory, "haproxy.log"),
                new Dictionary<string, string>(),
                HaproxyProgram(),
                "-db",
                "-f",
                file
            );
            return new Balancer(process, port);
        }

        public ValueTask DisposeAsync() => process.DisposeAsync();

        /// <summary>Debian puts it where only root's PATH leads.</summary>
        private static string HaproxyProgram() => File.Exists("/usr/sbin/haproxy") ? "/usr/sbin/haproxy" : "haproxy";
    }
}
