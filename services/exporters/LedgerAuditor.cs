using Npgsql;
using Persistence.Leases;
using Persistence.Ledger;

namespace Exporters;

/// <summary>
/// One exporter at a time keeps the books: folds their entries, makes partitions ahead, and counts messages that are open past
/// their validity. What it last saw is what /metrics reports.
/// </summary>
internal sealed class LedgerAuditor(
    MessageLedger ledger,
    NpgsqlDataSource source,
    ServiceInstance instance,
    TimeProvider time,
    ILogger<LedgerAuditor> logger
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PartitionInterval = TimeSpan.FromHours(1);
    private const int PartitionDays = 8;

    /// <summary>A final state is due by validity plus 24 h: by then a receipt that never came counts as expired.</summary>
    private static readonly TimeSpan OverdueGrace = TimeSpan.FromHours(24);

    private long overdue;

    /// <summary>Messages open past validity and grace, as of the last count.</summary>
    public long Overdue => Interlocked.Read(ref overdue);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var leader = new LeaderLease(source, instance, "auditor");
        var nextPartitions = DateTimeOffset.MinValue;
        var nextCount = DateTimeOffset.MinValue;
        using var timer = new PeriodicTimer(Interval, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                if (now >= nextCount)
                {
                    Interlocked.Exchange(ref overdue, await ledger.CountOverdueAsync(OverdueGrace, stoppingToken));
                    nextCount = now + CountInterval;
                }

                if (await leader.HoldAsync(stoppingToken))
                {
                    await ledger.FoldBooksAsync(stoppingToken);
                    if (now >= nextPartitions)
                    {
                        await ledger.MakePartitionsAsync(PartitionDays, stoppingToken);
                        nextPartitions = now + PartitionInterval;
                    }
                }

                await timer.WaitForNextTickAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                ExportersLog.AuditDelayed(logger, e.Message);
                await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
