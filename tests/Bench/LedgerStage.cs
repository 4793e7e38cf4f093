using System.Diagnostics;
using System.Globalization;
using Contracts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Persistence;
using Persistence.Leases;
using Persistence.Ledger;

namespace Bench;

/// <summary>Stage 4: every statement of a message's life on the real database, one caller, in batches of 100.</summary>
static class LedgerStage
{
    /// <summary>The row of all steps together, and its figure for the whole server's CPU time.</summary>
    public const string Total = "all of them";
    public const string Server = "server";

    const int Batch = 100;
    const string Account = "bench";
    const string Connector = "bench";

    /// <summary>Batches that are not measured: statements are prepared at their second use, plans kept after the fifth.</summary>
    const int WarmBatches = 10;

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var batches = Math.Max(options.LedgerMessages / Batch, 1);
        var report = new StageReport
        {
            Stage = "ledger",
            What = $"{batches} batches of {Batch}, one caller; us per message: wall, sessions' CPU, whole server's CPU",
        };
        await using var database = await BenchDatabase.CreateAsync(options);
        await PlatformDatabase.MigrateAsync(database.Source, TimeProvider.System, CancellationToken.None);
        var ledger = new MessageLedger(database.Source);
        await ledger.MakePartitionsAsync(2, CancellationToken.None);
        var lease = await LeaseSlotAsync(database);

        await LiveAsync(ledger, lease, Lives(WarmBatches), (_, step) => step());
        var lives = Lives(batches);
        var totals = new double[3];
        await LiveAsync(ledger, lease, lives, MeasureAsync);
        report.Add(Total, ("wall", totals[0]), ("sessions", totals[1]), (Server, totals[2]));

        var delivered = (await ledger.ReadBalanceAsync(CancellationToken.None)).Sum(b =>
            b.States.GetValueOrDefault(MessageState.Delivered)
        );
        if (delivered != (batches + WarmBatches) * Batch)
        {
            report.Failures.Add($"{delivered} messages are delivered, not {(batches + WarmBatches) * Batch}");
        }

        return report;

        async Task MeasureAsync(string step, Func<Task> run)
        {
            await Console.Error.WriteLineAsync($"ledger: {step}");
            var sessions = database.SessionsCpu();
            var server = database.ServerCpu();
            var started = Stopwatch.GetTimestamp();
            await run();
            double[] figures =
            [
                PerMessage(Stopwatch.GetElapsedTime(started)),
                PerMessage(database.SessionsCpu() - sessions),
                PerMessage(database.ServerCpu() - server),
            ];
            report.Add(step, ("wall", figures[0]), ("sessions", figures[1]), (Server, figures[2]));
            for (var i = 0; i < figures.Length; i++)
            {
                totals[i] += figures[i];
            }
        }

        double PerMessage(TimeSpan time) => time.TotalMicroseconds / (batches * Batch);
    }

    /// <summary>All batches through one step, then all through the next: what a step costs is then seen alone.</summary>
    static async Task LiveAsync(MessageLedger ledger, SlotLease lease, List<Life[]> lives, Func<string, Func<Task>, Task> step)
    {
        var none = CancellationToken.None;
        await step("record", () => EachAsync(batch => ledger.RecordAsync(Array.ConvertAll(batch, life => life.Verdict), none)));
        await step("claim", () => EachAsync(batch => ledger.ClaimAsync(lease, Array.ConvertAll(batch, life => life.Key), none)));
        await step("answer", () => EachAsync(batch => ledger.AnswerAsync(Array.ConvertAll(batch, life => life.Answer), none)));
        await step("submitted", () => EachAsync(batch => SubmittedAsync(ledger, batch)));
        await step("finish, deliveries", () => EachAsync(batch => FinishAsync(ledger, batch)));
        await step("lease, complete", () => EachAsync(_ => DeliverAsync(ledger, lease.Holder)));

        async Task EachAsync(Func<Life[], Task> run)
        {
            foreach (var batch in lives)
            {
                await run(batch);
            }
        }
    }

    static async Task SubmittedAsync(MessageLedger ledger, Life[] batch)
    {
        await using var transaction = await ledger.BeginAsync(CancellationToken.None);
        await transaction.ApplyAsync([], Array.ConvertAll(batch, life => life.Submitted), CancellationToken.None);
        await transaction.CommitAsync([], CancellationToken.None);
    }

    static async Task FinishAsync(MessageLedger ledger, Life[] batch)
    {
        await using var transaction = await ledger.BeginAsync(CancellationToken.None);
        var matches = await transaction.MatchAsync(Array.ConvertAll(batch, life => life.Receipt), waited: false, CancellationToken.None);
        var at = TimeProvider.System.GetUtcNow();
        var ends = matches
            .OfType<ReceiptMatch>()
            .Select(match => new PartEnd(match.Id, match.Part, match.Parts, MessageState.Delivered, "000", null, at));
        var finished = await transaction.ApplyAsync([.. ends], [], CancellationToken.None);
        var owed = finished.ConvertAll(message => new ReceiptDelivery
        {
            MessageId = message.Id.ToString(),
            Source = message.Destination,
            Destination = message.Source,
            State = message.State,
            SubmittedAt = message.AcceptedAt,
            DoneAt = message.DoneAt,
        });
        await transaction.CommitAsync([new DeliveryPack(Account, Account, owed, at + TimeSpan.FromDays(7))], CancellationToken.None);
    }

    static async Task DeliverAsync(MessageLedger ledger, Guid owner)
    {
        var packs = await ledger.LeaseDeliveriesAsync(
            owner,
            [new(Account, 1, int.MaxValue)],
            TimeSpan.FromSeconds(30),
            CancellationToken.None
        );
        await ledger.SaveDeliveriesAsync(
            packs.ConvertAll(pack => new PackProgress(pack, pack.Acknowledged, 0, null)),
            CancellationToken.None
        );
    }

    static async Task<SlotLease> LeaseSlotAsync(BenchDatabase database)
    {
        using var instance = new ServiceInstance(
            new ConfigurationBuilder().Build(),
            database.Source,
            TimeProvider.System,
            NullLogger<ServiceInstance>.Instance
        );
        var leases = await new BindSlots(database.Source, instance).AcquireAsync(Connector, 1, 1, CancellationToken.None);
        // Nobody renews it here.
        await using var longer = database.Source.CreateCommand("update bind_slots set expires_at = now() + interval '1 day'");
        await longer.ExecuteNonQueryAsync();
        return leases[0];
    }

    static List<Life[]> Lives(int batches) =>
        [.. Enumerable.Range(0, batches).Select(_ => Enumerable.Range(0, Batch).Select(_ => Life.New()).ToArray())];

    /// <summary>What each step of one message is given.</summary>
    sealed record Life(Verdict Verdict, SubmitKey Key, SubmitAnswer Answer, PartSubmitted Submitted, ReceiptReceived Receipt)
    {
        static readonly Guid boot = Guid.NewGuid();
        static readonly byte[] content = new byte[60];
        static long last;

        public static Life New()
        {
            var at = TimeProvider.System.GetUtcNow();
            var number = ++last;
            var id = MessageId.New(at);
            var operatorId = number.ToString("x16", CultureInfo.InvariantCulture);
            var message = new MessageSubmitted
            {
                Id = id,
                Account = Account,
                SystemId = Account,
                Source = new Party(5, 0, "LOAD"),
                Destination = new Party(1, 1, string.Create(CultureInfo.InvariantCulture, $"4917{number:D8}")),
                RegisteredDelivery = 1,
                Content = content,
                AcceptedAt = at,
                ValidUntil = at + TimeSpan.FromHours(48),
            };
            var key = new SubmitKey(id, 0, 0, 0);
            return new Life(
                new Verdict(boot, message, Connector, "default", null),
                key,
                new SubmitAnswer(key, SubmitOutcome.Accepted, 0, Connector, operatorId, operatorId, 1, at),
                new PartSubmitted
                {
                    Id = id,
                    Connector = Connector,
                    At = at,
                },
                new ReceiptReceived
                {
                    ReceiptId = Guid.NewGuid(),
                    Operator = Connector,
                    Connector = Connector,
                    OperatorId = operatorId,
                    CanonicalId = operatorId,
                    State = MessageState.Delivered,
                    Stat = "DELIVRD",
                    Error = "000",
                    At = at,
                }
            );
        }
    }
}
