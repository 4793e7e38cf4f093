using Microsoft.Extensions.Logging;

namespace Messaging;

/// <summary>
/// The receive loop, written once: receives for free capacity only, hands batches to a handler, settles what the handler left
/// open, and drains when stopped.
/// </summary>
/// <param name="reader">Where the leases come from; stopped, not disposed, by <see cref="RunAsync"/>.</param>
/// <param name="handler">
/// Handles a batch. What it leaves unsettled is completed when it returns. When it throws, the unsettled is released with a
/// back-off (transient), or failed. Its token is cancelled when draining takes too long.
/// </param>
/// <param name="options">Limits.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where failures are told.</param>
public sealed class QueueConsumer<T>(
    EnvelopeReader<T> reader,
    Func<IReadOnlyList<EnvelopeLease<T>>, CancellationToken, Task> handler,
    QueueConsumerOptions options,
    TimeProvider time,
    ILogger logger
)
{
    /// <summary>Runs until cancelled, or the reader is stopped; then drains: no throw for the cancellation.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var abort = new CancellationTokenSource();
        var loops = new Task[options.Concurrency];
        for (var i = 0; i < loops.Length; i++)
        {
            loops[i] = Task.Run(() => LoopAsync(ct, abort.Token), CancellationToken.None);
        }
        var all = Task.WhenAll(loops);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (ct.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), stopped).ConfigureAwait(false))
        {
            await Task.WhenAny(all, stopped.Task).ConfigureAwait(false);
        }
        // First the handlers under way get their time, then they are told to stop, then what they still hold is released.
        await Task.WhenAny(all, Task.Delay(options.DrainTimeout, time, CancellationToken.None)).ConfigureAwait(false);
        await abort.CancelAsync().ConfigureAwait(false);
        await reader.StopAsync(all.IsCompleted ? options.DrainTimeout : TimeSpan.Zero).ConfigureAwait(false);
        await all.ConfigureAwait(false);
    }

    private async Task LoopAsync(CancellationToken ct, CancellationToken abort)
    {
        var deferrals = 0;
        while (!ct.IsCancellationRequested && !reader.IsStopped)
        {
            IReadOnlyList<EnvelopeLease<T>> batch;
            try
            {
                batch = await reader.ReceiveAsync(options.MaxEnvelopesPerBatch, options.Wait, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // Stopping; nothing was received.
                return;
            }
            catch (Exception e)
            {
                // Nothing was received. The queue is asked again after a pause.
                var delay = options.TransientDelay.Delay(++deferrals);
                logger.ReceiveFailed(reader.QueueName, delay, e);
                await PauseAsync(delay, ct).ConfigureAwait(false);
                continue;
            }
            if (batch.Count == 0)
            {
                continue;
            }
            var deferred = await HandleAsync(batch, deferrals, abort).ConfigureAwait(false);
            if (deferred is { } pause)
            {
                deferrals++;
                await PauseAsync(pause, ct).ConfigureAwait(false);
            }
            else
            {
                deferrals = 0;
            }
        }
    }

    // Returns how long to pause when the batch was released because something the handler needs is away.
    private async Task<TimeSpan?> HandleAsync(IReadOnlyList<EnvelopeLease<T>> batch, int deferrals, CancellationToken abort)
    {
        try
        {
            await handler(batch, abort).ConfigureAwait(false);
            foreach (var lease in batch)
            {
                lease.CompleteRest();
            }
            return null;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // Draining took too long: others have them at once, no failure counted.
            Release(batch, TimeSpan.Zero);
            return null;
        }
        catch (Exception e) when (options.IsTransient(e))
        {
            var delay = options.TransientDelay.Delay(deferrals + 1);
            logger.HandlingDeferred(Unsettled(batch), reader.QueueName, delay, e);
            Release(batch, delay);
            return delay;
        }
        catch (Exception e)
        {
            logger.HandlingFailed(Unsettled(batch), reader.QueueName, e);
            return await BlameAsync(batch, e, deferrals, abort).ConfigureAwait(false);
        }
    }

    // Finds the item that throws. An envelope with several open items goes on as single items, none of them counted as failed;
    // an item that came alone is tried alone, so that it does not answer for its neighbours in the batch.
    private async Task<TimeSpan?> BlameAsync(IReadOnlyList<EnvelopeLease<T>> batch, Exception error, int deferrals, CancellationToken abort)
    {
        TimeSpan? pause = null;
        foreach (var lease in batch)
        {
            if (lease.Items.Count > 1)
            {
                if (lease.Items.Any(i => !i.IsSettled))
                {
                    QueueTelemetry.Split.Count(reader.QueueName);
                    lease.SplitRest(TimeSpan.Zero);
                }
            }
            else if (batch.Count == 1)
            {
                var item = lease.Items[0];
                item.Fail($"{error.GetType().Name}: {error.Message}", options.FailureDelay.Delay(item.Failures + 1));
            }
            else if (!lease.Items[0].IsSettled)
            {
                pause = await HandleAsync([lease], deferrals, abort).ConfigureAwait(false) ?? pause;
            }
        }
        return pause;
    }

    private static void Release(IReadOnlyList<EnvelopeLease<T>> batch, TimeSpan delay)
    {
        foreach (var lease in batch)
        {
            lease.ReleaseRest(delay);
        }
    }

    private static int Unsettled(IReadOnlyList<EnvelopeLease<T>> batch) => batch.Sum(l => l.Items.Count(i => !i.IsSettled));

    private async Task PauseAsync(TimeSpan delay, CancellationToken ct) =>
        await Task.Delay(delay, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
