using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Smpp.Pdus;
using Smpp.Wire;

namespace Smpp.Sessions;

/// <content>(4) The write loop and (5) sending.</content>
public sealed partial class SmppSession
{
    /// <summary>
    /// Sends a request and returns its response, or what else became of it. Waits for a slot of the window, at most
    /// <see cref="SmppSessionOptions.WindowTimeout"/>; the token ends only the wait for the slot and for room in the write queue (with <see cref="OperationCanceledException"/>): once queued, a request
    /// ends by its response, the response timeout or the session's end.
    /// </summary>
    public ValueTask<SmppReply<TResponse>> SendAsync<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default)
        where TResponse : class, IResponse
    {
        if (!MaySend(request.CommandId))
        {
            return new(NotSent<TResponse>());
        }
        if (!window.TryEnter())
        {
            return SendWhenFreeAsync(request, cancellationToken);
        }
        return SendCoreAsync(new PendingRequest<TResponse>(request, holdsSlot: true), cancellationToken);
    }

    /// <summary>
    /// Sends a PDU that has no response (alert_notification, outbind). False: the session is not in a state for it or ended, or the peer's
    /// version does not know the PDU.
    /// </summary>
    public async ValueTask<bool> PostAsync(IPdu oneWay, CancellationToken cancellationToken = default)
    {
        if (
            !MaySend(oneWay.CommandId)
            || !SmppVersions.Allows(InterfaceVersion, oneWay.CommandId)
            || oneWay is not (AlertNotification or Outbind)
        )
        {
            return false;
        }
        if (oneWay is Outbind)
        {
            Transition(SessionState.Outbound);
        }
        return await TryQueueAsync(new Outgoing(oneWay, window.Number()), cancellationToken).ConfigureAwait(false);
    }

    bool MaySend(CommandId command) =>
        !unbinding && SessionStates.Allows(state, Role, command) && (sendable || command is CommandId.Outbind);

    static SmppReply<TResponse> NotSent<TResponse>()
        where TResponse : class, IResponse => new(ReplyOutcome.NotSent, null, CommandStatus.InvBndSts);

    async ValueTask<SmppReply<TResponse>> SendWhenFreeAsync<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken)
        where TResponse : class, IResponse
    {
        if (!await EnterWindowAsync(cancellationToken).ConfigureAwait(false))
        {
            return new(ReplyOutcome.NotSent, null, CommandStatus.Throttled);
        }
        if (!MaySend(request.CommandId))
        {
            window.Leave();
            return NotSent<TResponse>();
        }
        return await SendCoreAsync(new PendingRequest<TResponse>(request, holdsSlot: true), cancellationToken).ConfigureAwait(false);
    }

    // False: no slot in time.
    async Task<bool> EnterWindowAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.WindowTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await window.EnterAsync(both.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken); // the caller's own token, not the linked one
        }
    }

    ValueTask<SmppReply<TResponse>> SendCoreAsync<TResponse>(PendingRequest<TResponse> pending, CancellationToken cancellationToken)
        where TResponse : class, IResponse
    {
        if (!window.TryAdd(pending, Now))
        {
            return new(NotSent<TResponse>());
        }
        return outgoing.Writer.TryWrite(new Outgoing(pending.Request, pending.Sequence, pending))
            ? pending.Reply
            : SendWhenRoomAsync(pending, cancellationToken);
    }

    async ValueTask<SmppReply<TResponse>> SendWhenRoomAsync<TResponse>(
        PendingRequest<TResponse> pending,
        CancellationToken cancellationToken
    )
        where TResponse : class, IResponse
    {
        try
        {
            if (
                !await TryQueueAsync(new Outgoing(pending.Request, pending.Sequence, pending), cancellationToken).ConfigureAwait(false)
                && window.Take(pending.Sequence) is not null
            )
            {
                return NotSent<TResponse>();
            }
        }
        catch (OperationCanceledException)
        {
            window.Take(pending.Sequence);
            throw; // never queued; the caller keeps the message
        }
        return await pending.Reply.ConfigureAwait(false);
    }

    async ValueTask<bool> TryQueueAsync(Outgoing item, CancellationToken cancellationToken)
    {
        try
        {
            await outgoing.Writer.WriteAsync(item, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false; // the session is closing; the caller says what becomes of the PDU
        }
    }

    // The wait for room ends by the flush that blocks the queue: it proceeds, or its timeout closes the session and the channel.
    ValueTask ReplyAsync(uint sequence, IPdu response) =>
        outgoing.Writer.TryWrite(new Outgoing(response, sequence)) ? default : ReplyWhenRoomAsync(sequence, response);

    async ValueTask ReplyWhenRoomAsync(uint sequence, IPdu response)
    {
        if (!await TryQueueAsync(new Outgoing(response, sequence), CancellationToken.None).ConfigureAwait(false))
        {
            SmppLog.ResponseDropped(logger, SystemId, response.CommandId, sequence); // the peer sees its request unanswered
        }
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "One session's fault never leaves the session."
    )]
    async Task WriteLoopAsync()
    {
        var queue = outgoing.Reader;
        var output = transport.Output;
        Exception? cause = null;
        try
        {
            while (await queue.WaitToReadAsync(closing.Token).ConfigureAwait(false))
            {
                // Everything that is queued goes out in one flush.
                var batched = 0;
                while (batched < options.WriteBatchBytes && queue.TryRead(out var item))
                {
                    batched += Encode(item);
                }
                if (batched == 0)
                {
                    continue;
                }
                FlushStarted();
                var result = await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                FlushEnded();
                if (result.IsCanceled)
                {
                    // Completed without a cause, a stream's writer would try to flush once more, to a peer that does not read.
                    cause = new OperationCanceledException();
                    break;
                }
                if (result.IsCompleted)
                {
                    SetReason(SmppCloseReason.PeerClosed);
                    break;
                }
            }
        }
        catch (OperationCanceledException exception)
        {
            cause = exception;
            SetReason(SmppCloseReason.Aborted); // closing: requests still queued end as NotSent
        }
        catch (Exception exception) when (IsTransportFault(exception))
        {
            cause = exception;
            SetReason(SmppCloseReason.TransportError);
            SmppLog.TransportFailed(logger, exception.Message, SystemId);
        }
        catch (Exception exception)
        {
            cause = exception;
            SetReason(SmppCloseReason.Failed);
            SmppLog.SessionFailed(logger, exception, SystemId);
        }

        // Producers that wait for room are failed with the loop.
        outgoing.Writer.TryComplete();
        while (queue.TryRead(out _)) { }
        await output.CompleteAsync(cause).ConfigureAwait(false);
    }

    int Encode(in Outgoing item)
    {
        if (item.Pending is { } pending && !pending.TryMarkWritten())
        {
            return 0; // timed out in the queue: its sender was told that it did not leave
        }
        if (item.Pending is not null && options.MaySend is { } maySend && !IsOfTheSession(item.Pdu.CommandId) && !maySend())
        {
            window.Take(item.Sequence)?.Fail(ReplyOutcome.NotSent, CommandStatus.InvBndSts);
            return 0;
        }
        var destination = transport.Output.GetSpan(PduHeader.Size + item.Pdu.BodyBound);
        var length = PduCodec.Encode(destination, item.Pdu, item.Sequence, InterfaceVersion, out var fault);
        if (fault.IsFault)
        {
            return OnUnwritable(item, fault);
        }
        trace?.Invoke(this, SmppPduDirection.Sent, destination[..length]);
        transport.Output.Advance(length);
        Interlocked.Increment(ref sent);
        return length;
    }

    static bool IsOfTheSession(CommandId command) =>
        command
            is CommandId.EnquireLink
                or CommandId.Unbind
                or CommandId.BindReceiver
                or CommandId.BindTransmitter
                or CommandId.BindTransceiver;

    // A request of ours that breaks the specification goes back to its sender; a response that does becomes RSYSERR.
    int OnUnwritable(in Outgoing item, PduFault fault)
    {
        SmppLog.Unwritable(logger, SystemId, item.Pdu.CommandId, fault.Field);
        if (item.Pending is not null)
        {
            window.Take(item.Sequence)?.Fail(ReplyOutcome.NotSent, fault.Status);
            return 0;
        }
        var request = (CommandId)((uint)item.Pdu.CommandId & 0x7FFFFFFF);
        return item.Pdu is IResponse { Status: CommandStatus.Ok } && PduCodec.RejectionOf(request, CommandStatus.SysErr) is { } rejection
            ? Encode(new Outgoing(rejection, item.Sequence))
            : 0;
    }

    void FlushStarted()
    {
        lock (timersGate)
        {
            timers.FlushStarted(Now);
        }
    }

    void FlushEnded()
    {
        lock (timersGate)
        {
            timers.FlushEnded();
        }
    }
}
