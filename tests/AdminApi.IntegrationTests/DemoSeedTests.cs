using Microsoft.Extensions.DependencyInjection;
using Persistence.Configuration;
using Persistence.Snapshot;

namespace AdminApi.IntegrationTests;

public sealed class DemoSeedTests
{
    [Fact]
    public async Task The_demo_is_there_before_the_first_request()
    {
        await using var platform = await TestPlatform.StartAsync(demo: true);

        Assert.Equal(
            """{"id":"demo","name":"Demo","enabled":true,"ratePerSecond":null,"burst":null,"creditMode":"none"}""",
            (await platform.Admin.GetJsonAsync("/v1/accounts/demo")).ToJsonString()
        );
        var user = await platform.Admin.GetJsonAsync("/v1/accounts/demo/smpp-users/demo");
        Assert.Equal(1000, user["window"]!.GetValue<int>());
        Assert.Null(user["maxBinds"]);
        Assert.Empty(user["bindTypes"]!.AsArray());
        Assert.Empty(user["allowedIps"]!.AsArray());
        var connector = await platform.Admin.GetJsonAsync("/v1/connectors/simulator");
        Assert.Equal("127.0.0.1", connector["host"].Text());
        Assert.Equal(2776, connector["port"]!.GetValue<int>());
        Assert.Equal(2, connector["binds"]!.GetValue<int>());
        Assert.Equal(500, connector["window"]!.GetValue<int>());
        Assert.Equal("transceiver", connector["bindType"].Text());
        Assert.Null(connector["tps"]);
        var route = await platform.Admin.GetJsonAsync("/v1/routes/default");
        Assert.Equal(1000, route["priority"]!.GetValue<int>());
        Assert.Equal("simulator", route["targets"]![0]!["connector"].Text());
        var snapshot = platform.Services.GetRequiredService<SnapshotSource>().Current;
        Assert.True(PasswordHash.Verify(snapshot.SmppUsers["demo"].PasswordHash, "demo1234"));
        Assert.Equal("simulator", snapshot.Connectors["simulator"].Password);
    }

    [Fact]
    public async Task Seeding_again_changes_nothing()
    {
        await using var platform = await TestPlatform.StartAsync(demo: true);
        using var changed = await platform.Admin.PatchJsonAsync("/v1/connectors/simulator", new { window = 7 });
        using var deleted = await platform.Admin.DeleteAsync("/v1/accounts/demo/smpp-users/demo");
        var before = await platform.Admin.GetJsonAsync("/v1/audit");

        await platform.Services.GetRequiredService<DemoSeed>().SeedAsync(CancellationToken.None);

        Assert.Equal(before.ToJsonString(), (await platform.Admin.GetJsonAsync("/v1/audit")).ToJsonString());
        Assert.Equal(7, (await platform.Admin.GetJsonAsync("/v1/connectors/simulator"))["window"]!.GetValue<int>());
    }

    [Fact]
    public async Task Seeding_from_several_processes_at_once_makes_one_demo()
    {
        await using var platform = await TestPlatform.StartAsync(demo: true);
        // Back to the empty platform, as two processes that start together find it.
        using var user = await platform.Admin.DeleteAsync("/v1/accounts/demo/smpp-users/demo");
        using var account = await platform.Admin.DeleteAsync("/v1/accounts/demo");
        var demo = platform.Services.GetRequiredService<DemoSeed>();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => demo.SeedAsync(CancellationToken.None)));

        Assert.Equal(["demo"], (await platform.Admin.GetJsonAsync("/v1/accounts")).Ids());
    }

    [Fact]
    public async Task Without_being_asked_nothing_is_seeded()
    {
        await using var platform = await TestPlatform.StartAsync();

        Assert.Empty((await platform.Admin.GetJsonAsync("/v1/accounts")).Ids());
        Assert.Empty((await platform.Admin.GetJsonAsync("/v1/connectors")).Ids());
    }
}
