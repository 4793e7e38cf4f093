using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Persistence.Leases;

namespace Persistence.Ledger;

/// <summary>
/// Counts, per account, what this process has answered for, and checkpoints the totals every second, so that a message that vanished
/// before the ledger still shows in the books.
/// </summary>
public sealed class AcceptCounter(MessageLedger ledger, ServiceInstance instance, TimeProvider time, ILogger<AcceptCounter> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Count> counts = new();

    private long turnedAt = time.GetTimestamp();

    /// <summary>Since the loop last began a checkpoint: about a second, some more while the database does not answer; much more is a stuck loop.</summary>
    public TimeSpan SinceLastTurn => time.GetElapsedTime(Interlocked.Read(ref turnedAt));

    /// <summary>Call when messages of this account were answered OK.</summary>
    public void Accepted(string account, int count = 1) => Interlocked.Add(ref Of(account).Accepted, count);

    /// <summary>Call when messages were refused although the queue may have them.</summary>
    public void MaybeAccepted(string account, int count = 1) => Interlocked.Add(ref Of(account).Maybe, count);

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await CheckpointAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            Interlocked.Exchange(ref turnedAt, time.GetTimestamp());
            // Not cancelled: a cancel request that comes late would hit the last checkpoint on the same connection.
            await CheckpointAsync(CancellationToken.None);
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Count Of(string account) => counts.GetOrAdd(account, static _ => new Count());

    private async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        var changed = new List<AcceptCount>();
        foreach (var (account, count) in counts)
        {
            var now = new AcceptCount(account, Interlocked.Read(ref count.Accepted), Interlocked.Read(ref count.Maybe));
            if (now != count.Written)
            {
                changed.Add(now);
            }
        }

        if (changed.Count == 0)
        {
            return;
        }

        try
        {
            await ledger.CheckpointAsync(instance.Id, changed, cancellationToken);
            foreach (var written in changed)
            {
                Of(written.Account).Written = written;
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            // Totals, not increments: the next checkpoint carries these too.
            PersistenceLog.CheckpointLate(logger, e.Message);
        }
    }

    private sealed class Count
    {
        public long Accepted;
        public long Maybe;
        public AcceptCount Written;
    }
}
