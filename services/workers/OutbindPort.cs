using System.Diagnostics.CodeAnalysis;
using System.Net;
using Messaging;
using Persistence.Configuration;
using Persistence.Snapshot;
using ServiceDefaults;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Workers;

/// <summary>
/// Where the SMSC of one connector calls this process (outbind, SMPP 5.0 sections 2.2.2 and 4.1.1.7): listens as long as slots of the connector
/// are held here. A call from an allowed address with the right identity takes the first slot that waits; every other one is closed without an
/// answer. A port that cannot be had is tried again with the back-off of binds, and is said as the slots' failure.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "RunAsync owns them and leaves both; the last link's stop waits for it."
)]
internal sealed class OutbindPort
{
    private readonly SmppSessionHandler handler;
    private readonly OperatorCredentials credentials;
    private readonly WorkersOptions options;
    private readonly IConfiguration settings;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly AllowedNetworks networks;
    private readonly RefusedCalls refusals;
    private readonly Lock gate = new();

    /// <summary>Those that may take a call; as many as slots are held, so bounded by the connector's binds.</summary>
    private readonly List<CalledLink> links = [];

    /// <summary>Those and the ones whose last session is ending.</summary>
    private readonly HashSet<CalledLink> notStopped = [];
    private readonly CancellationTokenSource leaving = new();
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task running;
    private volatile SmppOutbindListener? listener;
    private volatile string? refusedPassword;
    private bool isLeaving;
    private string? failure;
    private long? readAgainAt;

    /// <param name="connector">Whose SMSC calls.</param>
    /// <param name="before">Done when the port that this connector had before is free: the new one may be the same.</param>
    /// <param name="handler">Takes what the SMSC sends.</param>
    /// <param name="credentials">The passwords.</param>
    /// <param name="options">Limits and timers.</param>
    /// <param name="settings">The environment.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public OutbindPort(
        Connector connector,
        Task before,
        SmppSessionHandler handler,
        OperatorCredentials credentials,
        WorkersOptions options,
        IConfiguration settings,
        TimeProvider time,
        ILogger logger
    )
    {
        Connector = connector;
        this.handler = handler;
        this.credentials = credentials;
        this.options = options;
        this.settings = settings;
        this.time = time;
        this.logger = logger;
        networks = new AllowedNetworks([connector.Host]);
        refusals = new RefusedCalls(options.OutbindQuiet, time);
        running = RunAsync(before);
    }

    /// <summary>The connector as it was when the port was opened.</summary>
    public Connector Connector { get; }

    /// <summary>Where it listens; null while it does not.</summary>
    public IPEndPoint? EndPoint => closed.Task.IsCompleted ? null : listener?.EndPoint;

    /// <summary>Done when the port is free for others; never faults.</summary>
    public Task Closed => closed.Task;

    /// <summary>A slot's link that waits here from now on; null: the last one has left, the port closes.</summary>
    /// <param name="mayBind">Whether the slot's lease lasts long enough to bind.</param>
    /// <param name="maySend">Whether the slot's lease allows to submit.</param>
    public CalledLink? TryJoin(Func<bool> mayBind, Func<bool> maySend)
    {
        lock (gate)
        {
            if (isLeaving)
            {
                return null;
            }

            var link = new CalledLink(this, mayBind, maySend, options.UnbindTimeout);
            link.Note(failure);
            links.Add(link);
            notStopped.Add(link);
            return link;
        }
    }

    /// <summary>A link takes no more calls. With the last one the port closes; sessions go on.</summary>
    /// <returns>Of the last link: done when the port is closed.</returns>
    public Task Leave(CalledLink link)
    {
        lock (gate)
        {
            var isLast = links.Remove(link) && links.Count == 0;
            if (!isLast)
            {
                return isLeaving ? Closed : Task.CompletedTask;
            }

            isLeaving = true;
        }

        leaving.Cancel();
        return Closed;
    }

    /// <summary>A link's last session has ended. Of the last link it is done when all of the port is.</summary>
    public Task StoppedAsync(CalledLink link)
    {
        lock (gate)
        {
            notStopped.Remove(link);
            if (!isLeaving || notStopped.Count > 0)
            {
                return Task.CompletedTask;
            }
        }

        stopped.TrySetResult();
        return running;
    }

    /// <summary>The SMSC refused our password: before the next bind it is looked for anew.</summary>
    public void PasswordRefused(string password) => refusedPassword = password;

    private async Task RunAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var backOff = new RetryPolicy { First = options.FirstReconnect, Max = options.MaxReconnect };
        for (var failures = 1; listener is null && !leaving.IsCancellationRequested; failures++)
        {
            try
            {
                listener = SmppOutbindListener.Start(ListenerOptions(), handler, logger, time);
                WorkersLog.WaitingForCalls(logger, Connector.Id, listener.EndPoint);
                NoteFailure(null);
            }
            catch (Exception e)
            {
                // Whatever it is: it is these slots' failure and no other connector's.
                NoteFailure(e.Message);
                await Task.Delay(backOff.Delay(failures), time, leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, time, leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (listener?.StopListeningAsync() ?? Task.CompletedTask);
        closed.SetResult();
        await stopped.Task;
        if (listener is { } last)
        {
            await last.DisposeAsync();
        }

        leaving.Dispose();
    }

    private SmppOutbindOptions ListenerOptions()
    {
        if (Connector.Tls)
        {
            // Now, so that a certificate that is not there is the slots' failure, and not each call's.
            OutbindCertificate.Options(settings);
        }

        return new SmppOutbindOptions
        {
            Address =
                options.OutbindAddress.Length > 0 ? IPAddress.Parse(options.OutbindAddress) : PlatformDefaults.ListenAddress(settings),
            Port = Connector.OutbindPort ?? 0,
            MayCall = MayCall,
            Answer = AnswerAsync,
            BindMode = Connector.BindType switch
            {
                BindType.Transceiver => BindMode.Transceiver,
                BindType.Receiver => BindMode.Receiver,
                var other => throw new InvalidOperationException($"bindType {other} is not for an operator that calls us"),
            },
            SystemId = Connector.SystemId,
            SystemType = Connector.SystemType,
            InterfaceVersion = (byte)Connector.InterfaceVersion,
            MaxConnections = Connector.Binds + options.OutbindUnbound,
            UnbindTimeout = options.UnbindTimeout,
            Session = OperatorSession.SessionOptions(Connector, options),
            Tls = Connector.Tls ? () => OutbindCertificate.Options(settings) : null,
        };
    }

    private bool MayCall(IPAddress caller)
    {
        var may = networks.Contains(caller);
        if (!may)
        {
            Refuse(RefusedCall.Address, caller, $"only {Connector.Host} may call");
        }

        return may;
    }

    private async ValueTask<SmppOutbindCall?> AnswerAsync(
        SmppSession session,
        IPEndPoint caller,
        Outbind outbind,
        CancellationToken cancellationToken
    )
    {
        try
        {
            if (!await IsOperatorAsync(outbind, cancellationToken))
            {
                RefuseOperator(caller.Address, "wrong system_id or password");
                return null;
            }

            var password = await credentials.PasswordAsync(Connector, refusedPassword, cancellationToken);
            refusedPassword = null;
            if (Take(session, caller, password) is { } call)
            {
                return call;
            }

            Refuse(RefusedCall.Slot, caller.Address, "no slot held here waits for a call");
        }
        catch (SmppException e)
        {
            RefuseOperator(caller.Address, e.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller has gone: nobody waits for an answer.
        }

        return null;
    }

    private async ValueTask<bool> IsOperatorAsync(Outbind outbind, CancellationToken cancellationToken)
    {
        var systemId = Connector.OutbindSystemId;
        var password = await credentials.OutbindPasswordAsync(Connector, null, cancellationToken);
        // A wrong password alone may have been changed at both ends.
        return outbind.IsFrom(systemId, password)
            || outbind.IsFrom(systemId, null)
                && MayReadAgain()
                && outbind.IsFrom(systemId, await credentials.OutbindPasswordAsync(Connector, password, cancellationToken));
    }

    private bool MayReadAgain()
    {
        lock (gate)
        {
            var may = readAgainAt is not { } at || time.GetElapsedTime(at) >= options.OutbindQuiet;
            readAgainAt = may ? time.GetTimestamp() : readAgainAt;
            return may;
        }
    }

    private SmppOutbindCall? Take(SmppSession session, IPEndPoint caller, string password)
    {
        CalledLink? taker = null;
        SmppOutbindCall? call = null;
        lock (gate)
        {
            foreach (var link in links)
            {
                if ((call = link.TryTake(session, caller, password)) is not null)
                {
                    taker = link;
                    break;
                }
            }
        }

        taker?.Tell();
        return call;
    }

    /// <summary>From where the operator may call, so its staff have to know.</summary>
    private void RefuseOperator(IPAddress caller, string reason)
    {
        Refuse(RefusedCall.Identity, caller, reason);
        foreach (var link in Links().Where(link => link.IsWaiting))
        {
            link.Note($"a call from {caller} was refused: {reason}");
        }
    }

    private void Refuse(RefusedCall kind, IPAddress caller, string reason)
    {
        if (refusals.Tells(kind) is { } more)
        {
            WorkersLog.CallRefused(logger, Connector.Id, caller, reason, more);
        }
    }

    /// <summary>Why the port cannot be had; null: it is ours.</summary>
    private void NoteFailure(string? why)
    {
        lock (gate)
        {
            failure = why;
            links.ForEach(link => link.Note(why));
        }

        Links().ForEach(link => link.Tell());
    }

    private List<CalledLink> Links()
    {
        lock (gate)
        {
            return [.. links];
        }
    }
}
