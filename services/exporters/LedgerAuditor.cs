using Contracts;
using Messaging;
using Npgsql;
using Persistence.Leases;
using Persistence.Ledger;
using Persistence.Snapshot;
using ServiceDefaults;

namespace Exporters;

/// <summary>
/// One exporter at a time keeps the books: folds their entries, makes partitions ahead, ends what nobody else will end, sends again
/// what vanished from a queue, and counts what is overdue. Its goal is to find nothing.
/// </summary>
internal sealed class LedgerAuditor(
    MessageLedger ledger,
    TracedPdus traces,
    NpgsqlDataSource source,
    ServiceInstance instance,
    SnapshotSource configuration,
    IMessageQueue queue,
    EnvelopeSender<MessageEvent> events,
    EnvelopeSenderOptions senderOptions,
    IConfiguration settings,
    TimeProvider time,
    ILogger<LedgerAuditor> logger
) : BackgroundService
{
    private static readonly TimeSpan FoldInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AuditInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PartitionInterval = TimeSpan.FromHours(1);
    private const int PartitionDays = 8;

    /// <summary>A cancel counts as long as a copy of its message may turn up: 7 days scheduled, 7 valid, 14 in a queue.</summary>
    private static readonly TimeSpan CancelsKept = TimeSpan.FromDays(30);

    /// <summary>What a trace wrote down is for the case at hand, and may hold messages' content.</summary>
    private static readonly TimeSpan TracesKept = TimeSpan.FromDays(7);

    /// <summary>A receipt is waited for until validity plus 24 h; then the message counts as expired.</summary>
    private static readonly TimeSpan ReceiptGrace = TimeSpan.FromHours(24);

    /// <summary>A message never claimed is expired by the worker that finds it; if none does within this, here.</summary>
    private static readonly TimeSpan QueueGrace = TimeSpan.FromMinutes(10);

    /// <summary>How long a routed message may be unclaimed while its queue is empty.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(15);

    /// <summary>From raising the generation to sending the copy: longer than any statement may run.</summary>
    private static readonly TimeSpan RaiseSettles = TimeSpan.FromSeconds(30);

    private const int Batch = 1000;

    private long overdue;

    /// <summary>Messages open past validity and grace, as of the last audit.</summary>
    public long Overdue => Interlocked.Read(ref overdue);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var leader = new LeaderLease(source, instance, "auditor");
        var nextPartitions = DateTimeOffset.MinValue;
        var nextAudit = DateTimeOffset.MinValue;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                if (now >= nextAudit)
                {
                    // Every exporter counts for its own /metrics; one acts.
                    Interlocked.Exchange(ref overdue, await ledger.CountOverdueAsync(now, ReceiptGrace + AuditInterval, stoppingToken));
                }

                if (await leader.HoldAsync(stoppingToken))
                {
                    await ledger.FoldBooksAsync(stoppingToken);
                    if (now >= nextPartitions)
                    {
                        await ledger.MakePartitionsAsync(PartitionDays, stoppingToken);
                        await ledger.ForgetCancelsAsync(CancelsKept, stoppingToken);
                        await traces.ForgetAsync(TracesKept, stoppingToken);
                        nextPartitions = now + PartitionInterval;
                    }

                    if (now >= nextAudit)
                    {
                        await ExpireAsync(now, stoppingToken);
                        await RepeatRejectionsAsync(now, stoppingToken);
                        await RedriveAsync(now, stoppingToken);
                    }
                }

                nextAudit = now >= nextAudit ? now + AuditInterval : nextAudit;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                ExportersLog.AuditDelayed(logger, e.Message);
            }

            await Task.Delay(FoldInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ids = await ledger.ReadExpiredAsync(now, QueueGrace, ReceiptGrace, Batch, cancellationToken);
        if (ids.Count > 0)
        {
            ExportersLog.Expired(logger, ids.Count);
            var expired = ids.ConvertAll(
                MessageEvent (id) =>
                    new MessageExpired
                    {
                        Id = id,
                        At = now,
                        Reason = "no final state in time",
                    }
            );
            await TellAsync(expired, cancellationToken);
        }
    }

    private async Task RepeatRejectionsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rejections = await ledger.ReadUnendedRejectionsAsync(now, StuckAfter, Batch, cancellationToken);
        if (rejections.Count > 0)
        {
            ExportersLog.RejectionsRepeated(logger, rejections.Count);
            await TellAsync([.. rejections], cancellationToken);
        }
    }

    /// <summary>What is not stored now is found again at the next audit.</summary>
    private async Task TellAsync(List<MessageEvent> happened, CancellationToken cancellationToken) =>
        await Task.WhenAll(happened.Select(e => events.SendAsync(e, cancellationToken).AsTask()));

    /// <summary>
    /// A routed message that nobody claimed while its connector's queue is empty has lost its queue copy. It is sent again under a new
    /// generation, in two steps: see <see cref="MessageLedger.RaiseStuckAsync"/>.
    /// </summary>
    private async Task RedriveAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var connector in configuration.Current.Connectors.Values.Where(c => c.Enabled))
        {
            var raised = await ledger.ReadRaisedAsync(connector.Id, RaiseSettles, Batch, cancellationToken);
            foreach (var lane in raised.GroupBy(message => QueueNames.Dispatch(connector.Id, message.Message.PriorityFlag)))
            {
                var messages = lane.ToList();
                await using var sender = new EnvelopeSender<MessageRouted>(
                    queue,
                    lane.Key,
                    ContractsJson.Default.MessageRouted,
                    senderOptions,
                    PlatformProcess.BootId(settings),
                    time,
                    logger,
                    static routed => routed.Message.Account
                );
                if (await sender.SendAllAsync(messages, cancellationToken) == SendOutcome.Stored)
                {
                    await ledger.MarkRedrivenAsync(messages, cancellationToken);
                    ExportersLog.Redriven(logger, messages.Count, connector.Id);
                }
            }

            var normal = await queue.DepthAsync(QueueNames.Dispatch(connector.Id), cancellationToken);
            var high = await queue.DepthAsync(QueueNames.DispatchHigh(connector.Id), cancellationToken);
            if (normal.Total + high.Total == 0)
            {
                var stuck = await ledger.RaiseStuckAsync(connector.Id, now, StuckAfter, Batch, cancellationToken);
                if (stuck > 0)
                {
                    ExportersLog.Stuck(logger, stuck, connector.Id);
                }
            }
        }
    }
}
