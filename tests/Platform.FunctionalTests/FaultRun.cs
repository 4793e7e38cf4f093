using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Testing.Load;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>Load on a platform that something happens to, and what must be true of it afterwards.</summary>
internal sealed class FaultRun(ITestOutputHelper output)
{
    /// <summary>Progress of packs is written every 100 ms; a start of the process, or a database that is busy, may hold one up.</summary>
    private static readonly TimeSpan AcknowledgementsAtRisk = TimeSpan.FromSeconds(2);

    /// <summary>How much longer than in `make test`: CHAOS_SCALE.</summary>
    public static readonly int Scale = int.Parse(Environment.GetEnvironmentVariable("CHAOS_SCALE") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>Loads the gateway until it is stopped, or until as many messages were sent as the options say.</summary>
    public async Task<LoadReport> LoadAsync(RunningPlatform platform, LoadOptions options, CancellationToken stop)
    {
        await using var progress = new StringWriter(CultureInfo.InvariantCulture);
        var report = await LoadRun.RunAsync(
            options with
            {
                Port = platform.SmppPort,
                Window = 50,
                Duration = TimeSpan.FromHours(1),
                ReceiptWait = TimeSpan.FromSeconds(60),
            },
            progress,
            TimeProvider.System,
            stop,
            CancellationToken.None
        );
        output.WriteLine(JsonSerializer.Serialize(report));
        return report;
    }

    /// <summary>Nothing missing, nothing unknown; what the operator got twice is listed; the books balance.</summary>
    public async Task EndsInOrderAsync(
        RunningPlatform platform,
        LoadReport report,
        bool killed,
        bool answersLost = false,
        [CallerMemberName] string test = ""
    )
    {
        Assert.True(report.Accepted > 0);
        Assert.Equal(0, report.Receipts.Unknown);
        Assert.Equal(0, report.RepeatedIds);
        if (report.Receipts.Doubled > 0)
        {
            // A killed gateway takes the acknowledgements with it that it had not written down yet: the customer's last ones, no older.
            Assert.True(killed, $"{report.Receipts.Doubled} receipts doubled although nothing was killed");
            Assert.InRange(report.DoubledBeforeLossMs ?? double.MaxValue, 0, AcknowledgementsAtRisk.TotalMilliseconds);
        }

        var listed = await UncertainAsync(platform);

        // Without a receipt is only what the operator may or may not have: its answer was lost as often as the policy sends it.
        foreach (var id in report.MissingIds)
        {
            var message = await platform.Rest.GetFromJsonAsync<JsonElement>($"v1/messages/{id}");
            Assert.True(
                message.GetProperty("state").GetString() == "uncertain" && listed.ContainsKey(id),
                $"no receipt and not listed: {message}"
            );
        }

        if (!killed && !answersLost)
        {
            Assert.Equal(0, report.Receipts.Missing);
        }

        // What the operator got twice: each copy too many is a listed submit whose answer was lost.
        var operatorStats = await platform.Simulator.GetFromJsonAsync<JsonElement>("stats");
        var doubled = await platform.Simulator.GetFromJsonAsync<JsonElement>("doubled");
        Assert.Equal(operatorStats.GetProperty("doubled").GetInt64(), doubled.GetArrayLength());
        foreach (var copies in doubled.EnumerateArray().GroupBy(message => message.GetProperty("destination").GetString()))
        {
            var found = await platform.Rest.GetFromJsonAsync<JsonElement>($"v1/messages?to={copies.Key}&limit=1000");
            var lost = found
                .GetProperty("items")
                .EnumerateArray()
                .Sum(item => listed.GetValueOrDefault(item.GetProperty("id").GetString()!));
            Assert.True(copies.Count() <= lost, $"the operator got {copies.Count()} copies too many to {copies.Key}, {lost} are listed");
        }

        var stats = await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/stats",
            s =>
                s.GetProperty("total").GetProperty("inFlight").GetInt64() == 0
                && s.GetProperty("total").GetProperty("notYetRecorded").GetInt64() <= 0
        );
        var total = stats.GetProperty("total");
        var ended = total.GetProperty("states").EnumerateObject().Sum(state => state.Value.GetInt64());
        Assert.True(ended >= report.Accepted, $"{ended} messages ended, {report.Accepted} were accepted");

        var came = new FaultReport(
            test,
            Scale,
            report,
            new OperatorSide(
                operatorStats.GetProperty("unique").GetInt64(),
                doubled.GetArrayLength(),
                listed.Count,
                report.Receipts.Missing
            ),
            total
        );
        output.WriteLine(await came.WriteAsync());
    }

    /// <summary>All that <c>/v1/uncertain-submits</c> lists: how many answers were lost of each message.</summary>
    public static async Task<Dictionary<string, int>> UncertainAsync(RunningPlatform platform)
    {
        var listed = new Dictionary<string, int>();
        for (string? after = ""; after is not null; )
        {
            var page = await platform.Rest.GetFromJsonAsync<JsonElement>(
                $"v1/uncertain-submits?limit=1000{(after.Length > 0 ? "&after=" + after : "")}"
            );
            foreach (var item in page.GetProperty("items").EnumerateArray())
            {
                var id = item.GetProperty("id").GetString()!;
                listed[id] = listed.GetValueOrDefault(id) + item.GetProperty("lostAnswers").GetInt32();
            }

            after = page.GetProperty("next").GetString();
        }

        return listed;
    }

    /// <summary>Waits until so many messages, times the scale, were answered OK.</summary>
    public static async Task AcceptedAsync(RunningPlatform platform, long atLeast)
    {
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/stats",
            s => s.GetProperty("total").GetProperty("accepted").GetInt64() >= atLeast * Scale
        );
    }

    /// <summary>Waits until so many more messages than now were answered OK.</summary>
    public static async Task AcceptedMoreAsync(RunningPlatform platform, long more)
    {
        static long Accepted(JsonElement stats) => stats.GetProperty("total").GetProperty("accepted").GetInt64();
        var before = Accepted(await RunningPlatform.UntilAsync(platform.Rest, "v1/stats", _ => true));
        await RunningPlatform.UntilAsync(platform.Rest, "v1/stats", stats => Accepted(stats) >= before + more);
    }

    /// <summary>
    /// The queue's server away for so long, under load: clients are told so in the protocol's words and keep their binds, and what was
    /// answered OK before, meanwhile and afterwards arrives.
    /// </summary>
    public async Task QueueAwayAsync(
        RunningPlatform platform,
        TimeSpan away,
        Func<Task> leave,
        Func<Task> comeBack,
        [CallerMemberName] string test = ""
    )
    {
        using var enough = new CancellationTokenSource();
        var load = LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 300 }, enough.Token);
        await AcceptedMoreAsync(platform, 300);

        await leave();
        await Task.Delay(away);
        await comeBack();

        await AcceptedMoreAsync(platform, 300);
        await enough.CancelAsync();
        var report = await load;
        Assert.Empty(report.Statuses.Keys.Except(["ESME_ROK", "ESME_RMSGQFUL", "ESME_RSYSERR", "ESME_RTHROTTLED"]));
        Assert.Equal(0, report.Reconnects);
        await EndsInOrderAsync(platform, report, killed: false, test: test);
    }

    /// <summary>Changes how the operator behaves.</summary>
    public static async Task ChangeAsync(RunningPlatform platform, string what, object body)
    {
        using var answer = await platform.Simulator.PostAsJsonAsync(what, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
