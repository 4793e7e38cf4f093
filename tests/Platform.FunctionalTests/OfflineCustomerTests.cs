using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing.Load;
using Xunit;
using Xunit.Abstractions;

namespace Platform.FunctionalTests;

/// <summary>
/// A customer who was away gets all he is owed when he is back, and nobody else notices. `make test` has 5,000 receipts waiting,
/// `make chaos` 20,000 times CHAOS_SCALE: 100,000 by default.
/// </summary>
public sealed class OfflineCustomerTests(ITestOutputHelper output)
{
    private const string Offline = "offline";
    private const string Password = "offline1";
    private const int SubmitWindow = 500;

    /// <summary>
    /// What the receipts of others may take, or three times what they took before, on a machine that has other things to do: queued behind
    /// the backlog they would take as long as that, many times more in `make chaos`.
    /// </summary>
    private static readonly TimeSpan OthersReceiptLag = TimeSpan.FromSeconds(5);

    private static readonly int Waiting = FaultRun.Scale == 1 ? 5_000 : 20_000 * FaultRun.Scale;

    /// <summary>Through the whole path and back, at a tenth of what the platform does.</summary>
    private static readonly TimeSpan Patience = RunningPlatform.Patience + TimeSpan.FromSeconds(Waiting / 200.0);

    [Fact]
    public async Task A_customer_back_with_many_receipts_waiting_gets_each_once_and_others_notice_nothing()
    {
        await using var platform = await RunningPlatform.StartAsync();
        await CreateCustomerAsync(platform);
        await using var database = NpgsqlDataSource.Create(await platform.DatabaseAsync());
        var owed = await SubmitAsync(platform);
        Assert.Equal(Waiting, owed.Count);
        var packs = await AllWaitAsync(database);

        // The others: first alone, then while the backlog goes out.
        var before = await LoadAsync(platform, messages: 1_500, CancellationToken.None);
        using var delivered = new CancellationTokenSource();
        var meanwhile = LoadAsync(platform, messages: 0, delivered.Token);
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/stats",
            s => s.GetProperty("total").GetProperty("accepted").GetInt64() >= Waiting + 1_500 + 300
        );

        var inbox = new Inbox(Waiting);
        var started = Stopwatch.GetTimestamp();
        TimeSpan took;
        await using (var back = await BindAsync(platform, BindMode.Receiver, inbox))
        {
            await inbox.Full.WaitAsync(Patience);
            took = Stopwatch.GetElapsedTime(started);
            await delivered.CancelAsync();
            var others = await meanwhile;
            // Until the last row is gone: whatever would come twice has come by then.
            await WaitingAsync(database, rows => rows == 0);
            await back.Session.UnbindAsync(RunningPlatform.Patience);
            await ReportAsync(packs, took, before, others);
            AssertUnaffected(before, others);
        }

        Assert.All(inbox.Counts, receipt => Assert.Equal(1, receipt.Value));
        Assert.Equal(owed.Order(), inbox.Counts.Keys.Order());
    }

    private static void AssertUnaffected(LoadReport before, LoadReport others)
    {
        Assert.True(others.Accepted > 0);
        Assert.Equal(["ESME_ROK"], others.Statuses.Keys);
        Assert.Equal((0, 0, 0), (others.Receipts.Missing, others.Receipts.Doubled, others.Receipts.Unknown));
        Assert.Equal((0, 0), (others.Uncertain, others.Reconnects));
        Assert.InRange(others.ReceiptLagMs.P99, 0, Math.Max(OthersReceiptLag.TotalMilliseconds, 3 * before.ReceiptLagMs.P99));
    }

    private static async Task CreateCustomerAsync(RunningPlatform platform)
    {
        using var account = await platform.Rest.PostAsJsonAsync("v1/accounts", new { id = Offline, name = "Offline" });
        Assert.True(account.IsSuccessStatusCode, await account.Content.ReadAsStringAsync());
        using var user = await platform.Rest.PostAsJsonAsync(
            $"v1/accounts/{Offline}/smpp-users",
            new
            {
                systemId = Offline,
                password = Password,
                window = 1000,
            }
        );
        Assert.True(user.IsSuccessStatusCode, await user.Content.ReadAsStringAsync());
    }

    /// <summary>Submits as a transmitter, which takes no receipts.</summary>
    /// <returns>The ids of what was accepted.</returns>
    private static async Task<ConcurrentBag<string>> SubmitAsync(RunningPlatform platform)
    {
        var ids = new ConcurrentBag<string>();
        await using var client = await BindAsync(platform, BindMode.Transmitter, new Nothing());
        var left = Waiting;
        await Task.WhenAll(Enumerable.Range(0, SubmitWindow).Select(_ => SubmitNextAsync()));
        await client.Session.UnbindAsync(RunningPlatform.Patience);
        return ids;

        async Task SubmitNextAsync()
        {
            while (Interlocked.Decrement(ref left) is >= 0 and var number)
            {
                var reply = await client.Session.SendAsync(
                    new SubmitSm
                    {
                        Source = new Address(5, 0, "OFFLINE"),
                        Destination = new Address(1, 1, string.Create(CultureInfo.InvariantCulture, $"4917{number:D8}")),
                        RegisteredDelivery = 1,
                        ShortMessage = "who is there to be told?"u8.ToArray(),
                    }
                );
                Assert.True(reply.IsOk, $"{reply.Outcome} {reply.Status}, {client.Session.CloseReason}");
                ids.Add(reply.Response!.MessageId);
            }
        }
    }

    /// <summary>Binds; a user just made is known to the gateway within a second.</summary>
    private static async Task<SmppClient> BindAsync(RunningPlatform platform, BindMode mode, SmppSessionHandler handler)
    {
        var options = new SmppClientOptions
        {
            Host = "127.0.0.1",
            Port = platform.SmppPort,
            SystemId = Offline,
            Password = Password,
            BindMode = mode,
            Session = new SmppSessionOptions { Window = SubmitWindow, MaxInFlightRequests = 1000 },
        };
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        while (true)
        {
            try
            {
                return await SmppClient.ConnectAsync(options, handler, NullLogger.Instance, TimeProvider.System, deadline.Token);
            }
            catch (SmppBindException e) when (e.Status == CommandStatus.InvPaswd)
            {
                // A bind has no event for "known now".
                await Task.Delay(TimeSpan.FromMilliseconds(500), deadline.Token);
            }
        }
    }

    /// <summary>Until every receipt waits.</summary>
    /// <returns>In how many packs.</returns>
    private static async Task<long> AllWaitAsync(NpgsqlDataSource database)
    {
        await WaitingAsync(database, rows => rows == Waiting, "select coalesce(sum(items), 0) from deliveries where recipient = $1");
        return await ReadAsync(database, "select count(*) from deliveries where recipient = $1");
    }

    private static async Task WaitingAsync(
        NpgsqlDataSource database,
        Func<long, bool> wanted,
        string query = "select count(*) from deliveries where recipient = $1"
    )
    {
        using var deadline = new CancellationTokenSource(Patience);
        long seen;
        while (!wanted(seen = await ReadAsync(database, query)))
        {
            Assert.False(deadline.IsCancellationRequested, $"{seen} after {Patience}: {query}");
            // A table has no event for "changed".
            await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
        }
    }

    private static async Task<long> ReadAsync(NpgsqlDataSource database, string query)
    {
        await using var command = database.CreateCommand(query);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Offline });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<LoadReport> LoadAsync(RunningPlatform platform, long messages, CancellationToken stop)
    {
        await using var progress = new StringWriter(CultureInfo.InvariantCulture);
        return await LoadRun.RunAsync(
            new LoadOptions
            {
                Port = platform.SmppPort,
                Messages = messages,
                Rate = 300,
                Duration = TimeSpan.FromHours(1),
                ReceiptWait = TimeSpan.FromSeconds(60),
            },
            progress,
            TimeProvider.System,
            stop,
            CancellationToken.None
        );
    }

    private async Task ReportAsync(long packs, TimeSpan took, LoadReport before, LoadReport meanwhile)
    {
        var came = new
        {
            Test = nameof(A_customer_back_with_many_receipts_waiting_gets_each_once_and_others_notice_nothing),
            Receipts = Waiting,
            Packs = packs,
            Seconds = Math.Round(took.TotalSeconds, 2),
            PerSecond = Math.Round(Waiting / took.TotalSeconds),
            OthersBefore = new { before.LatencyMs, before.ReceiptLagMs },
            OthersMeanwhile = new { meanwhile.LatencyMs, meanwhile.ReceiptLagMs },
        };
        var text = JsonSerializer.Serialize(came, FaultReport.Indented);
        var folder = Directory.CreateDirectory(Path.Combine(RunningPlatform.Root, "artifacts", "chaos"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{came.Test}.json"), text);
        output.WriteLine(text);
    }

    /// <summary>What came, by the id it names.</summary>
    private sealed class Inbox(int expected) : SmppSessionHandler
    {
        private readonly TaskCompletionSource full = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentDictionary<string, int> Counts { get; } = new();

        public Task Full => full.Task;

        public override ValueTask<DeliverSmResp> OnDeliverSmAsync(SmppSession session, DeliverSm pdu, CancellationToken cancellationToken)
        {
            Counts.AddOrUpdate(pdu.Tlvs.ReceiptedMessageId!, 1, static (_, count) => count + 1);
            if (Counts.Count == expected)
            {
                full.TrySetResult();
            }

            return new(DeliverSmResp.Ok);
        }
    }

    private sealed class Nothing : SmppSessionHandler;
}
