using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Smpp.Pdus;

namespace Smpp.Sessions;

/// <summary>
/// One SMPP session over any transport, either role.
/// </summary>
/// <remarks>
/// <code>
///            (1) bytes -> frames -> PDUs                    (3) handler's answer
/// Input ──────► read loop ──(2) requests──► SmppSessionHandler ────────┐
///                   │ responses                                        ▼
///                   └──────► RequestWindow          bounded channel of PDUs ──(4) write loop──► Output
///                               ▲    (5) SendAsync ───────────────────▲
///                               └──────────┘
/// </code>
/// The read loop never waits for a handler; the write loop is the only writer of the transport; a tick asks
/// <c>SessionTimers</c> what is due.
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "RunAsync owns the session's life: it leaves the ticker, and the token source holds no timer and no wait handle."
)]
public sealed partial class SmppSession
{
    readonly IDuplexPipe transport;
    readonly SmppSessionOptions options;
    readonly SmppSessionHandler handler;
    readonly ILogger logger;
    readonly TimeProvider time;
    readonly long startedAt;
    readonly RequestWindow window;
    readonly Channel<Outgoing> outgoing;
    readonly CancellationTokenSource closing = new();
    readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock timersGate = new();

    SessionTimers timers;
    volatile SessionState state;
    volatile bool sendable;
    volatile bool unbinding;
    volatile bool isSilent;
    int closeReason;
    bool bindStarted;
    Task binding = Task.CompletedTask;
    int unbindReceived;
    int ticking;
    int inFlight;
    volatile int maxInFlight;
    TaskCompletionSource? idle;
    long received;
    long sent;
    long lateResponses;
    long throttled;
    long lastReceived = long.MinValue;
    volatile uint lastCommand;
    volatile SmppTrace? trace;

    /// <summary>Makes a session; <see cref="RunAsync"/> starts it.</summary>
    public SmppSession(
        IDuplexPipe transport,
        SessionRole role,
        SmppSessionOptions options,
        SmppSessionHandler handler,
        ILogger logger,
        TimeProvider time
    )
    {
        this.transport = transport;
        this.options = options;
        this.handler = handler;
        this.logger = logger;
        this.time = time;
        Role = role;
        trace = options.Trace;
        startedAt = time.GetTimestamp();
        window = new RequestWindow(options.Window);
        maxInFlight = options.MaxInFlightRequests;
        timers = new SessionTimers(options);
        sendable = role == SessionRole.Esme;
        outgoing = Channel.CreateBounded<Outgoing>(
            new BoundedChannelOptions(options.WriteQueueLength) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait }
        );
    }

    /// <summary>Our end.</summary>
    public SessionRole Role { get; }

    /// <summary>Where the session stands.</summary>
    public SessionState State => state;

    /// <summary>How it is bound; null before.</summary>
    public BindMode? Mode { get; private set; }

    /// <summary>The ESME's system_id, once bound.</summary>
    public string SystemId { get; private set; } = "";

    /// <summary>
    /// As SMSC: the interface_version of the ESME's bind. As ESME: the lower one of what we asked for and the SMSC's sc_interface_version,
    /// which many SMSCs of 3.4 leave out. It decides about what is sent (<see cref="SmppVersions"/>); 0 before the bind.
    /// </summary>
    public byte InterfaceVersion { get; private set; }

    /// <summary>The peer's requests that may be in handlers at a time. The owner may set it at any time, for one after the bind.</summary>
    public int MaxInFlightRequests
    {
        get => maxInFlight;
        set => maxInFlight = value;
    }

    /// <summary>The peer's requests in handlers now.</summary>
    public int RequestsInFlight => Volatile.Read(ref inFlight);

    /// <summary>Free slots for requests of ours.</summary>
    public int WindowFree => window.Free;

    /// <summary>
    /// Whether nothing came from the peer since an enquire_link of ours: the link may be dead. A sender that has another one sends there.
    /// </summary>
    public bool IsSilent => isSilent;

    /// <summary>PDUs received.</summary>
    public long Received => Interlocked.Read(ref received);

    /// <summary>PDUs sent.</summary>
    public long Sent => Interlocked.Read(ref sent);

    /// <summary>Responses that nobody waited for (any more).</summary>
    public long LateResponses => Interlocked.Read(ref lateResponses);

    /// <summary>Requests answered ESME_RTHROTTLED because <see cref="MaxInFlightRequests"/> were in handlers.</summary>
    public long Throttled => Interlocked.Read(ref throttled);

    /// <summary>When a PDU last came; null when none did.</summary>
    public DateTimeOffset? LastReceived =>
        Interlocked.Read(ref lastReceived) is var ticks && ticks == long.MinValue
            ? null
            : time.GetUtcNow() - (Now - TimeSpan.FromTicks(ticks));

    /// <summary>The command_id of the PDU that last came; null when none did.</summary>
    public CommandId? LastCommand => lastCommand == 0 ? null : (CommandId)lastCommand;

    /// <summary>Sees every PDU from now on, each before it is acted upon; null, as by default, costs a comparison. Set at any time.</summary>
    public SmppTrace? Trace
    {
        get => trace;
        set => trace = value;
    }

    /// <summary>The owner's state of this session.</summary>
    public object? Tag { get; set; }

    /// <summary>Whether a drain began: <see cref="UnbindAsync"/> sets it, the owner may earlier, for its handler to look at.</summary>
    public bool IsDraining { get; set; }

    /// <summary>What answers an outbind instead of the handler: the listener that waits for it.</summary>
    internal Func<SmppSession, Outbind, CancellationToken, ValueTask>? Outbound { get; init; }

    /// <summary>Done when <see cref="RunAsync"/> is; never faults.</summary>
    public Task Completion => completion.Task;

    /// <summary>Why the session ended.</summary>
    public SmppCloseReason CloseReason => (SmppCloseReason)Volatile.Read(ref closeReason);

    TimeSpan Now => time.GetElapsedTime(startedAt);

    /// <summary>
    /// Runs the session until it is closed and its handlers are done. Never throws for what a peer or a network does. Cancelling aborts it.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        SmppLog.SessionStarted(logger, Role);
        using var registration = cancellationToken.UnsafeRegister(static session => ((SmppSession)session!).Abort("cancelled"), this);
        var ticker = SessionTicker.Of(time, TickPeriod());
        ticker.Add(this);
        try
        {
            var writing = WriteLoopAsync();
            var reading = ReadLoopAsync();

            // Whichever loop ends first ends the other: both pipes belong to one connection.
            if (await Task.WhenAny(reading, writing).ConfigureAwait(false) == reading)
            {
                outgoing.Writer.TryComplete();
            }
            else
            {
                Wake(transport.Input.CancelPendingRead);
            }
            await Task.WhenAll(reading, writing).ConfigureAwait(false);
        }
        finally
        {
            ticker.Remove(this);
            await FinishAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends the session orderly: sends unbind, goes on answering the peer until its unbind_resp or <paramref name="timeout"/>, then closes.
    /// Returns when the session has ended.
    /// </summary>
    public async Task UnbindAsync(TimeSpan timeout)
    {
        IsDraining = true;
        if (!state.IsBound() || unbinding)
        {
            if (!unbinding)
            {
                CloseAfterFlush(SmppCloseReason.Unbound);
            }
            await Completion.ConfigureAwait(false);
            return;
        }
        unbinding = true;
        using var deadline = new CancellationTokenSource(timeout, time);
        try
        {
            var reply = await SendCoreAsync(new PendingRequest<UnbindResp>(Unbind.Instance, holdsSlot: false), deadline.Token)
                .AsTask()
                .WaitAsync(deadline.Token)
                .ConfigureAwait(false);
            // What the peer sent before its unbind_resp is still answered: its sender counts on it.
            await WaitIdleAsync().WaitAsync(deadline.Token).ConfigureAwait(false);
            CloseAfterFlush(reply.Outcome == ReplyOutcome.Answered ? SmppCloseReason.Unbound : SmppCloseReason.UnbindTimeout);
            await Completion.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The peer did not answer in time; what it sent and we could not answer, it will repeat elsewhere.
            Close(SmppCloseReason.UnbindTimeout);
        }
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the session at once, without unbind.</summary>
    public void Abort(string reason)
    {
        if (Close(SmppCloseReason.Aborted))
        {
            SmppLog.SessionAborted(logger, SystemId, reason);
        }
    }

    // Ends both loops now; what is queued for writing is dropped.
    bool Close(SmppCloseReason reason)
    {
        var first = SetReason(reason);
        outgoing.Writer.TryComplete();
        _ = closing.CancelAsync(); // on the pool: what owners hang on the token must not run, or throw, on our loops or the tick
        Wake(transport.Output.CancelPendingFlush);
        Wake(transport.Input.CancelPendingRead);
        return first;
    }

    static void Wake(Action cancelPending)
    {
        try
        {
            cancelPending();
        }
        catch (ObjectDisposedException)
        {
            // A stream's pipe that its loop has completed: there is nothing left to wake.
        }
    }

    // Lets the write loop put out what is queued; its end ends the session.
    void CloseAfterFlush(SmppCloseReason reason)
    {
        SetReason(reason);
        outgoing.Writer.TryComplete();
    }

    bool SetReason(SmppCloseReason reason) =>
        Interlocked.CompareExchange(ref closeReason, (int)reason, (int)SmppCloseReason.None) == (int)SmppCloseReason.None;

    // The one place where a state is left for another before the end.
    void Transition(SessionState next, Bind? bind = null)
    {
        if (bind is not null)
        {
            Mode = bind.Mode;
            SystemId = bind.SystemId;
            InterfaceVersion = bind.InterfaceVersion;
        }
        state = next;
        if (next.IsBound())
        {
            lock (timersGate)
            {
                timers.Bound();
            }
            SmppLog.SessionBound(logger, SystemId, next, InterfaceVersion);
        }
    }

    async Task FinishAsync()
    {
        SetReason(SmppCloseReason.PeerClosed);
        state = SessionState.Closed;
        await closing.CancelAsync().ConfigureAwait(false);
        outgoing.Writer.TryComplete();

        // A bind still in the handler ends first: OnClosedAsync gives back what OnBindAsync took, so it must be the last to speak.
        await binding.ConfigureAwait(false);

        var unanswered = new List<IPdu>();
        foreach (var request in window.Close())
        {
            if (!request.TryWithdraw() && request.HoldsSlot)
            {
                unanswered.Add(request.Request);
            }
            request.FailUnanswered(ReplyOutcome.Closed);
        }
        SmppLog.SessionClosed(logger, SystemId, CloseReason, unanswered.Count);
        try
        {
            await handler.OnClosedAsync(this, CloseReason, unanswered).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever the owner's code throws, the session is over and its other waiters must learn so.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            SmppLog.HandlerFailed(logger, exception, SystemId, nameof(SmppSessionHandler.OnClosedAsync));
        }
        await WaitIdleAsync().ConfigureAwait(false);
        completion.TrySetResult();
    }

    Task WaitIdleAsync()
    {
        var waiter = Volatile.Read(ref idle);
        if (waiter is null)
        {
            var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiter = Interlocked.CompareExchange(ref idle, created, null) ?? created;
        }
        if (Volatile.Read(ref inFlight) == 0)
        {
            Interlocked.CompareExchange(ref idle, null, waiter);
            waiter.TrySetResult();
        }
        return waiter.Task;
    }

    // By the ticker, which all sessions share.
    internal void OnTick()
    {
        // A tick that outlasts the period must not run twice at a time; the next one does its work.
        if (Interlocked.Exchange(ref ticking, 1) != 0)
        {
            return;
        }
        var now = Now;
        if (options.ResponseTimeout >= TimeSpan.Zero)
        {
            foreach (var expired in window.TakeSentUntil(now - options.ResponseTimeout))
            {
                SmppLog.ResponseTimedOut(logger, SystemId, expired.Request.CommandId, expired.Sequence);
                expired.FailUnanswered(ReplyOutcome.Timeout);
            }
        }
        (TimerAction Action, SmppCloseReason Reason) due;
        lock (timersGate)
        {
            due = timers.Tick(now, isWaiting: window.Free < options.Window);
            isSilent = timers.IsEnquiring;
        }
        switch (due.Action)
        {
            case TimerAction.SendEnquireLink:
                SendEnquireLink(now);
                break;
            case TimerAction.Close:
                Close(due.Reason);
                break;
        }
        Volatile.Write(ref ticking, 0);
    }

    void SendEnquireLink(TimeSpan now)
    {
        // A full write queue needs no keep-alive: the flush that blocks it has its own deadline.
        var enquiry = new PendingRequest<EnquireLinkResp>(EnquireLink.Instance, holdsSlot: false);
        if (window.TryAdd(enquiry, now) && !outgoing.Writer.TryWrite(new Outgoing(enquiry.Request, enquiry.Sequence, enquiry)))
        {
            window.Take(enquiry.Sequence);
        }
    }

    // Fine enough for the shortest timer, never busier than twenty ticks a second, nor lazier than one.
    TimeSpan TickPeriod()
    {
        TimeSpan[] limits =
        [
            options.SessionInitTimeout,
            options.EnquireLinkInterval,
            options.EnquireLinkTimeout,
            options.InactivityTimeout,
            options.ResponseTimeout,
            options.ReadTimeout,
            options.WriteTimeout,
        ];
        var shortest = limits.Where(limit => limit > TimeSpan.Zero).DefaultIfEmpty(TimeSpan.FromSeconds(4)).Min();
        return TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 50, 1000));
    }

    readonly record struct Outgoing(IPdu Pdu, uint Sequence, PendingRequest? Pending = null);
}
