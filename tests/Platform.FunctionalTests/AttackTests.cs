using System.Globalization;
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
    private static readonly bool Full =
        int.Parse(Environment.GetEnvironmentVariable("CHAOS_SCALE") ?? "1", CultureInfo.InvariantCulture) > 1;

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
            (platform, underWay, stop) => Attackers.BindFloodAsync(platform.SmppPort, Full ? 1_000 : 100, underWay, stop)
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
            TimeSpan.FromSeconds(Full ? 30 : 4),
            (underWay, stop) => attack(platform, underWay, stop)
        );

        output.WriteLine(pairs.ToString());
        pairs.NothingWasLostOrRefused();
        if (Full)
        {
            Assert.True(pairs.DisturbedP99 <= pairs.AllowedP99, pairs.ToString());
        }
    }
}
