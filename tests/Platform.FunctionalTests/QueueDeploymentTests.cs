using Testing.Load;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>
/// The same load, kills and outages on the queues, as one process and as six. `make test` runs a short load on six over PostgreSQL; `make chaos`
/// everything, with 100,000 messages.
/// </summary>
public sealed class QueueDeploymentTests(ITestOutputHelper output)
{
    private readonly FaultRun run = new(output);

    /// <summary>PLATFORM_QUEUE and PROFILE.</summary>
    public static TheoryData<string, string> Deployments =>
        FaultRun.Scale == 1
            ? new() { { "postgres", "services" } }
            : new()
            {
                { "postgres", "" },
                { "postgres", "services" },
                { "sqs", "" },
                { "sqs", "services" },
                { "amqp", "" },
                { "amqp", "services" },
            };

    [Theory]
    [MemberData(nameof(Deployments))]
    public async Task On_every_queue_nothing_answered_OK_is_lost_under_load_by_kills_and_while_the_queue_is_away(
        string queue,
        string profile
    )
    {
        // Six have a stand-in of their own; one process has that of all tests, which therefore always answers.
        var hasOwnServer = queue == "amqp" || profile.Length > 0;
        var endpoint = queue == "sqs" && !hasOwnServer ? Environment.GetEnvironmentVariable("PLATFORM_TEST_SQS") : "";
        Assert.NotNull(endpoint);
        await using var platform = await RunningPlatform.StartAsync(
            ("PLATFORM_QUEUE", queue),
            ("PROFILE", profile),
            ("PLATFORM_SQS_ENDPOINT", endpoint),
            ("PLATFORM_AMQP", "")
        );
        var name = $"{queue}_as_{(profile.Length > 0 ? "six" : "one")}";
        var messages = FaultRun.Scale == 1 ? 1000 : 100_000;

        var report = await run.LoadAsync(platform, new LoadOptions { Messages = messages }, CancellationToken.None);
        Assert.Equal((messages, 0, 0), (report.Accepted, report.Uncertain, report.Reconnects));
        await run.EndsInOrderAsync(platform, report, killed: false, test: $"Load_on_{name}");

        if (FaultRun.Scale == 1)
        {
            return;
        }

        string[] victims =
        [
            .. profile.Length > 0 ? SixProcessesTests.Services : ["standalone"],
            .. queue == "amqp" ? ["rabbitmq"] : (string[])[],
        ];
        await KillsAsync(platform, victims, $"Kills_on_{name}");

        // PostgreSQL away: FaultTests.
        if (queue != "postgres" && hasOwnServer)
        {
            await AwayAsync(platform, queue, $"Away_on_{name}");
        }
    }

    private async Task KillsAsync(RunningPlatform platform, string[] victims, string test)
    {
        using var enough = new CancellationTokenSource();
        var load = run.LoadAsync(platform, new LoadOptions { Messages = 0, Rate = 300 }, enough.Token);
        foreach (var victim in victims)
        {
            await FaultRun.AcceptedMoreAsync(platform, 300);
            await platform.KillAsync(victim);
            await platform.UpAsync();
        }

        await FaultRun.AcceptedMoreAsync(platform, 300);
        await enough.CancelAsync();
        await run.EndsInOrderAsync(platform, await load, killed: true, test: test);
    }

    private Task AwayAsync(RunningPlatform platform, string queue, string test) =>
        run.QueueAwayAsync(
            platform,
            TimeSpan.FromSeconds(60),
            () => queue == "sqs" ? platform.SqsAnswersAsync(false) : platform.KillAsync("rabbitmq"),
            () => queue == "sqs" ? platform.SqsAnswersAsync(true) : platform.UpAsync(),
            test
        );
}
