using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Testing.Smsc;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>What a connector's settings make of an operator's refusals, of its kinds of bind, and of a change while it is bound.</summary>
[Collection(PlatformTests.Name)]
public sealed class OperatorRulesTests(RunningPlatform platform)
{
    [Fact]
    public async Task What_an_operator_refuses_goes_to_the_routes_next_target_and_has_failed_where_none_is_left()
    {
        await using var first = await StartSmscAsync();
        await using var second = await StartSmscAsync();
        // A status of a vendor's own: permanent by default, and this connector knows better.
        first.Settings = first.Settings with
        {
            Status = "0x00000444",
        };
        await CreateConnectorAsync("first-choice", first, new { errorMap = new Dictionary<string, string> { ["0x444"] = "failover" } });
        await CreateConnectorAsync("second-choice", second, new { errorMap = new Dictionary<string, string> { ["0x444"] = "failover" } });
        await RouteAsync("choices", "885031", "first-choice", "second-choice");

        var taken = await SendAsync("88503100001");
        var delivered = await RunningPlatform.UntilAsync(platform.Rest, $"v1/messages/{taken}", message => StateOf(message) == "delivered");
        Assert.Equal("second-choice", delivered.GetProperty("connector").GetString());
        Assert.Equal((1L, 0, 1), (first.Stats.Refused, first.Stats.Unique, second.Stats.Unique));

        second.Settings = second.Settings with { Status = "0x00000444" };
        var refused = await SendAsync("88503100002");
        var failed = await RunningPlatform.UntilAsync(platform.Rest, $"v1/messages/{refused}", message => StateOf(message) == "failed");
        Assert.Equal("second-choice", failed.GetProperty("connector").GetString());
        Assert.Equal((2L, 1L), (first.Stats.Refused, second.Stats.Refused));
        await StopAsync("first-choice", "second-choice");
    }

    [Fact]
    public async Task A_pair_of_a_transmitter_and_a_receiver_is_one_bind_which_sends_by_one_and_hears_by_the_other()
    {
        await using var ours = await StartSmscAsync(maxBinds: 2);
        await using var others = await NodeOperator.StartAsync();
        await CreateConnectorAsync("pair", ours, new { bindType = "transmitterReceiver", binds = 1 });
        await CreateConnectorAsync("npm-pair", others.Port, "us", "secret", new { bindType = "transmitterReceiver", binds = 1 });
        await RouteAsync("pair", "885032", "pair");
        await RouteAsync("npm-pair", "885033", "npm-pair");
        await UntilAsync(() => ours.Stats.Binds == 2);

        foreach (var to in new[] { "88503200001", "88503300001" })
        {
            var id = await SendAsync(to);
            await RunningPlatform.UntilAsync(platform.Rest, $"v1/messages/{id}", message => StateOf(message) == "delivered");
        }

        Assert.Equal(2, ours.Stats.BindsTotal);
        await StopAsync("pair", "npm-pair");
        await UntilAsync(() => ours.Stats.Binds == 0);
    }

    [Fact]
    public async Task A_connector_whose_password_changes_binds_anew_alone()
    {
        await using var changed = await StartSmscAsync();
        await using var other = await StartSmscAsync();
        await CreateConnectorAsync("changed", changed, new { });
        await CreateConnectorAsync("unchanged", other, new { });
        await UntilAsync(() => (changed.Stats.Binds, other.Stats.Binds) == (1, 1));

        await PatchAsync("changed", new { password = "wrong" });
        await UntilAsync(() => changed.Stats.Binds == 0);
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/binds",
            binds =>
                binds
                    .GetProperty("items")
                    .EnumerateArray()
                    .Any(bind =>
                        bind.TryGetProperty("connector", out var of)
                        && of.GetString() == "changed"
                        && bind.TryGetProperty("lastError", out var error)
                        && error.GetString()?.Contains("InvPaswd", StringComparison.Ordinal) == true
                    )
        );

        await PatchAsync("changed", new { password = "simulator" });
        await UntilAsync(() => changed.Stats.Binds == 1);
        Assert.Equal((2L, 1L, 1), (changed.Stats.BindsTotal, other.Stats.BindsTotal, other.Stats.Binds));
        await StopAsync("changed", "unchanged");
    }

    [Fact]
    public async Task While_the_database_is_away_a_strict_connector_unbinds_before_its_lease_ends_and_a_lenient_one_stays()
    {
        await using var strict = await StartSmscAsync();
        await using var lenient = await StartSmscAsync();
        await CreateConnectorAsync("strict", strict, new { overlap = "strict" });
        await CreateConnectorAsync("lenient", lenient, new { overlap = "lenient" });
        await UntilAsync(() => (strict.Stats.Binds, lenient.Stats.Binds) == (1, 1));

        var away = TimeProvider.System.GetTimestamp();
        await platform.FreezeAsync("postgres", frozen: true);
        try
        {
            await UntilAsync(() => strict.Stats.Binds == 0);
            // A lease lasts 12 s from its last renewal.
            Assert.InRange(TimeProvider.System.GetElapsedTime(away), TimeSpan.Zero, TimeSpan.FromSeconds(13));
        }
        finally
        {
            await platform.FreezeAsync("postgres", frozen: false);
        }

        await UntilAsync(() => strict.Stats.Binds == 1);
        Assert.Equal((2L, 1L), (strict.Stats.BindsTotal, lenient.Stats.BindsTotal));
        await StopAsync("strict", "lenient");
    }

    private static Task<SmscSimulator> StartSmscAsync(int maxBinds = 1) =>
        SmscSimulator.StartAsync(new SmscOptions { Port = 0, MaxBinds = maxBinds }, NullLogger.Instance, TimeProvider.System);

    private Task CreateConnectorAsync(string id, SmscSimulator smsc, object settings) =>
        CreateConnectorAsync(id, smsc.EndPoint.Port, "simulator", "simulator", settings);

    private async Task CreateConnectorAsync(string id, int port, string systemId, string password, object settings)
    {
        var document = JsonSerializer.SerializeToNode(settings)!.AsObject();
        document["id"] = id;
        document["operator"] = id;
        document["host"] = "127.0.0.1";
        document["port"] = port;
        document["systemId"] = systemId;
        document["password"] = password;
        using var answer = await platform.Rest.PostAsJsonAsync("v1/connectors", document);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task RouteAsync(string id, string prefix, params string[] connectors)
    {
        using var answer = await platform.Rest.PostAsJsonAsync(
            "v1/routes",
            new
            {
                id,
                priority = 1,
                match = new { destinationPrefix = new[] { prefix } },
                targets = connectors.Select(connector => new { connector }),
                strategy = "failover",
            }
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task PatchAsync(string connector, object changes)
    {
        using var answer = await platform.Rest.PatchAsJsonAsync($"v1/connectors/{connector}", changes);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The operator is about to be gone: nothing is to try it again and again beside the next test.</summary>
    private async Task StopAsync(params string[] connectors)
    {
        foreach (var connector in connectors)
        {
            using var answer = await platform.Rest.PostAsync(new Uri($"v1/connectors/{connector}:stop", UriKind.Relative), null);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }

        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/binds",
            binds =>
                !binds
                    .GetProperty("items")
                    .EnumerateArray()
                    .Any(bind =>
                        bind.TryGetProperty("connector", out var of)
                        && connectors.Contains(of.GetString())
                        && bind.GetProperty("bound").GetBoolean()
                    )
        );
    }

    private async Task<string> SendAsync(string to)
    {
        using var answer = await platform.Rest.PostAsJsonAsync(
            "v1/messages",
            new
            {
                account = "demo",
                from = "PLATFORM",
                to,
                text = "by the rules",
            }
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static string? StateOf(JsonElement message) => message.GetProperty("state").GetString();

    /// <summary>The simulator's counters have no event; the next look is soon.</summary>
    private static async Task UntilAsync(Func<bool> wanted)
    {
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        while (!wanted())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), deadline.Token);
        }
    }
}
