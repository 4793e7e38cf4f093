using System.Net;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Workers;

/// <summary>A bind for which the operator calls us (outbind): waits on its connector's <see cref="OutbindPort"/> for a call, one after the other.</summary>
internal sealed class CalledLink : IOperatorLink
{
    private readonly OutbindPort port;
    private readonly Func<bool> mayBind;
    private readonly Func<bool> maySend;
    private readonly TimeSpan unbindTimeout;
    private volatile Call? current;
    private volatile string? lastFailure;

    /// <param name="port">Where it waits.</param>
    /// <param name="mayBind">Whether the slot's lease lasts long enough to bind.</param>
    /// <param name="maySend">Whether the slot's lease allows to submit.</param>
    /// <param name="unbindTimeout">From our unbind to closing.</param>
    public CalledLink(OutbindPort port, Func<bool> mayBind, Func<bool> maySend, TimeSpan unbindTimeout)
    {
        this.port = port;
        this.mayBind = mayBind;
        this.maySend = maySend;
        this.unbindTimeout = unbindTimeout;
    }

    public event Action<IOperatorLink>? Changed;

    public SmppSession? Session => current is { IsBound: true } call ? call.Session : null;

    public bool IsWaiting => current is null;

    public string Doing =>
        !IsWaiting ? "connecting"
        : port.EndPoint is null ? "waiting to listen"
        : "waiting for outbind";

    public string? LastFailure => lastFailure;

    public string Peer => current is { } call ? $"{call.Caller}, which called" : "nobody";

    public void Close() => _ = port.Leave(this);

    public async Task StopAsync()
    {
        // An SMSC that is unbound may call again at once: it is to find the port closed then, where this was the last slot.
        await port.Leave(this);
        if (current is { } call)
        {
            await call.Session.UnbindAsync(unbindTimeout);
            await call.Ended;
        }

        await port.StoppedAsync(this);
    }

    /// <summary>Takes a call; the port asks, of one call at a time. Null: there is one already, or the lease does not allow it.</summary>
    public SmppOutbindCall? TryTake(SmppSession session, IPEndPoint caller, string password) =>
        IsWaiting && mayBind() ? current = new Call(this, session, caller, password) : null;

    /// <summary>Something of it, or of its port, changed.</summary>
    public void Tell() => Changed?.Invoke(this);

    /// <summary>Keeps why there is no bind, for people; null: that is over.</summary>
    public void Note(string? failure) => lastFailure = failure;

    private sealed class Call(CalledLink link, SmppSession session, IPEndPoint caller, string password) : SmppOutbindCall
    {
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool isBound;

        public SmppSession Session => session;

        public IPEndPoint Caller => caller;

        public bool IsBound => isBound;

        public Task Ended => ended.Task;

        public override string Password => password;

        // Checked once more at the flush: a process that was frozen in between must not submit on a lease that is over.
        public override bool MaySend() => link.maySend();

        public override void OnBound()
        {
            isBound = true;
            link.Tell();
        }

        public override void OnNotBound(SmppReply<BindResp> reply)
        {
            var isAnswered = reply.Outcome == ReplyOutcome.Answered;
            link.Note(isAnswered ? new SmppBindException(reply.Status).Message : $"No bind response ({reply.Outcome}).");
            if (isAnswered && reply.Status == CommandStatus.InvPaswd)
            {
                link.port.PasswordRefused(password);
            }
        }

        public override void OnEnded()
        {
            if (isBound)
            {
                link.Note($"the session ended: {session.CloseReason}");
            }

            link.current = null;
            link.Tell();
            ended.SetResult();
        }
    }
}
