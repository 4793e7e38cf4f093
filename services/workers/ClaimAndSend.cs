using System.Collections.Concurrent;
using System.Collections.Immutable;
using Contracts;
using Messaging;
using Persistence.Configuration;
using Persistence.Ledger;
using Persistence.Snapshot;

namespace Workers;

/// <summary>
/// Queues <c>dispatch-&lt;connector&gt;-high</c> and <c>dispatch-&lt;connector&gt;</c> → claim → submit_sm → answer → queue <c>events</c>, for
/// one connector over all its binds here. Takes from the queues only what can be sent soon; a connector that is not bound takes nothing.
/// </summary>
internal sealed partial class ClaimAndSend : IAsyncDisposable
{
    private readonly MessageLedger ledger;
    private readonly AnswerWriter answers;
    private readonly EnvelopeSender<MessageEvent> events;
    private readonly WorkersOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    /// <summary>Items received and not claimed yet; bounded by what is received: see <see cref="Room"/>.</summary>
    private readonly ItemsInHand waiting = new();

    /// <summary>Parts that a slot here claims or has on the wire: of two copies the second knows of the first. Bounded by what is received.</summary>
    private readonly ConcurrentDictionary<(MessageId Id, short Number), bool> underWay = new();
    private readonly DispatchLane[] lanes;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly Dictionary<OperatorSession, Task> pumps = [];
    private readonly Task receiving;
    private readonly SnapshotSource configuration;
    private volatile Connector connector;
    private volatile StatusTable statuses;
    private ImmutableList<OperatorSession> sessions = [];

    public ClaimAndSend(
        Connector connector,
        SnapshotSource configuration,
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
        this.connector = connector;
        this.configuration = configuration;
        statuses = new StatusTable(connector.ErrorMap);
        this.ledger = ledger;
        this.answers = answers;
        this.events = events;
        this.options = options;
        this.time = time;
        this.logger = logger;
        lanes = [Lane(QueueNames.DispatchHigh(connector.Id), isHigh: true), Lane(QueueNames.Dispatch(connector.Id), isHigh: false)];
        receiving = Task.WhenAll(lanes.Select(ReceiveAsync));

        DispatchLane Lane(string name, bool isHigh) =>
            new(new EnvelopeReader<MessageRouted>(queue, name, ContractsJson.Default.MessageRouted, readerOptions, time, logger), isHigh);
    }

    /// <summary>The connector as it is configured now.</summary>
    public Connector Connector
    {
        get => connector;
        set
        {
            if (!ReferenceEquals(value, connector))
            {
                connector = value;
                statuses = new StatusTable(value.ErrorMap);
            }
        }
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

        Wake();
        await (pump ?? Task.CompletedTask);
    }

    /// <summary>Something changed: a bind came or went, a window got room, a message was finished.</summary>
    public void Wake()
    {
        var canSend = CanSend();
        foreach (var lane in lanes)
        {
            lane.Wake(canSend);
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
        GiveBackWaiting();
        await Task.WhenAll(lanes.Select(lane => lane.Reader.StopAsync(options.DrainTimeout)));
    }

    /// <summary>Frees what a drained connector held.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var lane in lanes)
        {
            await lane.DisposeAsync();
        }

        stopping.Dispose();
        waiting.Dispose();
    }

    private bool CanSend() => sessions.Any(session => session.Sendable is not null);

    /// <summary>
    /// How many items a lane may receive now: the windows' room and as much again in hand, so that they never run dry, but no more than the pace
    /// lets out soon; of the normal lane a tenth of it while urgent ones wait.
    /// </summary>
    private int Room(DispatchLane lane)
    {
        var soon = 0d;
        var isPaced = false;
        foreach (var session in sessions)
        {
            if (session.Sendable is not null)
            {
                var paced = session.Pace.Rate * options.TakeAhead.TotalSeconds;
                isPaced |= paced < 2 * session.Connector.Window;
                soon += Math.Min(2 * session.Connector.Window, paced);
            }
        }

        if (soon <= 0)
        {
            return 0;
        }

        soon = isPaced ? Math.Ceiling(soon) : Math.Max(soon, options.MinInHand);
        if (!lane.IsHigh && waiting.HighWaits)
        {
            soon = Math.Ceiling(soon * LaneShare.NormalFloor);
        }

        return (int)soon - lane.InHand;
    }

    private async Task ReceiveAsync(DispatchLane lane)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var room = Room(lane);
                if (room <= 0)
                {
                    GiveBackWhenUnbound();
                    await lane.WaitAsync(ReceivePoll, stopping.Token);
                    continue;
                }

                // An envelope has up to a hundred items: with little room, one at a time.
                var envelopes = Math.Clamp(room / 100, 1, 10);
                foreach (var lease in await lane.ReceiveAsync(envelopes, ReceiveWait, CanSend, stopping.Token))
                {
                    lane.Received(lease.Items.Count);
                    foreach (var item in lease.Items)
                    {
                        waiting.Add(new LaneItem(item, lane));
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
                WorkersLog.NotReceived(logger, lane.Reader.QueueName, e.Message);
                await Task.Delay(ReceivePoll, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static readonly TimeSpan ReceivePoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReceiveWait = TimeSpan.FromSeconds(20);

    /// <summary>Without a bind, what is in hand helps nobody: another worker may have one.</summary>
    private void GiveBackWhenUnbound()
    {
        if (!CanSend())
        {
            GiveBackWaiting();
        }
    }

    private void GiveBackWaiting()
    {
        while (waiting.TryReserve())
        {
            Settle(waiting.Take(), i => i.Release(TimeSpan.Zero));
        }
    }

    private void Settle(LaneItem item, Action<LeasedItem<MessageRouted>> how)
    {
        how(item.Leased);
        item.Lane.Settled();
        Wake();
    }

    /// <summary>One slot's loop: as many items as its window and its pace have room for, claimed in one statement, then sent.</summary>
    private async Task PumpAsync(OperatorSession slot)
    {
        var onTheWire = new List<Task>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, slot.Closing);
        try
        {
            while (true)
            {
                onTheWire.RemoveAll(task => task.IsCompleted);
                await RoomAsync(slot, stop.Token);
                await waiting.WaitAsync(stop.Token);
                // It may have waited long.
                if (ReadyAfter(slot) > TimeSpan.Zero || slot.Sendable is not { } session)
                {
                    waiting.GiveUp();
                    continue;
                }

                var parts = new List<Part>();
                do
                {
                    AddParts(parts, slot, waiting.Take(), onTheWire);
                } while (
                    parts.Count < Math.Min(session.WindowFree, options.ClaimBatch)
                    && slot.Pace.Wait() == TimeSpan.Zero
                    && waiting.TryReserve()
                );
                if (parts.Count > 0)
                {
                    await ClaimBatchAsync(slot, session, parts, onTheWire);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Draining, or the slot is given back: what is on the wire is waited for below.
        }

        await Task.WhenAny(Task.WhenAll(onTheWire), Task.Delay(options.DrainTimeout, time));
    }

    /// <summary>Waits until the slot may submit, and a moment longer where it has room for a few only: a claim of one costs as much as of ten.</summary>
    private static async Task RoomAsync(OperatorSession slot, CancellationToken cancellationToken)
    {
        slot.AskForRoom(1);
        while (ReadyAfter(slot) is var wait && wait > TimeSpan.Zero)
        {
            // The window frees with an answer; the bind and the pace come with time.
            await slot.Room.WaitAsync(wait, cancellationToken);
        }

        var worthClaiming = Math.Max(1, slot.Connector.Window / 4);
        slot.AskForRoom(worthClaiming);
        if (slot.Sendable is { } session && session.WindowFree < worthClaiming)
        {
            await slot.Room.WaitAsync(WindowGathers, cancellationToken);
        }
    }

    /// <summary>When to look again whether the slot may submit; zero: it may now.</summary>
    private static TimeSpan ReadyAfter(OperatorSession slot)
    {
        if (slot.Sendable is not { } session)
        {
            return UnboundPoll;
        }

        if (session.WindowFree == 0)
        {
            return WindowPoll;
        }

        // Not for every single part: what gathers meanwhile is claimed in one statement.
        var paced = slot.Pace.Wait();
        return paced > TimeSpan.Zero && paced < PaceGathers ? PaceGathers : paced;
    }

    private static readonly TimeSpan UnboundPoll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WindowPoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WindowGathers = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan PaceGathers = TimeSpan.FromMilliseconds(20);
}
