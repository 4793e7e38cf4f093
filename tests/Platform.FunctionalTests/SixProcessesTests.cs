using Testing.Load;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>The platform as `make up PROFILE=services` starts it.</summary>
public sealed class SixProcesses : IAsyncLifetime
{
    private RunningPlatform? platform;

    /// <summary>It.</summary>
    public RunningPlatform Platform => platform ?? throw new InvalidOperationException("the platform did not start");

    /// <inheritdoc />
    public async Task InitializeAsync() => platform = await RunningPlatform.StartAsync(("PROFILE", "services"), DeadLetterWay.DieSoon);

    /// <inheritdoc />
    public async Task DisposeAsync()
    {
        if (platform is not null)
        {
            await platform.DisposeAsync();
            platform.Dispose();
        }
    }
}

/// <summary>
/// The six services as six processes, over an SQS-compatible endpoint (or PLATFORM_QUEUE): the same cases as for one process.
/// </summary>
public sealed class SixProcessesTests(SixProcesses six, ITestOutputHelper output)
    : FirstMessageCases(six.Platform),
        IClassFixture<SixProcesses>
{
    internal static readonly string[] Services = ["smpp-gateway", "router", "workers", "dlr-processor", "admin-api", "exporters"];

    private readonly FaultRun run = new(output);

    [Fact]
    public async Task Thousands_of_messages_come_back_as_one_receipt_each_and_the_books_balance()
    {
        var report = await run.LoadAsync(Platform, new LoadOptions { Messages = 4000 * FaultRun.Scale }, CancellationToken.None);

        Assert.Equal(4000 * FaultRun.Scale, report.Accepted);
        Assert.Equal((0, 0), (report.Uncertain, report.Reconnects));
        await run.EndsInOrderAsync(Platform, report, killed: false);
    }

    [Fact]
    public async Task Each_process_killed_under_load_and_started_again_loses_nothing_that_was_answered_OK()
    {
        using var enough = new CancellationTokenSource();
        var load = run.LoadAsync(Platform, new LoadOptions { Messages = 0, Rate = 300 }, enough.Token);
        for (var round = 0; round < FaultRun.Scale; round++)
        {
            foreach (var service in Services)
            {
                // Between two kills the platform is at work again.
                await FaultRun.AcceptedMoreAsync(Platform, 300);
                await Platform.KillAsync(service);
                await Platform.UpAsync();
            }
        }

        await enough.CancelAsync();
        await run.EndsInOrderAsync(Platform, await load, killed: true);
    }

    [Fact]
    public Task A_queue_that_answers_503_for_a_while_loses_nothing_that_was_answered_OK() =>
        run.QueueAwayAsync(
            Platform,
            TimeSpan.FromSeconds(FaultRun.Scale == 1 ? 4 : 60),
            () => Platform.SqsAnswersAsync(false),
            () => Platform.SqsAnswersAsync(true)
        );

    [Fact]
    public Task What_died_on_a_queue_is_seen_within_a_minute_and_delivered_once_it_is_mended_and_replayed() =>
        DeadLetterWay.PassesAsync(Platform);
}
