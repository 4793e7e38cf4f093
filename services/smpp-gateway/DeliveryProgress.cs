using System.Collections.Concurrent;
using System.Threading.Channels;
using Npgsql;
using Persistence.Ledger;

namespace SmppGateway;

/// <summary>
/// Writes what customers acknowledged: a finished pack at once, one under way every <see cref="GatewayOptions.DeliveryProgress"/>, all in
/// one round trip. So what goes out a second time after a crash is only what was acknowledged since the last writing. The only writer of
/// a leased pack, so that nothing older overwrites something newer. While the database is away finished packs wait here, in hand and so
/// bounded, and are written when it is back.
/// </summary>
internal sealed class DeliveryProgress(MessageLedger ledger, GatewayOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<PackInHand, bool> underWay = new();

    /// <summary>Unbounded in type, bounded by the packs in hand.</summary>
    private readonly Channel<(PackInHand Pack, TimeSpan Retry, TaskCompletionSource Written)> finished = Channel.CreateUnbounded<(
        PackInHand,
        TimeSpan,
        TaskCompletionSource
    )>(new UnboundedChannelOptions { SingleReader = true });

    private volatile bool isBehind;

    /// <summary>True while something could not be written: what is leased now might be what waits here.</summary>
    public bool IsBehind => isBehind;

    /// <summary>From now on its progress is written.</summary>
    public void Begin(PackInHand pack) => underWay[pack] = true;

    /// <summary>All its items were tried. Completes when that is written, or when the gateway stops without a database.</summary>
    public Task FinishAsync(PackInHand pack, TimeSpan retry)
    {
        underWay.TryRemove(pack, out _);
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        finished.Writer.TryWrite((pack, retry, written));
        return written.Task;
    }

    /// <summary>No more packs: <see cref="RunAsync"/> ends when everything is written.</summary>
    public void Complete() => finished.Writer.TryComplete();

    /// <summary>Writes until <see cref="Complete"/>; gives up what cannot be written when <paramref name="giveUp"/> is cancelled.</summary>
    public async Task RunAsync(CancellationToken giveUp)
    {
        using var timer = new PeriodicTimer(options.DeliveryProgress, time);
        var tick = timer.WaitForNextTickAsync(CancellationToken.None).AsTask();
        var more = finished.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        while (true)
        {
            await Task.WhenAny(tick, more);
            var progress = new List<PackProgress>();
            var waiters = new List<TaskCompletionSource>();
            while (finished.Reader.TryRead(out var next))
            {
                progress.Add(next.Pack.Finish(next.Retry));
                waiters.Add(next.Written);
            }

            if (tick.IsCompleted)
            {
                tick = timer.WaitForNextTickAsync(CancellationToken.None).AsTask();
                foreach (var pack in underWay.Keys)
                {
                    if (pack.TakeProgress() is { } taken)
                    {
                        progress.Add(taken);
                    }
                }
            }

            if (progress.Count > 0)
            {
                await WriteAsync(progress, giveUp);
            }

            waiters.ForEach(waiter => waiter.TrySetResult());
            if (more.IsCompleted)
            {
                if (!await more)
                {
                    return;
                }

                more = finished.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            }
        }
    }

    private async Task WriteAsync(List<PackProgress> progress, CancellationToken giveUp)
    {
        while (true)
        {
            try
            {
                var ours = await ledger.SaveDeliveriesAsync(progress, giveUp);
                isBehind = false;
                if (ours < progress.Count)
                {
                    GatewayLog.PacksLost(logger, progress.Count - ours);
                }

                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                isBehind = true;
                GatewayLog.PacksNotWritten(logger, progress.Count, e.Message);
                await Task.Delay(Retry, time, giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
            {
                // Decided below.
            }

            if (giveUp.IsCancellationRequested)
            {
                // The rows keep what they had: when their leases end, what was acknowledged since goes out a second time.
                GatewayLog.PacksGivenUp(logger, progress.Count);
                return;
            }
        }
    }
}
