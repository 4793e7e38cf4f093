using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Testing;
using Testing.Load;
using Testing.Smsc;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>
/// A worker's link that dies without a word. `make test` runs it with short timers; `make chaos` with those that a connector has by default,
/// which find it within a minute.
/// </summary>
public sealed class OperatorLinkTests(ITestOutputHelper output)
{
    private const int Rate = 100;
    private const int Window = 50;

    private static readonly bool Full = FaultRun.Scale > 1;

    /// <summary>enquire_link after so much silence, its answer, the ticks of both, and the report of the bind.</summary>
    private static readonly TimeSpan FoundWithin = TimeSpan.FromSeconds(Full ? 60 : 12);

    [Fact]
    public async Task A_link_that_went_silent_is_found_and_its_traffic_goes_over_the_other_bind()
    {
        await using var smsc = await SmscSimulator.StartAsync(
            new SmscOptions
            {
                Port = 0,
                MaxBinds = 2,
                Session = new SmppSessionOptions
                {
                    MaxInFlightRequests = 2000,
                    Window = 100,
                    // The operator has to miss the old bind, too, before it lets the new one in.
                    EnquireLinkInterval = TimeSpan.FromSeconds(Full ? 30 : 3),
                    EnquireLinkTimeout = TimeSpan.FromSeconds(Full ? 15 : 3),
                    ResponseTimeout = TimeSpan.FromSeconds(Full ? 30 : 5),
                },
            },
            NullLogger.Instance,
            TimeProvider.System
        );
        await using var proxy = TcpProxy.Start(smsc.EndPoint.Port);
        await using var platform = await RunningPlatform.StartAsync(("PLATFORM_QUEUE", "postgres"), ("PLATFORM_CONNECTORS", "nobody"));
        await AddConnectorAsync(platform, proxy.Port);
        await using var worker = await WorkerProcess.StartAsync(
            platform,
            "worker-0",
            Full ? [] : [("Workers__EnquireLinkTimeout", "00:00:03")]
        );
        await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", binds => Bound(binds) == 2);

        using var enough = new CancellationTokenSource();
        var load = LoadRun.RunAsync(
            new LoadOptions
            {
                Port = platform.SmppPort,
                Messages = 0,
                Rate = Rate,
                Duration = TimeSpan.FromHours(1),
                ReceiptWait = TimeSpan.FromMinutes(2),
            },
            TextWriter.Null,
            TimeProvider.System,
            enough.Token,
            CancellationToken.None
        );
        await UniqueAsync(smsc, 2 * Rate);

        proxy.SilenceOldest();
        var silentAt = TimeProvider.System.GetTimestamp();
        var before = smsc.Stats.Unique;
        await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", binds => LastErrors(binds).Contains("EnquireLinkTimeout"));
        var found = TimeProvider.System.GetElapsedTime(silentAt);
        var meanwhile = smsc.Stats.Unique - before;
        await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", binds => Bound(binds) == 2);
        var whole = TimeProvider.System.GetElapsedTime(silentAt);
        await enough.CancelAsync();
        var report = await load;

        var listed = (await FaultRun.UncertainAsync(platform)).Count;
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"found after {found.TotalSeconds:0.0} s, {meanwhile} messages meanwhile at {Rate}/s; bound again after {whole.TotalSeconds:0.0} s; {report.Accepted} accepted, {report.Receipts.Missing} receipts missing, {smsc.Stats.Doubled} sent twice, {listed} listed"
            )
        );
        Assert.InRange(found, TimeSpan.Zero, FoundWithin);
        // All but what its window held when it fell silent, and what is on its way.
        Assert.InRange(meanwhile, (Rate * found.TotalSeconds * 0.8) - (2 * Window), double.MaxValue);
        Assert.Equal((0, 0), (report.Receipts.Missing, report.Receipts.Unknown));
        Assert.InRange(listed, 1, 2 * Window);
        Assert.InRange(smsc.Stats.Doubled, 0, listed);
        Assert.InRange(smsc.Stats.BindsMax, 2, 2);
    }

    private static async Task AddConnectorAsync(RunningPlatform platform, int port)
    {
        var connector = new Dictionary<string, object>
        {
            ["id"] = "silent",
            ["operator"] = "silent",
            ["host"] = "127.0.0.1",
            ["port"] = port,
            ["systemId"] = "simulator",
            ["password"] = "simulator",
            ["binds"] = 2,
            ["window"] = Window,
        };
        if (!Full)
        {
            connector["enquireLinkSeconds"] = 3;
        }

        using var added = await platform.Rest.PostAsJsonAsync("v1/connectors", connector);
        Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync());
        using var routed = await platform.Rest.PostAsJsonAsync(
            "v1/routes",
            new
            {
                id = "to-silent",
                priority = 1,
                match = new { },
                targets = new[] { new { connector = "silent", weight = 1 } },
                strategy = "failover",
            }
        );
        Assert.True(routed.IsSuccessStatusCode, await routed.Content.ReadAsStringAsync());
    }

    private static async Task UniqueAsync(SmscSimulator smsc, int count)
    {
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        while (smsc.Stats.Unique < count)
        {
            // The simulator's counters have no event; the next look is soon.
            await Task.Delay(TimeSpan.FromMilliseconds(50), deadline.Token);
        }
    }

    private static IEnumerable<JsonElement> Slots(JsonElement binds) =>
        binds
            .GetProperty("items")
            .EnumerateArray()
            .Where(bind => bind.TryGetProperty("connector", out var of) && of.GetString() == "silent");

    private static int Bound(JsonElement binds) => Slots(binds).Count(bind => bind.GetProperty("bound").GetBoolean());

    private static string LastErrors(JsonElement binds) =>
        string.Join(' ', Slots(binds).Select(bind => bind.TryGetProperty("lastError", out var error) ? error.GetString() : null));
}
