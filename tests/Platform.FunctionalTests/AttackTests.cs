using System.Net.Http.Json;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>
/// Attacks while a good customer works: nothing of its traffic is lost or refused. `make chaos` runs five alternating pairs of 30 s at
/// 1,000/s each, and asks that its p99 stays within a quarter more or 5 ms.
/// </summary>
public sealed class AttackTests(ITestOutputHelper output)
{
    private static readonly bool Full = FaultRun.Scale > 1;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Full ? 30 : 4);

    private int wave;

    [Fact]
    public async Task Slow_loris_sockets_harm_nobody() =>
        await AttackAsync(
            "attack-slow-loris",
            (platform, underWay, stop) => Attackers.SlowLorisAsync(platform.SmppPort, Full ? 5_000 : 300, underWay, stop)
        );

    [Fact]
    public async Task A_flood_of_wrong_passwords_harms_nobody() =>
        await AttackAsync(
            "attack-bind-flood",
            (platform, underWay, stop) =>
                // Within the run of the good customer, whose last second is its own.
                Attackers.BindFloodAsync(platform.SmppPort, Full ? 1_000 : 100, Duration - TimeSpan.FromSeconds(1), wave++, underWay, stop)
        );

    [Fact]
    public async Task An_ESME_that_never_reads_harms_nobody() =>
        await AttackAsync(
            "attack-never-reads",
            (platform, underWay, stop) => Attackers.NeverReadsAsync(platform.SmppPort, "deaf", "deaf1234", underWay, stop)
        );

    private async Task AttackAsync(string name, Func<RunningPlatform, TaskCompletionSource, CancellationToken, Task> attack)
    {
        await using var platform = await RunningPlatform.StartAsync();
        using var created = await platform.Rest.PostAsJsonAsync(
            "v1/accounts/demo/smpp-users",
            new { systemId = "deaf", password = "deaf1234" }
        );
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());

        var pairs = await LatencyPairs.RunAsync(
            platform,
            name,
            pairs: Full ? 5 : 1,
            rate: Full ? 1_000 : 200,
            Duration,
            (underWay, stop) => attack(platform, underWay, stop)
        );

        output.WriteLine(pairs.ToString());
        pairs.NothingWasLostOrRefused();
        if (Full)
        {
            // A customer that was held up sends less, and its latencies look better than they are.
            pairs.TheRateWasKept();
            Assert.True(pairs.ExcessP99 <= 0, pairs.ToString());
        }
    }
}
