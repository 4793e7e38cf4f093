using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Sessions;

namespace Testing.Load;

/// <content>One bind.</content>
internal sealed partial class LoadRun
{
    /// <summary>A bind that comes back when it drops, and the submits over it: as many loops as the window has slots.</summary>
    sealed class LoadBind(LoadRun run)
    {
        static readonly TimeSpan firstRebind = TimeSpan.FromMilliseconds(100);
        static readonly TimeSpan lastRebind = TimeSpan.FromSeconds(2);
        static readonly TimeSpan firstPause = TimeSpan.FromMilliseconds(10);
        static readonly TimeSpan lastPause = TimeSpan.FromSeconds(1);
        static readonly TimeSpan unbindWait = TimeSpan.FromSeconds(5);

        readonly SmppClientOptions options = new()
        {
            Host = run.options.Host,
            Port = run.options.Port,
            SystemId = run.options.SystemId,
            Password = run.options.Password,
            Session = new SmppSessionOptions
            {
                Window = run.options.Window,
                // Every submit of the window, and the answers to receipts meanwhile, without anybody waiting for room.
                WriteQueueLength = run.options.Window + 512,
                MaxInFlightRequests = 10_000,
            },
        };
        readonly Lock gate = new();
        SmppClient? client;
        Task pausing = Task.CompletedTask;
        TimeSpan pause = firstPause;

        /// <summary>The first bind. Throws <see cref="SmppException"/> when the time is up, or at once where waiting is of no use.</summary>
        public async Task ConnectAsync(CancellationToken stop)
        {
            using var deadline = new CancellationTokenSource(run.options.ConnectWait, run.time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
            SmppException? last = null;
            client = await BindAsync(
                failure =>
                {
                    last = failure;
                    return failure.IsTransient;
                },
                both.Token
            );
            if (client is null)
            {
                throw last ?? new SmppException($"{options}: no bind within {run.options.ConnectWait.TotalSeconds} s.", isTransient: true);
            }
            Interlocked.Increment(ref run.up);
        }

        public async Task CloseAsync()
        {
            if (client is not null)
            {
                await client.DisposeAsync();
            }
        }

        /// <summary>Submits and receives until the run is finished.</summary>
        public async Task ServeAsync(CancellationToken finished)
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = finished.UnsafeRegister(static end => ((TaskCompletionSource)end!).TrySetResult(), end);
            while (client is { } bound)
            {
                var session = bound.Session;
                var slots = Task.CompletedTask;
                while (!session.Completion.IsCompleted && !finished.IsCancellationRequested)
                {
                    var returned = run.tickets.Returned;
                    slots = Task.WhenAll(Enumerable.Range(0, run.options.Window).Select(_ => SubmitAsync(session)));
                    await Task.WhenAny(slots, end.Task);
                    // Nothing left to submit, unless another bind gives something back: what remains is to receive.
                    await Task.WhenAny(session.Completion, end.Task, returned);
                }
                var lostAt = run.Now;
                if (finished.IsCancellationRequested)
                {
                    await session.UnbindAsync(unbindWait);
                }
                else
                {
                    run.links.Add(lostAt);
                }
                await bound.DisposeAsync();
                await slots; // each has its answer, or none for good
                Interlocked.Decrement(ref run.up);
                // A refusal that would be final at the start may be one of a platform that is just coming up again.
                client = finished.IsCancellationRequested ? null : await BindAsync(_ => true, finished);
                if (client is not null)
                {
                    Interlocked.Increment(ref run.up);
                    Interlocked.Increment(ref run.reconnects);
                    run.rebinds.Add(run.Now - lostAt);
                }
            }
        }

        // Null: the token came first.
        async Task<SmppClient?> BindAsync(Func<SmppException, bool> isWorthRetrying, CancellationToken until)
        {
            for (var delay = firstRebind; ; delay = delay * 2 < lastRebind ? delay * 2 : lastRebind)
            {
                try
                {
                    return await SmppClient.ConnectAsync(options, run.receiver, NullLogger.Instance, run.time, until);
                }
                catch (SmppException failure) when (isWorthRetrying(failure))
                {
                    // Tried again below.
                    if (failure is SmppBindException refusal)
                    {
                        Count(run.bindRefusals, refusal.Status);
                    }
                }
                catch (OperationCanceledException) when (until.IsCancellationRequested)
                {
                    return null;
                }
                await Task.Delay(delay, run.time, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (until.IsCancellationRequested)
                {
                    return null;
                }
            }
        }

        // One slot of the window. One continuation a submit; pauses and pacing are shared by all slots.
        async Task SubmitAsync(SmppSession session)
        {
            var holds = false;
            while (session.CloseReason == SmppCloseReason.None && (holds || (holds = run.tickets.TryTake())))
            {
                if (!pausing.IsCompleted)
                {
                    await pausing;
                }
                if (run.pacer is { } pacer)
                {
                    await pacer.WaitAsync();
                }
                if (run.tickets.IsClosed)
                {
                    break;
                }
                var number = (uint)Interlocked.Increment(ref run.lastNumber);
                var submit = run.messages.Make(number);
                var sentAt = run.time.GetTimestamp();
                if (run.Record(number, await session.SendAsync(submit, CancellationToken.None), sentAt) == SubmitEnding.Resolved)
                {
                    holds = false;
                    run.tickets.Resolve();
                    pause = firstPause;
                }
                else
                {
                    Pause();
                }
            }
            if (holds)
            {
                run.tickets.GiveBack();
            }
        }

        // The whole bind slows down together, longer each time until something is taken again.
        void Pause()
        {
            lock (gate)
            {
                if (pausing.IsCompleted)
                {
                    pausing = Task.Delay(pause, run.time);
                    pause = pause * 2 < lastPause ? pause * 2 : lastPause;
                }
            }
        }
    }
}
