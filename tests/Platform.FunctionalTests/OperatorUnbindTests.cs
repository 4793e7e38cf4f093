using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Testing.Load;
using Testing.Smsc;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>`POST /v1/binds/{id}:unbind` of a bind to an operator.</summary>
public sealed class OperatorUnbindTests
{
    [Fact]
    public async Task An_operators_bind_that_is_told_to_unbinds_in_order_under_load_and_binds_again_while_its_neighbour_stays()
    {
        await using var smsc = await SmscSimulator.StartAsync(
            new SmscOptions { Port = 0, MaxBinds = 2 },
            NullLogger.Instance,
            TimeProvider.System
        );
        await using var platform = await RunningPlatform.StartAsync(("PLATFORM_QUEUE", "postgres"));
        await PostAsync(
            platform,
            "v1/connectors",
            new
            {
                id = "told",
                @operator = "told",
                host = "127.0.0.1",
                port = smsc.EndPoint.Port,
                systemId = "simulator",
                password = "simulator",
                binds = 2,
            }
        );
        await PostAsync(
            platform,
            "v1/routes",
            new
            {
                id = "to-told",
                priority = 1,
                match = new { },
                targets = new[] { new { connector = "told", weight = 1 } },
                strategy = "failover",
            }
        );
        var before = await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", binds => Bound(binds) == 2);
        using var enough = new CancellationTokenSource();
        var load = LoadRun.RunAsync(
            new LoadOptions
            {
                Port = platform.SmppPort,
                Messages = 0,
                Rate = 50,
                Duration = TimeSpan.FromHours(1),
                ReceiptWait = TimeSpan.FromMinutes(1),
            },
            TextWriter.Null,
            TimeProvider.System,
            enough.Token,
            CancellationToken.None
        );
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/stats",
            stats => stats.GetProperty("total").GetProperty("delivered").GetInt64() > 0
        );

        using (var told = await platform.Rest.PostAsync(new Uri("v1/binds/told-0:unbind", UriKind.Relative), null))
        {
            Assert.Equal(HttpStatusCode.Accepted, told.StatusCode);
        }

        var after = await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/binds",
            binds =>
                smsc.Stats.BindsTotal == 3
                && Bound(binds) == 2
                && Slot(binds, 0).GetProperty("stateAt").GetDateTimeOffset() > StateAt(before, 0)
        );
        await enough.CancelAsync();
        var report = await load;

        Assert.Contains("Unbound", Slot(after, 0).GetProperty("lastError").GetString(), StringComparison.Ordinal);
        Assert.Equal(Slot(before, 0).GetProperty("fence").GetInt64(), Slot(after, 0).GetProperty("fence").GetInt64());
        Assert.Equal(StateAt(before, 1), StateAt(after, 1));
        Assert.Equal((0L, 0L, 0L), (report.Receipts.Missing, report.Receipts.Doubled, smsc.Stats.Doubled));
        var audit = await platform.Rest.GetFromJsonAsync<JsonElement>("v1/audit?entity=operator-bind");
        var entry = Assert.Single(audit.GetProperty("items").EnumerateArray());
        Assert.Equal(("unbound", "told-0"), (entry.GetProperty("action").GetString(), entry.GetProperty("entityId").GetString()));
    }

    private static async Task PostAsync(RunningPlatform platform, string path, object document)
    {
        using var answer = await platform.Rest.PostAsJsonAsync(path, document);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static IEnumerable<JsonElement> Slots(JsonElement binds) =>
        binds.GetProperty("items").EnumerateArray().Where(bind => bind.TryGetProperty("connector", out var of) && of.GetString() == "told");

    private static JsonElement Slot(JsonElement binds, int slot) =>
        Slots(binds).Single(bind => bind.GetProperty("slot").GetInt32() == slot);

    private static DateTimeOffset StateAt(JsonElement binds, int slot) => Slot(binds, slot).GetProperty("stateAt").GetDateTimeOffset();

    private static int Bound(JsonElement binds) => Slots(binds).Count(bind => bind.GetProperty("bound").GetBoolean());
}
