using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Testing.Load;
using Testing.Smsc;
using Xunit;

namespace Testing.Tests.Load;

/// <summary>The load client against the simulator, over TCP.</summary>
public class LoadRunTests
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_run_without_faults_is_clean()
    {
        await using var smsc = await StartAsync(new SmscSettings());
        var report = await RunAsync(smsc, new LoadOptions { Messages = 5000, Linger = TimeSpan.Zero });
        Assert.True(report.IsClean);
        Assert.Equal((5000, 5000), (report.Accepted, report.Submits));
        Assert.Equal(new LoadReceipts(5000, 0, 0, 0), report.Receipts);
        Assert.Equal(5000, report.Statuses["ESME_ROK"]);
        Assert.Equal(5000, report.ReceiptStates["DELIVRD"]);
        Assert.Equal((5000, 0), (smsc.Stats.Unique, smsc.Stats.Doubled));
        Assert.InRange(report.LatencyMs.P50, 0.001, report.LatencyMs.Max);
        Assert.StartsWith($"{report.Run}-", smsc.Messages(1)[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lost_and_doubled_receipts_are_found()
    {
        await using var smsc = await StartAsync(new SmscSettings { ReceiptLoseEvery = 50, ReceiptDoubleEvery = 70 });
        var report = await RunAsync(smsc, new LoadOptions { Messages = 200, ReceiptWait = TimeSpan.FromSeconds(3) });
        Assert.False(report.IsClean);
        Assert.Equal(new LoadReceipts(198, 4, 2, 0), report.Receipts);
        // The simulator knows each id and its text: the lists name the same message by both.
        var texts = smsc.Messages().ToDictionary(message => message.Id, message => message.Text);
        Assert.Equal(4, report.MissingIds.Distinct().Count());
        Assert.All(report.MissingIds.Zip(report.MissingMarkers), missing => Assert.StartsWith(missing.Second, texts[missing.First]));
        Assert.Equal(2, report.DoubledIds.Distinct().Count());
        Assert.All(report.DoubledIds.Zip(report.DoubledMarkers), doubled => Assert.StartsWith(doubled.Second, texts[doubled.First]));
        Assert.Contains("NOT CLEAN", LoadProgress.Table(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_refused_for_now_is_made_up_for_by_new_submits()
    {
        await using var smsc = await StartAsync(new SmscSettings { Status = nameof(CommandStatus.MsgQFul), StatusEvery = 4 });
        var report = await RunAsync(smsc, new LoadOptions { Messages = 100, Linger = TimeSpan.Zero });
        Assert.True(report.IsClean);
        Assert.Equal((100, 133), (report.Accepted, report.Submits));
        Assert.Equal(33, report.Statuses["ESME_RMSGQFUL"]);
        Assert.Equal(100, smsc.Stats.Unique);
    }

    [Fact]
    public async Task Without_retry_a_refusal_is_final()
    {
        await using var smsc = await StartAsync(new SmscSettings { Status = nameof(CommandStatus.Throttled), StatusEvery = 4 });
        var options = new LoadOptions
        {
            Messages = 100,
            Retry = false,
            Linger = TimeSpan.Zero,
        };
        var report = await RunAsync(smsc, options);
        Assert.True(report.IsClean);
        Assert.Equal((75, 100), (report.Accepted, report.Submits));
        Assert.Equal(25, report.Statuses["ESME_RTHROTTLED"]);
    }

    [Fact]
    public async Task A_cut_connection_is_bound_again_and_its_receipts_are_lost_answers()
    {
        await using var smsc = await StartAsync(new SmscSettings { Silent = true, ReceiptDelay = 0 });
        var options = new LoadOptions
        {
            Messages = 200,
            Binds = 2,
            Window = 10,
            Linger = TimeSpan.Zero,
        };
        var running = RunAsync(smsc, options);
        while (smsc.Stats.ReceiptsAnswered < 20)
        {
            await Task.Yield(); // both windows are full of taken and never answered submits
        }
        smsc.Settings = new SmscSettings();
        Assert.Equal(2, smsc.DropAll());

        var report = await running;
        Assert.True(report.IsClean);
        Assert.Equal((180, 20, 20), (report.Accepted, report.Uncertain, report.LostAnswers));
        Assert.Equal(20, report.UncertainMarkers.Count);
        Assert.Equal(2, report.Reconnects);
        Assert.Equal((200, 0), (smsc.Stats.Unique, smsc.Stats.Doubled));
    }

    [Fact]
    public async Task A_signal_ends_the_submitting_and_not_the_books()
    {
        await using var smsc = await StartAsync(new SmscSettings());
        using var stop = new CancellationTokenSource();
        var options = new LoadOptions
        {
            Messages = 0,
            Duration = patience,
            Rate = 1000,
            Linger = TimeSpan.Zero,
        };
        var running = RunAsync(smsc, options, stop.Token);
        while (smsc.Stats.Accepted < 100)
        {
            await Task.Yield();
        }
        await stop.CancelAsync();

        var report = await running;
        Assert.True(report.IsClean);
        Assert.True(report.Interrupted);
        Assert.Equal(smsc.Stats.Accepted, report.Accepted);
        Assert.Equal(report.Accepted, report.Receipts.Received);
    }

    [Fact]
    public async Task Where_nobody_listens_there_is_no_run()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound, not listening: connections are refused
        var options = new LoadOptions { Port = ((IPEndPoint)taken.LocalEndPoint!).Port, ConnectWait = TimeSpan.FromMilliseconds(100) };
        var failure = await Assert.ThrowsAsync<SmppException>(() =>
            LoadRun.RunAsync(options, TextWriter.Null, TimeProvider.System, CancellationToken.None, CancellationToken.None)
        );
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task A_wrong_password_is_said_at_once()
    {
        await using var smsc = await StartAsync(new SmscSettings());
        var refused = await Assert.ThrowsAsync<SmppBindException>(() => RunAsync(smsc, new LoadOptions { Password = "wrong" }));
        Assert.Equal(CommandStatus.InvPaswd, refused.Status);
    }

    [Fact]
    public async Task The_report_has_the_names_that_scripts_read()
    {
        await using var smsc = await StartAsync(new SmscSettings());
        var report = await RunAsync(smsc, new LoadOptions { Messages = 10, Linger = TimeSpan.Zero });
        using var json = JsonSerializer.SerializeToDocument(report, JsonSerializerOptions.Web);
        foreach (
            var path in new[]
            {
                "startedAt",
                "seconds",
                "accepted",
                "acceptedPerSecond",
                "endToEndPerSecond",
                "statuses",
                "latencyMs.p50",
                "latencyMs.p90",
                "latencyMs.p99",
                "latencyMs.p999",
                "latencyMs.max",
                "receiptLagMs.p50",
                "receipts.received",
                "receipts.missing",
                "receipts.doubled",
                "receipts.unknown",
                "missingIds",
                "doubledIds",
                "lostAnswers",
                "reconnects",
                "cpuSeconds",
            }
        )
        {
            var element = path.Split('.').Aggregate(json.RootElement, (at, name) => at.GetProperty(name));
            Assert.NotEqual(JsonValueKind.Null, element.ValueKind);
        }
    }

    static Task<SmscSimulator> StartAsync(SmscSettings settings) =>
        SmscSimulator.StartAsync(new SmscOptions { Port = 0, Settings = settings }, NullLogger.Instance, TimeProvider.System);

    static Task<LoadReport> RunAsync(SmscSimulator smsc, LoadOptions options, CancellationToken stop = default)
    {
        var here = options with
        {
            Port = smsc.EndPoint.Port,
            SystemId = "simulator",
            Password = options.Password == "wrong" ? "wrong" : "simulator",
        };
        return LoadRun
            .RunAsync(here, TextWriter.Null, TimeProvider.System, stop, CancellationToken.None)
            .WaitAsync(patience, CancellationToken.None);
    }
}
