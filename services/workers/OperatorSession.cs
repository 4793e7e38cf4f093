using Contracts;
using Messaging;
using Persistence.Configuration;
using Persistence.Ledger;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Workers;

/// <summary>
/// One bind slot that this process holds: keeps its bind to the operator open, with back-off, as long as the lease is ours. Past the
/// lease's deadline (monotonic, counted from before the renewal was sent) nothing is submitted on it.
/// </summary>
internal sealed class OperatorSession : IAsyncDisposable
{
    private readonly WorkersOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly EnvelopeSender<MessageEvent> events;
    private readonly EnvelopeSender<InboundReceived> inbound;
    private readonly CancellationTokenSource stopping = new();
    private readonly Action changed;
    private readonly Task running;
    private readonly CancellationToken closing;
    private long deadline;
    private volatile SmppSession? session;

    public OperatorSession(
        SlotLease lease,
        Connector connector,
        WorkersOptions options,
        EnvelopeSender<MessageEvent> events,
        EnvelopeSender<InboundReceived> inbound,
        long leasedAt,
        Action changed,
        TimeProvider time,
        ILogger logger
    )
    {
        Lease = lease;
        Connector = connector;
        closing = stopping.Token;
        this.options = options;
        this.events = events;
        this.inbound = inbound;
        this.changed = changed;
        this.time = time;
        this.logger = logger;
        Pace = new SlotPace(time);
        Renewed(leasedAt);
        running = RunAsync();
    }

    /// <summary>The lease.</summary>
    public SlotLease Lease { get; }

    /// <summary>The connector as it was when the slot was taken; a change makes a new session.</summary>
    public Connector Connector { get; }

    /// <summary>How fast it may submit.</summary>
    public SlotPace Pace { get; }

    /// <summary>What it is doing, for people.</summary>
    public string State { get; private set; } = "connecting";

    /// <summary>Why it last failed.</summary>
    public string? LastError { get; private set; }

    /// <summary>True while the bind is open.</summary>
    public bool IsBound => session is { State: SessionState.BoundTrx or SessionState.BoundTx or SessionState.BoundRx };

    /// <summary>True from the moment nothing more is to be submitted on this slot.</summary>
    public bool IsClosing => closing.IsCancellationRequested;

    /// <summary>Cancelled from that moment on.</summary>
    public CancellationToken Closing => closing;

    /// <summary>The session to submit on, or null when nothing may be submitted: not bound, stopping, or past the lease's deadline.</summary>
    public SmppSession? Sendable =>
        session is { State: SessionState.BoundTrx or SessionState.BoundTx } bound && !closing.IsCancellationRequested && IsLeased()
            ? bound
            : null;

    private bool IsLeased() => time.GetTimestamp() < Volatile.Read(ref deadline);

    /// <summary>Moves the deadline: the lease was renewed by a statement sent at <paramref name="sentAt"/> (a timestamp of the clock).</summary>
    public void Renewed(long sentAt) =>
        Volatile.Write(ref deadline, sentAt + (long)(Persistence.Leases.BindSlots.TimeToLive.TotalSeconds * time.TimestampFrequency));

    /// <summary>Submits one part.</summary>
    public ValueTask<SmppReply<SubmitSmResp>> SubmitAsync(SmppSession on, SubmitSm pdu) => on.SendAsync(pdu, closing);

    /// <summary>Stops submitting; submits on the wire keep their chance to be answered until <see cref="DisposeAsync"/>.</summary>
    public async Task StopSubmittingAsync()
    {
        State = "stopping";
        await stopping.CancelAsync();
        changed();
    }

    /// <summary>Unbinds in order and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopSubmittingAsync();
        if (session is { } open)
        {
            await open.UnbindAsync(options.UnbindTimeout);
        }

        await running;
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var backOff = new RetryPolicy { First = options.FirstReconnect, Max = options.MaxReconnect };
        var failures = 0;
        while (!closing.IsCancellationRequested)
        {
            try
            {
                var ended = new TaskCompletionSource<SmppCloseReason>(TaskCreationOptions.RunContinuationsAsynchronously);
                var handler = new ReceiveFromOperator(Connector, events, inbound, time, (_, reason) => ended.TrySetResult(reason));
                State = "connecting";
                await using var client = await SmppClient.ConnectAsync(ClientOptions(), handler, logger, time, closing);
                session = client.Session;
                failures = 0;
                LastError = null;
                State = "bound";
                WorkersLog.Bound(logger, Lease.Connector, Lease.Slot, Connector.Host, Connector.Port);
                changed();
                var reason = await ended.Task;
                LastError = reason.ToString();
                WorkersLog.Unbound(logger, Lease.Connector, Lease.Slot, reason);
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                break;
            }
            catch (SmppException e)
            {
                LastError = e.Message;
                WorkersLog.BindFailed(logger, Lease.Connector, Lease.Slot, e.Message);
            }
            finally
            {
                session = null;
                changed();
            }

            if (!closing.IsCancellationRequested)
            {
                State = "waiting to reconnect";
                await Task.Delay(backOff.Delay(++failures), time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        State = "closed";
    }

    private SmppClientOptions ClientOptions() =>
        new()
        {
            Host = Connector.Host,
            Port = Connector.Port,
            BindMode = Enum.Parse<BindMode>(Connector.BindType.ToString()),
            SystemId = Connector.SystemId,
            Password = Connector.Password ?? "",
            SystemType = Connector.SystemType,
            InterfaceVersion = (byte)Connector.InterfaceVersion,
            Tls = Connector.Tls ? new() { TargetHost = Connector.Host } : null,
            Session = new SmppSessionOptions
            {
                Window = Connector.Window,
                MaxInFlightRequests = options.ReceiveWindow,
                EnquireLinkInterval = TimeSpan.FromSeconds(Connector.EnquireLinkSeconds),
                ResponseTimeout = options.ResponseTimeout,
                // Checked once more at the flush: a process that was frozen in between must not submit on a lease that is over.
                MaySend = IsLeased,
            },
        };
}
