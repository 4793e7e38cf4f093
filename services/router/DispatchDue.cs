using Npgsql;
using Persistence.Leases;
using Persistence.Ledger;
using ServiceDefaults;

namespace Router;

/// <summary>
/// Table <c>scheduled_work</c> → queue <c>dispatch-&lt;connector&gt;</c>: what was to wait longer than a queue should hold it, or for the
/// time its customer chose, is dispatched when due, by one router at a time. Dispatched first, removed after: a copy too many loses its claim.
/// </summary>
internal sealed class DispatchDue(
    MessageLedger ledger,
    NpgsqlDataSource source,
    ServiceInstance instance,
    DispatchSenders dispatch,
    RouterOptions options,
    TimeProvider time,
    ILogger<DispatchDue> logger
) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var leader = new LeaderLease(source, instance, "scheduled-work");
        using var timer = new PeriodicTimer(options.DueInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    while (await leader.HoldAsync(stoppingToken) && await DispatchAsync(stoppingToken)) { }
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
                {
                    // The rows stay and are due at the next look.
                    RouterLog.DueNotRead(logger, e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping; what is scheduled is in the database.
        }
    }

    /// <returns>True when there may be more.</returns>
    private async Task<bool> DispatchAsync(CancellationToken cancellationToken)
    {
        await ledger.ReleaseScheduledAsync(options.DueBatch, cancellationToken);
        var due = await ledger.ReadDueAsync(options.DueBatch, cancellationToken);
        var outcomes = await Task.WhenAll(due.Select(message => dispatch.SendAsync(message, cancellationToken).AsTask()));
        var dispatched = due.Where((_, i) => outcomes[i] == Messaging.SendOutcome.Stored).ToList();
        if (dispatched.Count > 0)
        {
            FaultPoints.Pass(FaultPoints.DueBeforeRemoval);
        }

        await ledger.UnscheduleAsync(dispatched, cancellationToken);
        return dispatched.Count == options.DueBatch;
    }
}
