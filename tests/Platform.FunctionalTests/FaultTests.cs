using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Testing.Load;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>
/// Faults under load: whatever was answered OK ends in one final state with one receipt. `make test` runs these short; `make chaos`
/// runs the same with CHAOS_SCALE times the messages and the seconds.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    private static readonly int Scale = FaultRun.Scale;

    private readonly FaultRun run = new(output);

    /// <summary>The points at which a process is killed: ServiceDefaults.FaultPoints, in the order of a message's way (Architecture.Tests compares).</summary>
    private static readonly string[] Points =
    [
        "accepted-before-answer",
        "recorded-before-dispatch",
        "dispatched-before-settle",
        "claimed-before-write",
        "submitted-before-answer",
        "answered-before-outcome",
        "outcome-before-event",
        "event-before-settle",
        "scheduled-before-settle",
        "due-before-removal",
        "receipt-before-answer",
        "finished-before-commit",
        "committed-before-settle",
        "leased-before-delivery",
        "delivered-before-removal",
        "inbound-before-answer",
        "inbound-before-settle",
    ];

    [Fact]
    public async Task Killed_between_any_two_steps_nothing_answered_OK_is_lost_and_what_was_sent_twice_is_listed()
    {
        // Every retry waits as a row, so that those steps are passed too; one submit of ten is refused for now.
        await using var platform = await RunningPlatform.StartAsync(
            ("Workers__LongestQueueDelay", "00:00:00"),
            ("Workers__Retry__First", "00:00:01")
        );
        await FaultRun.ChangeAsync(platform, "settings", new { status = "SysErr", statusEvery = 10 });
        using var enough = new CancellationTokenSource();
        var load = run.LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 300 }, enough.Token);
        var inbound = SendInboundAsync(platform, enough.Token);

        await FaultRun.AcceptedAsync(platform, 300);
        var first = platform.Pid("standalone");
        await platform.SignalAsync("standalone", "KILL");
        await RunningPlatform.GoneAsync(first);
        foreach (var point in Points)
        {
            // Starts, works, and ends itself at the point, some messages later.
            await platform.UpAsync($"{point}:{7 * Scale}");
            await RunningPlatform.GoneAsync(platform.Pid("standalone"));
        }

        await platform.UpAsync();
        await enough.CancelAsync();
        var report = await load;
        await run.EndsInOrderAsync(platform, report, killed: true);

        // What the operator was told OK for is kept; a repeated deliver_sm may be kept twice.
        var acknowledged = await inbound;
        Assert.NotEmpty(acknowledged);
        Assert.Empty(acknowledged.Except(await KeptInboundAsync(platform)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_database_frozen_or_stopped_under_load_loses_nothing_and_clients_go_on_by_themselves(bool frozen)
    {
        await using var platform = await RunningPlatform.StartAsync();
        using var enough = new CancellationTokenSource();
        var load = run.LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 300 }, enough.Token);
        await FaultRun.AcceptedAsync(platform, 300);

        // `make test`: longer than clients' submits wait for their answers (10 s), or there is nothing to see. `make chaos`: 20 s.
        if (frozen)
        {
            await platform.FreezeAsync("postgres", frozen: true);
        }
        else
        {
            await platform.SignalAsync("postgres", "INT");
        }

        await Task.Delay(TimeSpan.FromSeconds(Scale == 1 ? 12 : 20));
        if (frozen)
        {
            await platform.FreezeAsync("postgres", frozen: false);
        }
        else
        {
            await platform.UpAsync();
        }

        await FaultRun.AcceptedAsync(platform, 900);
        await enough.CancelAsync();
        var report = await load;
        // Clients were told, in the protocol's words, and nobody was thrown out.
        Assert.True(
            report.Statuses.Keys.Any(status => status is "ESME_RMSGQFUL" or "ESME_RSYSERR"),
            string.Join(", ", report.Statuses.Keys)
        );
        Assert.Empty(report.Statuses.Keys.Except(["ESME_ROK", "ESME_RMSGQFUL", "ESME_RSYSERR"]));
        Assert.Equal(0, report.Reconnects);
        await run.EndsInOrderAsync(platform, report, killed: false, test: frozen ? "The_database_frozen" : "The_database_stopped");
        var operatorStats = await platform.Simulator.GetFromJsonAsync<JsonElement>("stats");
        Assert.Equal(2, operatorStats.GetProperty("binds").GetInt32());
        Assert.Equal(2, operatorStats.GetProperty("bindsTotal").GetInt32());
    }

    [Fact]
    public async Task An_operator_that_drops_its_binds_refuses_answers_late_and_never_is_accounted_for_to_the_last_message()
    {
        await using var platform = await RunningPlatform.StartAsync();
        using var enough = new CancellationTokenSource();
        var load = run.LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 300 }, enough.Token);
        await FaultRun.AcceptedAsync(platform, 300);

        await FaultRun.ChangeAsync(platform, "drop", new { });
        await FaultRun.AcceptedAsync(platform, 600);
        await FaultRun.ChangeAsync(platform, "settings", new { status = "Throttled" });
        await Task.Delay(TimeSpan.FromSeconds(2 * Scale));
        await FaultRun.ChangeAsync(platform, "settings", new { status = "Ok", responseDelay = 1500 });
        await FaultRun.AcceptedAsync(platform, 900);
        // Not answered at all: the link is cut before the answers' time is up, and their submits are uncertain.
        await FaultRun.ChangeAsync(platform, "settings", new { responseDelay = 0, silent = true });
        await Task.Delay(TimeSpan.FromSeconds(1 * Scale));
        await FaultRun.ChangeAsync(platform, "settings", new { silent = false });
        await FaultRun.ChangeAsync(platform, "drop", new { });
        await FaultRun.AcceptedAsync(platform, 1200);

        await enough.CancelAsync();
        await run.EndsInOrderAsync(platform, await load, killed: false, answersLost: true);
    }

    /// <summary>RabbitMQ is killed in `make chaos` alone: a single node takes its time to be whole again.</summary>
    public static TheoryData<string> Servers => Scale == 1 ? ["sqs"] : ["sqs", "amqp"];

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task On_a_queue_with_a_server_of_its_own_killed_under_load_nothing_answered_OK_is_lost(string queue)
    {
        // The stand-in for SQS keeps its messages in memory and serves all tests; the RabbitMQ is this platform's own.
        var endpoint = queue == "sqs" ? Environment.GetEnvironmentVariable("PLATFORM_TEST_SQS") : "";
        Assert.NotNull(endpoint);
        await using var platform = await RunningPlatform.StartAsync(
            ("PLATFORM_QUEUE", queue),
            ("PLATFORM_SQS_ENDPOINT", endpoint),
            ("PLATFORM_AMQP", "")
        );
        using var enough = new CancellationTokenSource();
        var load = run.LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 300 }, enough.Token);

        string[] victims = queue == "amqp" ? ["standalone", "rabbitmq"] : ["standalone"];
        var accepted = 600;
        await FaultRun.AcceptedAsync(platform, accepted);
        foreach (var victim in Enumerable.Repeat(victims, Scale).SelectMany(victim => victim))
        {
            var pid = platform.Pid(victim);
            await platform.SignalAsync(victim, "KILL");
            await RunningPlatform.GoneAsync(pid);
            await platform.UpAsync();
            await FaultRun.AcceptedAsync(platform, accepted += 600);
        }

        await enough.CancelAsync();
        await run.EndsInOrderAsync(platform, await load, killed: true, test: $"Killed_on_{queue}");
    }

    [Fact]
    public async Task SIGTERM_under_load_unbinds_clients_finishes_what_is_in_flight_and_exits_0()
    {
        await using var platform = await RunningPlatform.StartAsync();
        using var enough = new CancellationTokenSource();
        var load = run.LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 300 }, enough.Token);
        await FaultRun.AcceptedAsync(platform, 300);

        var pid = platform.Pid("standalone");
        await platform.SignalAsync("standalone", "TERM");
        await RunningPlatform.GoneAsync(pid);
        var log = await File.ReadAllTextAsync(Path.Combine(platform.RunDirectory, "standalone.log"));
        Assert.DoesNotContain("Unhandled exception", log, StringComparison.Ordinal);
        Assert.Contains("stopped in order", log, StringComparison.Ordinal);

        await platform.UpAsync();
        await FaultRun.AcceptedAsync(platform, 600);
        await enough.CancelAsync();
        var report = await load;
        Assert.Equal(0, report.Uncertain);
        await run.EndsInOrderAsync(platform, report, killed: false);
    }

    [Fact]
    public async Task Two_processes_on_one_database_share_the_work_and_the_binds_and_killing_either_loses_nothing()
    {
        await using var first = await RunningPlatform.StartAsync();
        // Before the second process starts, which so knows the user from its first bind on.
        using var created = await first.Rest.PostAsJsonAsync(
            "v1/accounts/demo/smpp-users",
            new
            {
                systemId = "second",
                password = "second12",
                window = 1000,
            }
        );
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());

        await using var second = await RunningPlatform.StartAsync(
            ("PLATFORM_DATABASE", await first.DatabaseAsync()),
            ("SMSC", "external"),
            ("SMSC_PORT", first.Setting("SMSC_PORT"))
        );
        await RunningPlatform.UntilAsync(
            first.Rest,
            "v1/binds",
            binds =>
            {
                var slots = binds
                    .GetProperty("items")
                    .EnumerateArray()
                    .Where(b => b.GetProperty("kind").GetString() == "operator")
                    .ToList();
                return slots.Count == 2
                    && slots.All(slot => slot.GetProperty("bound").GetBoolean())
                    && slots.Select(slot => slot.GetProperty("holder").GetString()).Distinct().Count() == 2;
            }
        );
        using var enough = new CancellationTokenSource();
        var loads = new[]
        {
            run.LoadAsync(first, new LoadOptions { Messages = 0, Rate = 150 }, enough.Token),
            run.LoadAsync(
                second,
                new LoadOptions
                {
                    Messages = 0,
                    Rate = 150,
                    SystemId = "second",
                    Password = "second12",
                },
                enough.Token
            ),
        };
        await FaultRun.AcceptedAsync(first, 300);
        foreach (var platform in new[] { first, second })
        {
            var pid = platform.Pid("standalone");
            await platform.SignalAsync("standalone", "KILL");
            await RunningPlatform.GoneAsync(pid);
            await platform.UpAsync();
        }

        await enough.CancelAsync();
        var reports = await Task.WhenAll(loads);
        for (var i = 0; i < reports.Length; i++)
        {
            await run.EndsInOrderAsync(first, reports[i], killed: true, test: $"Two_processes_the_load_of_process_{i + 1}");
        }

        var stats = await first.Simulator.GetFromJsonAsync<JsonElement>("stats");
        Assert.True(stats.GetProperty("bindsMax").GetInt32() <= 2, $"the operator saw {stats.GetProperty("bindsMax")} binds at once");
    }

    /// <summary>Texts that the operator sent as MO and was answered OK for.</summary>
    private static async Task<List<string>> SendInboundAsync(RunningPlatform platform, CancellationToken stop)
    {
        var acknowledged = new List<string>();
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var text = $"inbound {number}";
            using var answer = await platform.Simulator.PostAsJsonAsync(
                "mo",
                new
                {
                    source = "436640000001",
                    destination = "1234",
                    text,
                },
                CancellationToken.None
            );
            var reply = await answer.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None);
            if (
                answer.IsSuccessStatusCode
                && reply.GetProperty("outcome").GetString() == "Answered"
                && reply.GetProperty("status").GetString() == "Ok"
            )
            {
                acknowledged.Add(text);
            }

            // A steady trickle; cancelled when the load is.
            await Task.Delay(TimeSpan.FromMilliseconds(50), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return acknowledged;
    }

    /// <summary>No REST resource shows inbound messages yet: the database is asked.</summary>
    private static async Task<List<string>> KeptInboundAsync(RunningPlatform platform)
    {
        await using var source = NpgsqlDataSource.Create(await platform.DatabaseAsync());
        await using var command = source.CreateCommand("select convert_from(content, 'LATIN1') from inbound_messages");
        var texts = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }
}
