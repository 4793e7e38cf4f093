using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Testing.Load;
using Testing.Smsc;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>
/// Worker processes against operators that allow so many binds and so many messages a second, and no more. `make test` runs these short and
/// asserts limits and losses; `make chaos` runs them CHAOS_SCALE times as long.
/// </summary>
public sealed class OperatorBindTests(ITestOutputHelper output)
{
    private static readonly TimeSpan TakenOverWithin = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_connector_keeps_to_its_parts_a_second_whatever_the_number_of_workers(int workerCount)
    {
        const int tps = 50;
        await using var smsc = await StartSmscAsync(maxBinds: 4);
        await using var platform = await StartPlatformAsync();
        await AddConnectorAsync(platform, "paced", smsc, binds: 4, tps);
        await RouteToAsync(platform, "paced");
        var workers = new List<WorkerProcess>();
        try
        {
            for (var i = 0; i < workerCount; i++)
            {
                workers.Add(await WorkerProcess.StartAsync(platform, $"worker-{i}"));
            }

            // In `make test` binds move from one worker to another while it goes on: a few parts less each time, and never one more.
            await BoundAsync(platform, "paced", 4);
            if (FaultRun.Scale > 1)
            {
                await SpreadAsync(platform, workerCount);
            }

            var report = await LoadAsync(platform, new LoadOptions { Messages = FaultRun.Scale == 1 ? 1250 : 10_000 });

            Assert.Equal((0, 0), (report.Receipts.Missing, report.Receipts.Doubled));
            var seconds = smsc.Seconds;
            var windows = Windows(seconds, 10).ToList();
            output.WriteLine($"{workerCount} workers: parts in any 10 s {windows.Min()} to {windows.Max()}; {Text(seconds)}");
            Assert.All(windows, parts => Assert.InRange(parts, FaultRun.Scale == 1 ? 0 : (tps * 10) - 10, (tps * 10) + 10));
        }
        finally
        {
            await DisposeAsync(workers);
        }
    }

    [Fact]
    public async Task An_operator_that_throttles_is_offered_at_most_a_fifth_more_than_it_takes()
    {
        const int allowed = 20;
        var during = TimeSpan.FromSeconds(FaultRun.Scale == 1 ? 25 : 120);
        await using var smsc = await StartSmscAsync(maxBinds: 2);
        await using var platform = await StartPlatformAsync();
        smsc.Settings = smsc.Settings with { Tps = allowed };
        await AddConnectorAsync(platform, "throttled", smsc, binds: 2, tps: 50);
        await RouteToAsync(platform, "throttled");
        await using var first = await WorkerProcess.StartAsync(platform, "worker-0");
        await using var second = await WorkerProcess.StartAsync(platform, "worker-1");
        await BoundAsync(platform, "throttled", 2);
        using var enough = new CancellationTokenSource();
        var load = LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 40 }, enough.Token);
        while (smsc.Seconds.Count == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        await Task.Delay(during);
        var seconds = smsc.Seconds.Where(second => second.At < smsc.Seconds[0].At + (int)during.TotalSeconds).ToList();
        smsc.Settings = smsc.Settings with { Tps = 0 };
        await enough.CancelAsync();
        var report = await load;

        output.WriteLine(Text(seconds));
        Assert.Equal((0, 0), (report.Receipts.Missing, report.Receipts.Doubled));
        Assert.InRange(seconds.Sum(second => second.Offered), 1, 1.2 * allowed * during.TotalSeconds);
        Assert.InRange(seconds.Sum(second => second.Offered - second.Throttled), 0.5 * allowed * during.TotalSeconds, double.MaxValue);
    }

    [Fact]
    public async Task Workers_killed_frozen_and_restarted_never_bind_once_too_often_and_lose_nothing()
    {
        var random = new Random(7);
        var connectors = FaultRun.Scale == 1 ? 4 : 10;
        var rounds = FaultRun.Scale == 1 ? 3 : 20;
        var operators = new List<SmscSimulator>();
        await using var platform = await StartPlatformAsync();
        var workers = new List<WorkerProcess>();
        try
        {
            var names = new List<string>();
            for (var i = 0; i < connectors; i++)
            {
                operators.Add(await StartSmscAsync(maxBinds: 1 + (i % 4)));
                names.Add($"operator-{i}");
                await AddConnectorAsync(platform, names[i], operators[i], binds: 1 + (i % 4), tps: null);
            }

            await RouteToAsync(platform, [.. names]);
            for (var i = 0; i < 3; i++)
            {
                workers.Add(await WorkerProcess.StartAsync(platform, $"worker-{i}"));
            }

            await LongestWithoutABindAsync(Task.CompletedTask);
            await SpreadAsync(platform, workers.Count);
            using var enough = new CancellationTokenSource();
            var load = LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 150 }, enough.Token);
            for (var round = 0; round < rounds; round++)
            {
                var worker = workers[random.Next(workers.Count)];
                // In `make test` one of each.
                var (what, happening) = (FaultRun.Scale == 1 ? round : random.Next(3)) switch
                {
                    0 => ("killed", worker.KillAsync()),
                    1 => ("restarted", RestartAsync(worker)),
                    _ => ("frozen", worker.FreezeAsync(TimeSpan.FromSeconds(FaultRun.Scale == 1 ? 20 : 60))),
                };
                var longest = await LongestWithoutABindAsync(happening);
                output.WriteLine(
                    $"round {round}: a worker {what}; an operator lacked one of its binds for {longest.TotalSeconds:0.0} s at most"
                );
                if (FaultRun.Scale > 1)
                {
                    Assert.InRange(longest, TimeSpan.Zero, TakenOverWithin);
                }
            }

            await enough.CancelAsync();
            var report = await load;
            Assert.True(report.Accepted > 0);
            await EndsInOrderAsync(platform, report, operators);
            for (var i = 0; i < connectors; i++)
            {
                Assert.InRange(operators[i].Stats.BindsMax, 1, 1 + (i % 4));
            }
        }
        finally
        {
            await DisposeAsync(workers);
            foreach (var one in operators)
            {
                await one.DisposeAsync();
            }
        }

        static async Task RestartAsync(WorkerProcess worker) => Assert.Equal(0, await worker.RestartAsync());

        // From the moment in which an operator lost one (by a kill: at once; by a freeze: when the operator lets go of the silent session) until
        // it has all of them again, whoever holds them. Over when all are there and what was to happen has happened.
        async Task<TimeSpan> LongestWithoutABindAsync(Task happening)
        {
            var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
            var longest = TimeSpan.Zero;
            var since = new long?[connectors];
            // A minute of it may be the freeze.
            using var deadline = new CancellationTokenSource(2 * RunningPlatform.Patience);
            operators.ForEach(one => one.BindsChanged += Tell);
            try
            {
                var happened = TellWhenItHappenedAsync();
                while (!LookAtAll() || !happening.IsCompleted)
                {
                    await changes.Reader.ReadAsync(deadline.Token);
                }

                await happened;
                return longest;
            }
            finally
            {
                operators.ForEach(one => one.BindsChanged -= Tell);
            }

            void Tell() => changes.Writer.TryWrite(true);

            async Task TellWhenItHappenedAsync()
            {
                try
                {
                    await happening;
                }
                finally
                {
                    Tell();
                }
            }

            bool LookAtAll()
            {
                var now = TimeProvider.System.GetTimestamp();
                for (var i = 0; i < connectors; i++)
                {
                    if (operators[i].Stats.Binds != 1 + (i % 4))
                    {
                        since[i] ??= now;
                    }
                    else if (since[i] is { } lost)
                    {
                        var lacked = TimeProvider.System.GetElapsedTime(lost, now);
                        longest = lacked > longest ? lacked : longest;
                        since[i] = null;
                    }
                }

                return Array.TrueForAll(since, lost => lost is null);
            }
        }
    }

    [Fact]
    public async Task A_stopped_connector_unbinds_and_takes_nothing_until_it_is_started_again()
    {
        await using var smsc = await StartSmscAsync(maxBinds: 2);
        await using var platform = await StartPlatformAsync();
        await AddConnectorAsync(platform, "stopped", smsc, binds: 2, tps: null);
        await RouteToAsync(platform, "stopped");
        await using var worker = await WorkerProcess.StartAsync(platform, "worker-0");
        await BoundAsync(platform, "stopped", 2);

        await PostAsync(platform, "v1/connectors/stopped:stop");
        await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", binds => Bound(binds, "stopped") == 0);
        var load = LoadAsync(platform, new LoadOptions { Messages = 100 });
        var queued = await RunningPlatform.UntilAsync(platform.Rest, "v1/queues", queues => Ready(queues) == 100);
        Assert.Equal(0, smsc.Stats.Submits);
        Assert.Equal(0, Queue(queued).GetProperty("inFlight").GetInt64());

        await PostAsync(platform, "v1/connectors/stopped:start");
        var report = await load;
        Assert.Equal((100L, 0L), (report.Accepted, report.Receipts.Missing));
        Assert.Equal(100, smsc.Stats.Unique);

        static JsonElement Queue(JsonElement queues) =>
            queues.GetProperty("items").EnumerateArray().Single(queue => queue.GetProperty("name").GetString() == "dispatch-stopped");

        static long Ready(JsonElement queues) => Queue(queues).GetProperty("ready").GetInt64();
    }

    [Fact]
    public async Task Urgent_messages_overtake_a_backlog_which_goes_on_at_a_tenth_of_the_pace()
    {
        await using var smsc = await StartSmscAsync(maxBinds: 1);
        await using var platform = await StartPlatformAsync();
        await AddConnectorAsync(platform, "lanes", smsc, binds: 1, tps: 20);
        await RouteToAsync(platform, "lanes");
        await PostAsync(platform, "v1/connectors/lanes:stop");
        await SendAsync(platform, 200, priority: 0);
        await SendAsync(platform, 200, priority: 1);
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/queues",
            queues => Depth(queues, "dispatch-lanes") + Depth(queues, "dispatch-lanes-high") == 400
        );

        await using var worker = await WorkerProcess.StartAsync(platform, "worker-0");
        await PostAsync(platform, "v1/connectors/lanes:start");
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        while (smsc.Stats.Unique < 100)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), deadline.Token);
        }

        var first = smsc.Messages().Reverse().Take(100).ToList();
        Assert.InRange(first.Count(message => message.Destination.StartsWith("49170000", StringComparison.Ordinal)), 5, 20);

        static long Depth(JsonElement queues, string name) =>
            queues
                .GetProperty("items")
                .EnumerateArray()
                .Single(queue => queue.GetProperty("name").GetString() == name)
                .GetProperty("depth")
                .GetInt64();
    }

    private static async Task SendAsync(RunningPlatform platform, int count, int priority)
    {
        using var answer = await platform.Rest.PostAsJsonAsync(
            "v1/messages",
            new
            {
                account = "demo",
                to = Enumerable.Range(0, count).Select(i => $"4917{priority}000{i:0000}").ToArray(),
                from = "12345",
                text = "lanes",
                priority,
            }
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The platform holds no connector itself: the worker processes do.</summary>
    private static Task<RunningPlatform> StartPlatformAsync() =>
        RunningPlatform.StartAsync(("PLATFORM_QUEUE", "postgres"), ("PLATFORM_CONNECTORS", "nobody"));

    /// <summary>It lets go of a frozen peer's session soon: an operator's own time for that is no matter of ours.</summary>
    private static Task<SmscSimulator> StartSmscAsync(int maxBinds) =>
        SmscSimulator.StartAsync(
            new SmscOptions
            {
                Port = 0,
                MaxBinds = maxBinds,
                Session = new SmppSessionOptions
                {
                    MaxInFlightRequests = 2000,
                    Window = 100,
                    EnquireLinkInterval = TimeSpan.FromSeconds(3),
                    EnquireLinkTimeout = TimeSpan.FromSeconds(3),
                },
            },
            NullLogger.Instance,
            TimeProvider.System
        );

    private static async Task AddConnectorAsync(RunningPlatform platform, string id, SmscSimulator smsc, int binds, int? tps)
    {
        using var answer = await platform.Rest.PostAsJsonAsync(
            "v1/connectors",
            new
            {
                id,
                @operator = id,
                host = "127.0.0.1",
                port = smsc.EndPoint.Port,
                systemId = "simulator",
                password = "simulator",
                binds,
                window = 50,
                tps,
            }
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task RouteToAsync(RunningPlatform platform, params string[] connectors)
    {
        using var answer = await platform.Rest.PostAsJsonAsync(
            "v1/routes",
            new
            {
                id = "to-operators",
                priority = 1,
                match = new { },
                targets = connectors.Select(connector => new { connector, weight = 1 }),
                strategy = "weighted",
            }
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task PostAsync(RunningPlatform platform, string path)
    {
        using var answer = await platform.Rest.PostAsync(new Uri(path, UriKind.Relative), null);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task BoundAsync(RunningPlatform platform, string connector, int binds) =>
        await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", found => Bound(found, connector) == binds);

    /// <summary>Waits until all binds are bound and no worker has more of a connector than its even share.</summary>
    private static async Task SpreadAsync(RunningPlatform platform, int workers) =>
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/binds",
            found =>
                found
                    .GetProperty("items")
                    .EnumerateArray()
                    .Where(bind => bind.TryGetProperty("connector", out var of) && of.ValueKind == JsonValueKind.String)
                    .GroupBy(bind => bind.GetProperty("connector").GetString())
                    .All(binds =>
                        binds.All(bind => bind.GetProperty("bound").GetBoolean())
                        && binds
                            .GroupBy(bind => bind.GetProperty("holder").GetGuid())
                            .All(held => held.Count() <= (binds.Count() + workers - 1) / workers)
                    )
        );

    private static int Bound(JsonElement binds, string connector) =>
        binds
            .GetProperty("items")
            .EnumerateArray()
            .Count(bind =>
                bind.TryGetProperty("connector", out var of) && of.GetString() == connector && bind.GetProperty("bound").GetBoolean()
            );

    private static Task<LoadReport> LoadAsync(RunningPlatform platform, LoadOptions options, CancellationToken stop = default) =>
        LoadRun.RunAsync(
            options with
            {
                Port = platform.SmppPort,
                Duration = options.Messages == 0 ? TimeSpan.FromHours(1) : TimeSpan.Zero,
                ReceiptWait = TimeSpan.FromMinutes(5),
            },
            TextWriter.Null,
            TimeProvider.System,
            stop,
            CancellationToken.None
        );

    /// <summary>Sums over every so many seconds after the first so many and before the last.</summary>
    private static IEnumerable<int> Windows(IReadOnlyList<SmscSecond> seconds, int length)
    {
        var by = seconds.ToDictionary(second => second.At, second => second.Offered);
        for (var from = seconds[0].At + length; from + length <= seconds[^1].At; from++)
        {
            yield return Enumerable.Range(0, length).Sum(i => by.GetValueOrDefault(from + i));
        }
    }

    private static string Text(IEnumerable<SmscSecond> seconds) =>
        string.Join(' ', seconds.Select(second => second.Throttled > 0 ? $"{second.Offered}-{second.Throttled}" : $"{second.Offered}"));

    /// <summary>Nothing is missing but what is uncertain and listed; what came twice is listed too.</summary>
    private async Task EndsInOrderAsync(RunningPlatform platform, LoadReport report, List<SmscSimulator> operators)
    {
        var listed = await FaultRun.UncertainAsync(platform);
        var doubled = operators.Sum(one => one.Stats.Doubled);
        output.WriteLine(
            $"{report.Accepted} accepted, {report.Receipts.Missing} receipts missing, {doubled} sent twice, {listed.Count} listed as uncertain"
        );
        Assert.All(report.MissingIds, id => Assert.Contains(id, listed.Keys));
        // Each copy too many is of a listed message, and one of its lost answers.
        Assert.InRange(doubled, 0, listed.Values.Sum());
        Assert.Equal(0, report.Receipts.Unknown);
        var total = await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/stats",
            s => s.GetProperty("total").GetProperty("inFlight").GetInt64() == 0
        );
        Assert.True(total.GetProperty("total").GetProperty("notYetRecorded").GetInt64() <= 0, total.ToString());
    }

    private static async Task DisposeAsync(List<WorkerProcess> workers)
    {
        foreach (var worker in workers)
        {
            await worker.DisposeAsync();
        }
    }
}
