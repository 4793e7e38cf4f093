using System.Collections.Immutable;
using System.Threading.Channels;
using Contracts;
using Messaging;
using Persistence.Ledger;

namespace Workers;

/// <summary>
/// Queue <c>dispatch-&lt;connector&gt;</c> → claim → submit_sm → answer → queue <c>events</c>, for one connector over all its binds
/// here. Takes from the queue only what the windows have room for; a connector that is not bound takes nothing.
/// </summary>
internal sealed partial class ClaimAndSend : IAsyncDisposable
{
    private readonly EnvelopeReader<MessageRouted> reader;
    private readonly MessageLedger ledger;
    private readonly AnswerWriter answers;
    private readonly EnvelopeSender<MessageEvent> events;
    private readonly WorkersOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    /// <summary>Items received and not claimed yet. Unbounded in type, bounded by what is received: see <see cref="Room"/>.</summary>
    private readonly Channel<LeasedItem<MessageRouted>> pending = Channel.CreateUnbounded<LeasedItem<MessageRouted>>();
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly Lock gate = new();
    private readonly Dictionary<OperatorSession, Task> pumps = [];
    private readonly Task receiving;
    private ImmutableList<OperatorSession> sessions = [];
    private int inHand;

    public ClaimAndSend(
        string connector,
        IMessageQueue queue,
        MessageLedger ledger,
        AnswerWriter answers,
        EnvelopeSender<MessageEvent> events,
        WorkersOptions options,
        EnvelopeReaderOptions readerOptions,
        TimeProvider time,
        ILogger logger
    )
    {
        this.ledger = ledger;
        this.answers = answers;
        this.events = events;
        this.options = options;
        this.time = time;
        this.logger = logger;
        reader = new EnvelopeReader<MessageRouted>(
            queue,
            QueueNames.Dispatch(connector),
            ContractsJson.Default.MessageRouted,
            readerOptions,
            time,
            logger
        );
        receiving = ReceiveAsync();
    }

    /// <summary>The slots of this connector held here.</summary>
    public IReadOnlyList<OperatorSession> Sessions => sessions;

    /// <summary>Adds a slot.</summary>
    public void Add(OperatorSession session)
    {
        lock (gate)
        {
            sessions = sessions.Add(session);
            pumps[session] = PumpAsync(session);
        }

        Wake();
    }

    /// <summary>Stops submitting on a slot; what it has on the wire is waited for, bounded.</summary>
    public async Task RemoveAsync(OperatorSession session)
    {
        await session.StopSubmittingAsync();
        Task? pump;
        lock (gate)
        {
            sessions = sessions.Remove(session);
            pumps.Remove(session, out pump);
        }

        await (pump ?? Task.CompletedTask);
    }

    /// <summary>Something changed: a bind came or went, a window got room, a message was finished.</summary>
    public void Wake()
    {
        lock (gate)
        {
            if (wake.CurrentCount == 0)
            {
                wake.Release();
            }
        }
    }

    /// <summary>Stops receiving and submitting, waits for what is on the wire (bounded), and gives the rest back to the queue.</summary>
    public async Task DrainAsync()
    {
        await stopping.CancelAsync();
        await receiving;
        foreach (var session in sessions)
        {
            await session.StopSubmittingAsync();
        }

        await Task.WhenAll(pumps.Values);
        GiveBackPending();
        await reader.StopAsync(options.DrainTimeout);
    }

    /// <summary>Frees what a drained lane held.</summary>
    public async ValueTask DisposeAsync()
    {
        await reader.DisposeAsync();
        stopping.Dispose();
        wake.Dispose();
    }

    /// <summary>How many items may be received now: the windows' room, and as much again in hand so that they never run dry.</summary>
    private int Room()
    {
        var windows = sessions.Sum(session => session.Sendable is null ? 0 : session.Connector.Window);
        return windows == 0 ? 0 : Math.Max(2 * windows, options.MinInHand) - Volatile.Read(ref inHand);
    }

    private async Task ReceiveAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (Room() <= 0)
                {
                    GiveBackWhenUnbound();
                    await wake.WaitAsync(ReceivePoll, stopping.Token);
                    continue;
                }

                // An envelope has up to a hundred items: with little room, one at a time.
                var envelopes = Math.Clamp(Room() / 100, 1, 10);
                foreach (var lease in await reader.ReceiveAsync(envelopes, ReceiveWait, stopping.Token))
                {
                    Interlocked.Add(ref inHand, lease.Items.Count);
                    foreach (var item in lease.Items)
                    {
                        await pending.Writer.WriteAsync(item);
                    }
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Nothing was received, whatever it was: the queue keeps it, and is asked again.
                WorkersLog.NotReceived(logger, reader.QueueName, e.Message);
                await Task.Delay(ReceivePoll, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static readonly TimeSpan ReceivePoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReceiveWait = TimeSpan.FromSeconds(20);

    /// <summary>Without a bind, what is in hand helps nobody: another worker may have one.</summary>
    private void GiveBackWhenUnbound()
    {
        if (sessions.All(session => session.Sendable is null))
        {
            GiveBackPending();
        }
    }

    private void GiveBackPending()
    {
        while (pending.Reader.TryRead(out var item))
        {
            Settle(item, i => i.Release(TimeSpan.Zero));
        }
    }

    private void Settle(LeasedItem<MessageRouted> item, Action<LeasedItem<MessageRouted>> how)
    {
        how(item);
        Interlocked.Decrement(ref inHand);
        Wake();
    }

    /// <summary>One slot's loop: as many items as its window has room for, claimed in one statement, then sent.</summary>
    private async Task PumpAsync(OperatorSession slot)
    {
        var onTheWire = new List<Task>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, slot.Closing);
        try
        {
            while (await pending.Reader.WaitToReadAsync(stop.Token))
            {
                onTheWire.RemoveAll(task => task.IsCompleted);
                if (slot.Sendable is not { WindowFree: > 0 } session)
                {
                    if (slot.IsClosing)
                    {
                        break;
                    }

                    // The window frees with an answer, the bind comes with time: whichever is first.
                    await (onTheWire.Count > 0 ? Task.WhenAny([.. onTheWire, Task.Delay(SlotPoll, time)]) : Task.Delay(SlotPoll, time));
                    continue;
                }

                var batch = new List<LeasedItem<MessageRouted>>();
                while (batch.Count < Math.Min(session.WindowFree, options.ClaimBatch) && pending.Reader.TryRead(out var item))
                {
                    batch.Add(item);
                }

                if (batch.Count > 0)
                {
                    await ClaimBatchAsync(slot, session, batch, onTheWire);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Draining, or the slot is given back: what is on the wire is waited for below.
        }

        await Task.WhenAny(Task.WhenAll(onTheWire), Task.Delay(options.DrainTimeout, time));
    }

    private static readonly TimeSpan SlotPoll = TimeSpan.FromMilliseconds(50);
}
