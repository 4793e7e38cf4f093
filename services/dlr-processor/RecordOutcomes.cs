using Contracts;
using Messaging;
using Npgsql;
using Persistence;
using Persistence.Ledger;
using ServiceDefaults;

namespace DlrProcessor;

/// <summary>
/// Queue <c>events</c> → ledger. States, books and what customers are owed change in one transaction per batch. This is the only
/// writer of final states: a repeated event finds the message final and owes nothing twice.
/// </summary>
internal sealed class RecordOutcomes(
    IMessageQueue queue,
    MessageLedger ledger,
    Notifications notifications,
    DlrProcessorOptions options,
    EnvelopeReaderOptions readerOptions,
    TimeProvider time,
    ILogger<RecordOutcomes> logger
) : BackgroundService
{
    private readonly RescueReport report = new(time, logger);
    private readonly WakeUp parked = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var reader = new EnvelopeReader<MessageEvent>(
            queue,
            QueueNames.Events,
            ContractsJson.Default.MessageEvent,
            readerOptions,
            time,
            logger
        );
        var matchParked = MatchParkedAsync(stoppingToken);
        await new QueueConsumer<MessageEvent>(
            reader,
            (batch, cancellationToken) =>
                RecordAsync([.. batch.SelectMany(lease => lease.Items).Select(item => item.Value)], cancellationToken),
            options.Consumer,
            time,
            logger
        ).RunAsync(stoppingToken);
        await matchParked;
    }

    private async Task RecordAsync(List<MessageEvent> events, CancellationToken cancellationToken)
    {
        await using var transaction = await ledger.BeginAsync(cancellationToken);
        var ends = new List<PartEnd>();
        var submitted = new List<PartSubmitted>();
        var receipts = new List<ReceiptReceived>();
        foreach (var recorded in events)
        {
            switch (recorded)
            {
                case PartSubmitted part:
                    submitted.Add(part);
                    break;
                case PartFailed part:
                    ends.Add(
                        new PartEnd(part.Id, part.Part, part.Parts, MessageState.Failed, ErrorCode(part.Status), part.Reason, part.At)
                    );
                    break;
                case MessageRejected message:
                    ends.Add(new PartEnd(message.Id, 0, 1, MessageState.Rejected, null, message.Reason, message.At));
                    break;
                case MessageExpired message:
                    ends.Add(new PartEnd(message.Id, 0, 1, MessageState.Expired, null, message.Reason, message.At));
                    break;
                case MessageCancelled message:
                    ends.Add(new PartEnd(message.Id, 0, 1, MessageState.Cancelled, null, "cancelled by the customer", message.At));
                    break;
                case ReceiptReceived receipt:
                    receipts.Add(receipt);
                    break;
            }
        }

        // :: Step 1: receipts find their message, or wait for it.
        var owed = new List<DeliveryPack>();
        ReceiptMatch?[] matches = [];
        List<ReceiptReceived> early = [];
        if (receipts.Count > 0)
        {
            matches = await transaction.MatchAsync(receipts, waited: false, cancellationToken);
            early = MatchReceipts.Split(receipts, matches, ends);
            var progress = MatchReceipts.Progress(receipts, matches);
            if (progress.Count > 0)
            {
                var followed = await transaction.ReadFollowedAsync([.. progress.Select(report => report.Id)], cancellationToken);
                owed.AddRange(NotifyCustomer.PackProgress(followed, progress, options, time.GetUtcNow()));
            }

            if (early.Count > 0)
            {
                await transaction.ParkAsync(early, options.FirstPark, cancellationToken);
            }
        }

        await FinishAsync(transaction, ends, submitted, owed, cancellationToken);
        if (early.Count > 0)
        {
            parked.Call();
        }

        report.Add(receipts, matches);
    }

    private async Task FinishAsync(
        EventTransaction transaction,
        List<PartEnd> ends,
        List<PartSubmitted> submitted,
        List<DeliveryPack> owed,
        CancellationToken cancellationToken
    )
    {
        // :: Step 2: states and books.
        var finished = await transaction.ApplyAsync(ends, submitted, cancellationToken);

        // :: Step 3: what customers are owed, in the same transaction.
        owed.AddRange(NotifyCustomer.Pack(finished, options, time.GetUtcNow()));
        FaultPoints.Pass(FaultPoints.FinishedBeforeCommit);
        await transaction.CommitAsync(owed, cancellationToken);
        FaultPoints.Pass(FaultPoints.CommittedBeforeSettle);
        if (owed.Count > 0)
        {
            notifications.Notify(Notifications.Deliveries);
        }
    }

    /// <summary>Receipts that came before their message's operator id was written: tried again until they match or are given up.</summary>
    private async Task MatchParkedAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await parked.WaitAsync(options.ParkedInterval, stoppingToken);
                // What woke this is due by then, and what follows it closely is looked at with it.
                await Task.Delay(options.FirstPark, time, stoppingToken);
                try
                {
                    while (await MatchDueAsync(stoppingToken) == options.ParkedBatch) { }
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
                {
                    // Rolled back: they stay parked and due.
                    DlrProcessorLog.ParkedNotTried(logger, e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping; what is parked is in the database.
        }
    }

    private async Task<int> MatchDueAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await ledger.BeginAsync(cancellationToken);
        var due = await transaction.TakeParkedAsync(options.ParkedBatch, cancellationToken);
        if (due.Count == 0)
        {
            return 0;
        }

        var ends = new List<PartEnd>();
        var matches = await transaction.MatchAsync(due, waited: true, cancellationToken);
        var early = MatchReceipts.Split(due, matches, ends);
        if (early.Count > 0)
        {
            var givenUp = await transaction.ParkAgainAsync(early, options.GiveUpAfter, cancellationToken);
            if (givenUp > 0)
            {
                DlrProcessorLog.ReceiptsUnmatched(logger, givenUp, options.GiveUpAfter);
            }
        }

        if (early.Count < due.Count)
        {
            await transaction.UnparkAsync([.. due.Except(early)], cancellationToken);
        }

        await FinishAsync(transaction, ends, [], [], cancellationToken);
        report.Add(due, matches);
        return due.Count;
    }

    private static string? ErrorCode(uint status) => status == 0 ? null : $"0x{status:X8}";
}
