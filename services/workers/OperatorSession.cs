using Contracts;
using Messaging;
using Persistence;
using Persistence.Configuration;
using Persistence.Leases;
using Persistence.Ledger;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Workers;

/// <summary>
/// One bind slot that this process holds: keeps its bind to the operator open (or its pair of binds), with back-off, as long as the lease is
/// ours. Past the lease's deadline (monotonic, counted from before the renewal was sent) nothing is submitted on it and nothing is bound anew.
/// </summary>
internal sealed class OperatorSession : IAsyncDisposable
{
    private readonly OperatorCredentials credentials;
    private readonly WorkersOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationToken closing;
    private readonly Action changed;
    private readonly RecentCount answered;
    private readonly IOperatorLink[] links;
    private readonly Task watching;

    /// <summary>On its way to be unbound: nothing more is submitted on it.</summary>
    private volatile SmppSession? resting;
    private Task rebinding = Task.CompletedTask;
    private long deadline;
    private long throttled;
    private int roomAsked = 1;

    /// <param name="lease">The slot.</param>
    /// <param name="connector">Whose it is.</param>
    /// <param name="idFormat">How its receipts write ids as it is configured now.</param>
    /// <param name="credentials">The passwords.</param>
    /// <param name="options">Limits and timers.</param>
    /// <param name="events">Where receipts go.</param>
    /// <param name="inbound">Where messages go.</param>
    /// <param name="called">Where the operator calls us: makes the link that waits for it; null: we call.</param>
    /// <param name="leasedAt">When the statement that took the lease was sent.</param>
    /// <param name="changed">Told when a bind came or went.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public OperatorSession(
        SlotLease lease,
        Connector connector,
        Func<DlrIdFormat> idFormat,
        OperatorCredentials credentials,
        WorkersOptions options,
        EnvelopeSender<MessageEvent> events,
        EnvelopeSender<InboundReceived> inbound,
        Func<OperatorSession, CalledLink>? called,
        long leasedAt,
        Action changed,
        TimeProvider time,
        ILogger logger
    )
    {
        Lease = lease;
        Connector = connector;
        closing = stopping.Token;
        this.credentials = credentials;
        this.options = options;
        this.changed = changed;
        this.time = time;
        this.logger = logger;
        answered = new RecentCount(time);
        Pace = new SlotPace(time);
        LimitPace(connector.Tps);
        Renewed(leasedAt);
        links = called is null ? Dial(new ReceiveFromOperator(connector, idFormat, events, inbound, time)) : [called(this)];
        foreach (var link in links)
        {
            link.Changed += OnChanged;
        }

        watching = connector.Overlap == OverlapPolicy.Strict ? UnbindBeforeLeaseEndsAsync() : Task.CompletedTask;
    }

    /// <summary>The lease.</summary>
    public SlotLease Lease { get; }

    /// <summary>The connector as it was when the slot was taken; a change of how it binds makes a new session.</summary>
    public Connector Connector { get; }

    /// <summary>How fast it may submit.</summary>
    public SlotPace Pace { get; }

    /// <summary>Called when the window has as much room as was asked for.</summary>
    public WakeUp Room { get; } = new();

    /// <summary>What the other workers were told of it last, as far as they divide a limit.</summary>
    public SlotReport? Told { get; set; }

    /// <summary>True while the bind is open; of a pair, the one that submits.</summary>
    public bool IsBound => IsOpen(links[0]);

    /// <summary>True from the moment nothing more is to be submitted on this slot.</summary>
    public bool IsClosing => closing.IsCancellationRequested;

    /// <summary>Cancelled from that moment on.</summary>
    public CancellationToken Closing => closing;

    /// <summary>
    /// The session to submit on, or null when nothing may be submitted: not bound, stopping, past the lease's deadline, or the operator is silent
    /// and an enquire_link asks whether it is there: what is sent on a dead link waits for its end, while another bind may be alive.
    /// </summary>
    public SmppSession? Sendable =>
        links[0].Session is { State: SessionState.BoundTrx or SessionState.BoundTx, IsSilent: false } bound
        && bound != resting
        && !IsClosing
        && IsLeased()
            ? bound
            : null;

    /// <summary>What it is doing, for people.</summary>
    public string State =>
        IsClosing ? "stopping"
        : Array.TrueForAll(links, IsOpen) ? "bound"
        : !IsLeased() ? "waiting for its lease"
        : Array.Find(links, link => link.IsWaiting)?.Doing ?? "connecting";

    /// <summary>Follows the connector's parts a second for all its binds; null: unlimited. A bind's share of them comes with <see cref="SlotPace.Share"/>.</summary>
    public void LimitPace(int? tps)
    {
        if (tps is null)
        {
            Pace.Unlimit();
        }
        else
        {
            Pace.Limit();
        }
    }

    /// <summary>All of it, for people and for the other workers.</summary>
    /// <param name="tps">The connector's parts a second; null: unlimited.</param>
    public SlotReport Report(int? tps)
    {
        // On its way out it submits no more: the others may have its share.
        var submits = IsBound && !IsClosing;
        if (!submits)
        {
            Pace.Close();
        }

        var window = Connector.Window;
        var rate = Pace.Rate;
        return new SlotReport(
            Lease,
            submits,
            State,
            Array.Find(links, link => link.Session is null)?.LastFailure ?? links[0].LastFailure ?? links[^1].LastFailure,
            window,
            links[0].Session is { } session ? Math.Max(0, window - session.WindowFree) : 0,
            answered.PerSecond,
            double.IsPositiveInfinity(rate) ? null : (float)rate,
            Interlocked.Read(ref throttled),
            tps,
            Pace.Granted
        );
    }

    /// <summary>Moves the deadline: the lease was renewed by a statement sent at <paramref name="sentAt"/> (a timestamp of the clock).</summary>
    public void Renewed(long sentAt) =>
        Volatile.Write(ref deadline, sentAt + (long)(BindSlots.TimeToLive.TotalSeconds * time.TimestampFrequency));

    /// <summary>Has <see cref="Room"/> called at an answer after which so many may be submitted.</summary>
    public void AskForRoom(int parts) => Volatile.Write(ref roomAsked, parts);

    /// <summary>Submits one part.</summary>
    public async ValueTask<SmppReply<SubmitSmResp>> SubmitAsync(SmppSession on, SubmitSm pdu)
    {
        var reply = await on.SendAsync(pdu, closing);
        if (on.WindowFree >= Volatile.Read(ref roomAsked))
        {
            Room.Call();
        }

        if (reply.Outcome == ReplyOutcome.NotSent)
        {
            Pace.GiveBack(1);
            return reply;
        }

        answered.Add();
        if (reply.Outcome == ReplyOutcome.Answered && reply.Status is CommandStatus.Throttled or CommandStatus.MsgQFul)
        {
            Interlocked.Increment(ref throttled);
        }

        return reply;
    }

    /// <summary>Unbinds in order; the link binds again after its back-off, or when the operator calls. While that is under way, asking again changes nothing.</summary>
    public void Rebind()
    {
        if (rebinding.IsCompleted && !IsClosing)
        {
            rebinding = RebindAsync();
        }
    }

    private async Task RebindAsync()
    {
        resting = links[0].Session;
        changed();
        if (resting is { } session)
        {
            // What is on the wire has its time, as at a stop.
            var since = time.GetTimestamp();
            while (
                session.WindowFree < Connector.Window
                && time.GetElapsedTime(since) < options.DrainTimeout
                && !IsClosing
                && !session.Completion.IsCompleted
            )
            {
                await Task.Delay(DrainPoll, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Task.WhenAll(links.Select(link => link.Session?.UnbindAsync(options.UnbindTimeout) ?? Task.CompletedTask));
    }

    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Stops submitting; submits on the wire keep their chance to be answered until <see cref="DisposeAsync"/>.</summary>
    public async Task StopSubmittingAsync()
    {
        await stopping.CancelAsync();
        Array.ForEach(links, link => link.Close());
        changed();
    }

    /// <summary>Unbinds in order and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopSubmittingAsync();
        await Task.WhenAll(links.Select(link => link.StopAsync()));
        await watching;
        await rebinding;
        stopping.Dispose();
    }

    /// <summary>
    /// The bind that submits is the first. Of a pair both are one slot: an operator that counts them apart allows twice as many connections as
    /// the connector has binds.
    /// </summary>
    private static BindMode[] Modes(BindType type) =>
        type switch
        {
            BindType.TransmitterReceiver => [BindMode.Transmitter, BindMode.Receiver],
            BindType.Transmitter => [BindMode.Transmitter],
            BindType.Receiver => [BindMode.Receiver],
            _ => [BindMode.Transceiver],
        };

    private static bool IsOpen(IOperatorLink link) => link.Session is { } session && session.State.IsBound();

    /// <summary>Whether the lease allows to submit: asked at every flush.</summary>
    public bool IsLeased() => time.GetTimestamp() < Volatile.Read(ref deadline);

    // On the link's own loop.
    private void OnChanged(IOperatorLink link)
    {
        if (link == links[0] && link.Session is null)
        {
            // When it is bound again, the others' paces have to make room first.
            Pace.Close();
        }

        if (link.Session is not null)
        {
            WorkersLog.Bound(logger, Lease.Connector, Lease.Slot, link.Peer);
        }
        else if (link.IsWaiting && !IsClosing && link.LastFailure is { } failure)
        {
            WorkersLog.Unbound(logger, Lease.Connector, Lease.Slot, failure);
        }

        changed();
    }

    /// <summary>
    /// <see cref="OverlapPolicy.Strict"/>: when the lease could not be renewed, the bind is closed before another worker can have the slot. The
    /// link binds again when the lease was renewed after all.
    /// </summary>
    private async Task UnbindBeforeLeaseEndsAsync()
    {
        while (!IsClosing)
        {
            var left = time.GetElapsedTime(time.GetTimestamp(), Volatile.Read(ref deadline)) - options.UnbindTimeout;
            if (left <= TimeSpan.Zero)
            {
                await Task.WhenAll(links.Select(link => link.Session?.UnbindAsync(options.UnbindTimeout) ?? Task.CompletedTask));
                left = StrictPoll;
            }

            await Task.Delay(left > StrictPoll ? left : StrictPoll, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static readonly TimeSpan StrictPoll = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether the lease lasts long enough to bind.</summary>
    public bool MayBind() =>
        time.GetElapsedTime(time.GetTimestamp(), Volatile.Read(ref deadline))
        > (Connector.Overlap == OverlapPolicy.Strict ? options.UnbindTimeout : TimeSpan.Zero);

    /// <summary>The limits and timers of a session with an operator, whoever called.</summary>
    public static SmppSessionOptions SessionOptions(Connector connector, WorkersOptions options) =>
        new()
        {
            Window = connector.Window,
            MaxInFlightRequests = options.ReceiveWindow,
            EnquireLinkInterval = TimeSpan.FromSeconds(connector.EnquireLinkSeconds),
            EnquireLinkTimeout = options.EnquireLinkTimeout,
            ResponseTimeout = options.ResponseTimeout,
        };

    private IOperatorLink[] Dial(ReceiveFromOperator handler) =>
        [.. Modes(Connector.BindType).Select(mode => new DialledLink(LinkOptions(mode), handler, time, logger))];

    private SmppLinkOptions LinkOptions(BindMode mode) =>
        new()
        {
            FirstDelay = options.FirstReconnect,
            MaxDelay = options.MaxReconnect,
            MaxDelayTaken = options.MaxReconnectTaken,
            UnbindTimeout = options.UnbindTimeout,
            MayBind = MayBind,
            Password = (refused, cancellationToken) => credentials.PasswordAsync(Connector, refused, cancellationToken),
            Client = new SmppClientOptions
            {
                Host = Connector.Host,
                Port = Connector.Port,
                BindMode = mode,
                SystemId = Connector.SystemId,
                SystemType = Connector.SystemType,
                InterfaceVersion = (byte)Connector.InterfaceVersion,
                Tls = Connector.Tls ? new() { TargetHost = Connector.Host } : null,
                // Checked once more at the flush: a process that was frozen in between must not submit on a lease that is over.
                Session = SessionOptions(Connector, options) with
                {
                    MaySend = IsLeased,
                },
            },
        };
}
