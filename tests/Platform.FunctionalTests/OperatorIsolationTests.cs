using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Testing.Load;
using Testing.Smsc;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>
/// Operators that are dead or slow, with traffic of their own, beside a good one: nothing of the good one's traffic is lost. `make chaos` runs
/// five alternating pairs of 30 s at 1,000/s and asks that the p99 of its submits and of its receipts stay within a quarter more or 5 ms. In the
/// quiet runs as much traffic as to the bad ones goes to the good one, from the same customer: what differs is the operators.
/// </summary>
public sealed class OperatorIsolationTests(ITestOutputHelper output)
{
    private const string Refusing = "refusing";
    private const string Mute = "mute";
    private const string Slow = "slow";

    /// <summary>Where the traffic of each goes: the good customer's is 491700…, by the default route.</summary>
    private static readonly (string Connector, string Prefix)[] Bad = [(Refusing, "49171"), (Mute, "49172"), (Slow, "49173")];

    /// <summary>By the default route too.</summary>
    private static readonly string[] Good = ["49174", "49175", "49176"];

    private static readonly bool Full = FaultRun.Scale > 1;

    [Fact]
    public async Task A_dead_and_a_slow_operator_harm_no_other_operators_traffic()
    {
        // Takes connections, and never says a word.
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var slow = await SmscSimulator.StartAsync(
            // With a window of one, a submit a second.
            new SmscOptions
            {
                Port = 0,
                Settings = new SmscSettings { ResponseDelay = 1000 },
            },
            NullLogger.Instance,
            TimeProvider.System
        );
        await using var platform = await RunningPlatform.StartAsync();
        await AddAsync(platform, Refusing, RunningPlatform.FreePorts(1)[0]);
        await AddAsync(platform, Mute, ((IPEndPoint)mute.LocalEndpoint).Port);
        await AddAsync(platform, Slow, slow.EndPoint.Port);
        await PostAsync(platform, "v1/accounts/demo/smpp-users", new { systemId = "others", password = "others12" });
        await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", binds => Errors(binds) == 2);

        var toBad = 0L;
        var pairs = await LatencyPairs.RunAsync(
            platform,
            "bad-operators",
            pairs: Full ? 5 : 1,
            rate: Full ? 1_000 : 200,
            TimeSpan.FromSeconds(Full ? 30 : 4),
            SendToBadAsync,
            SendToGoodAsync
        );

        output.WriteLine($"{pairs}; {toBad} messages to bad operators, of which the slow one took {slow.Stats.Unique}");
        pairs.NothingWasLostOrRefused();
        Assert.InRange(slow.Stats.Unique, 1, toBad);
        // What the bad operators did not take waits: it has not failed.
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/stats",
            stats =>
                stats.GetProperty("total").GetProperty("inFlight").GetInt64() is var open
                && open >= toBad - slow.Stats.Unique
                && open <= toBad
        );
        if (Full)
        {
            pairs.TheRateWasKept();
            Assert.True(pairs is { ExcessP99: <= 0, ExcessReceiptP99: <= 0 }, pairs.ToString());
        }

        async Task SendToBadAsync(TaskCompletionSource underWay, CancellationToken stop)
        {
            var before = toBad;
            var loads = Send([.. Bad.Select(bad => bad.Prefix)], stop);
            // Each of the dead ones has more waiting than before.
            await RunningPlatform.UntilAsync(
                platform.Rest,
                "v1/queues",
                queues => Math.Min(Depth(queues, Refusing), Depth(queues, Mute)) > before / Bad.Length
            );
            underWay.SetResult();
            foreach (var report in await loads)
            {
                Assert.Equal(report.Submits, report.Accepted);
                toBad += report.Accepted;
            }
        }

        async Task SendToGoodAsync(TaskCompletionSource underWay, CancellationToken stop)
        {
            var loads = Send(Good, stop);
            underWay.SetResult();
            Assert.All(await loads, report => Assert.Equal(report.Submits, report.Accepted));
        }

        Task<LoadReport[]> Send(string[] prefixes, CancellationToken stop) =>
            Task.WhenAll(
                prefixes.Select(prefix =>
                    LoadRun.RunAsync(
                        new LoadOptions
                        {
                            Port = platform.SmppPort,
                            SystemId = "others",
                            Password = "others12",
                            Binds = 1,
                            Messages = 0,
                            Rate = 20,
                            Duration = TimeSpan.FromHours(1),
                            Receipts = false,
                            FirstDestination = long.Parse($"{prefix}0000000", CultureInfo.InvariantCulture),
                            LastDestination = long.Parse($"{prefix}9999999", CultureInfo.InvariantCulture),
                        },
                        TextWriter.Null,
                        TimeProvider.System,
                        stop,
                        CancellationToken.None
                    )
                )
            );
    }

    private static async Task AddAsync(RunningPlatform platform, string id, int port)
    {
        await PostAsync(
            platform,
            "v1/connectors",
            new
            {
                id,
                @operator = id,
                host = "127.0.0.1",
                port,
                systemId = "simulator",
                password = "simulator",
                binds = 1,
                window = 1,
            }
        );
        await PostAsync(
            platform,
            "v1/routes",
            new
            {
                id = $"to-{id}",
                priority = 1,
                match = new { destinationPrefix = new[] { Bad.Single(bad => bad.Connector == id).Prefix } },
                targets = new[] { new { connector = id, weight = 1 } },
                strategy = "failover",
            }
        );
    }

    private static async Task PostAsync(RunningPlatform platform, string path, object document)
    {
        using var answer = await platform.Rest.PostAsJsonAsync(path, document);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The dead ones have been tried.</summary>
    private static int Errors(JsonElement binds) =>
        binds
            .GetProperty("items")
            .EnumerateArray()
            .Count(bind =>
                bind.TryGetProperty("connector", out var connector)
                && connector.GetString() is Refusing or Mute
                && bind.TryGetProperty("lastError", out var error)
                && error.ValueKind == JsonValueKind.String
            );

    private static long Depth(JsonElement queues, string connector) =>
        queues
            .GetProperty("items")
            .EnumerateArray()
            .Where(queue => queue.GetProperty("name").GetString() == $"dispatch-{connector}")
            .Sum(queue => queue.GetProperty("depth").GetInt64());
}
