using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Smpp.Pdus;
using Smpp.Wire;

namespace Smpp.Sessions;

/// <content>(1) The read loop and (2) the dispatch of what it reads: the table of faults is here.</content>
public sealed partial class SmppSession
{
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "One session's fault never leaves the session."
    )]
    async Task ReadLoopAsync()
    {
        var input = transport.Input;
        Exception? cause = null;
        try
        {
            while (true)
            {
                if (!input.TryRead(out var result))
                {
                    result = await input.ReadAsync(closing.Token).ConfigureAwait(false);
                }
                if (result.IsCanceled)
                {
                    break;
                }
                var rest = await ReadFramesAsync(result.Buffer).ConfigureAwait(false);
                if (rest is not { } position)
                {
                    break; // framing is lost, generic_nack is queued
                }
                input.AdvanceTo(position, result.Buffer.End);
                if (result.IsCompleted)
                {
                    SetReason(SmppCloseReason.PeerClosed);
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            SetReason(SmppCloseReason.Aborted); // closing: what was being read no longer matters
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
        await input.CompleteAsync(cause).ConfigureAwait(false);
    }

    // Where the first incomplete PDU begins; null once framing is lost.
    async ValueTask<SequencePosition?> ReadFramesAsync(ReadOnlySequence<byte> buffer)
    {
        var any = false;
        while (true)
        {
            switch (FrameReader.ReadFrame(ref buffer, options.MaxPduLength, out var frame))
            {
                case FrameStatus.Complete:
                    if (!any)
                    {
                        any = true;
                        OnReceived();
                    }
                    Interlocked.Increment(ref received);
                    var dispatching = Dispatch(frame);
                    if (!dispatching.IsCompletedSuccessfully)
                    {
                        await dispatching.ConfigureAwait(false);
                    }
                    break;

                case FrameStatus.NeedMore:
                    if (!buffer.IsEmpty)
                    {
                        lock (timersGate)
                        {
                            timers.Partial(Now);
                        }
                    }
                    return buffer.Start;

                default:
                    SmppLog.FramingLost(logger, SystemId, frame.Header.Length);
                    await ReplyAsync(frame.Header.Sequence, GenericNack.Rejected(CommandStatus.InvCmdLen)).ConfigureAwait(false);
                    CloseAfterFlush(SmppCloseReason.FramingLost);
                    return null;
            }
        }
    }

    void OnReceived()
    {
        var now = Now;
        Interlocked.Exchange(ref lastReceived, now.Ticks);
        lock (timersGate)
        {
            timers.Received(now);
            isSilent = false;
        }
    }

    // Sequences stop here: a frame in one segment is a span for free, one that is split is copied into a pooled array.
    ValueTask Dispatch(in Frame frame)
    {
        if (frame.Body.IsSingleSegment)
        {
            return Dispatch(frame.Header, frame.Body.FirstSpan);
        }
        var length = (int)frame.Body.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        frame.Body.CopyTo(rented);
        // Decoding copies what it keeps before it returns, so the array can go back although the dispatch may still wait.
        var dispatching = Dispatch(frame.Header, rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
        return dispatching;
    }

    ValueTask Dispatch(in PduHeader header, ReadOnlySpan<byte> body)
    {
        lastCommand = (uint)header.CommandId;
        if (trace is { } tracing)
        {
            TraceReceived(tracing, header, body);
        }
        if (!PduCodec.TryRead(header, body, options.MaxTlvs, out var pdu, out var fault))
        {
            return OnUnreadable(header, fault);
        }
        if (pdu is IResponse response)
        {
            OnResponse(header.Sequence, response);
            return default;
        }
        return OnRequest(header.Sequence, pdu!);
    }

    ValueTask OnUnreadable(in PduHeader header, PduFault fault)
    {
        SmppLog.Unreadable(logger, SystemId, header.CommandId, fault.Field, fault.Status);
        if (!PduCodec.Knows(header.CommandId))
        {
            return ReplyAsync(header.Sequence, GenericNack.Rejected(CommandStatus.InvCmdId));
        }
        if (header.CommandId.IsResponse())
        {
            if (window.Take(header.Sequence) is { } waiting)
            {
                waiting.Fail(ReplyOutcome.Malformed, header.Status);
            }
            else
            {
                OnLateResponse(header.CommandId, header.Sequence);
            }
            return default;
        }
        IPdu? rejection = PduCodec.RejectionOf(header.CommandId, fault.Status);
        return ReplyAsync(header.Sequence, rejection ?? GenericNack.Rejected(fault.Status));
    }

    void OnResponse(uint sequence, IResponse response)
    {
        if (window.Take(sequence) is not { } waiting)
        {
            OnLateResponse(response.CommandId, sequence);
            return;
        }
        if (response is BindResp { Status: CommandStatus.Ok } accepted && waiting.Request is Bind bind)
        {
            if (accepted.Mode != bind.Mode)
            {
                // Another bind than was asked for: what the SMSC believes this session may do is not known.
                waiting.Fail(ReplyOutcome.Malformed, accepted.Status);
                return;
            }
            // The answer decides about the session before its sender learns of it: PDUs of the SMSC may follow in the same segment.
            var version = Math.Min(bind.InterfaceVersion, accepted.Tlvs.ScInterfaceVersion ?? bind.InterfaceVersion);
            Transition(SessionStates.Of(bind.Mode), bind with { InterfaceVersion = version });
        }
        if (response is UnbindResp && waiting.Request is Unbind)
        {
            // Now, not when UnbindAsync gets to run: the peer may close the connection right behind it.
            SetReason(SmppCloseReason.Unbound);
        }
        waiting.Answer(response);
    }

    void OnLateResponse(CommandId command, uint sequence)
    {
        Interlocked.Increment(ref lateResponses);
        SmppLog.LateResponse(logger, SystemId, command, sequence);
    }

    ValueTask OnRequest(uint sequence, IPdu pdu)
    {
        var peer = Role == SessionRole.Esme ? SessionRole.Smsc : SessionRole.Esme;
        if (!SessionStates.Allows(state, peer, pdu.CommandId) || (pdu is Bind && bindStarted))
        {
            var status = pdu is Bind && peer == SessionRole.Esme ? CommandStatus.AlyBnd : CommandStatus.InvBndSts;
            IPdu? rejection = PduCodec.RejectionOf(pdu.CommandId, status);
            return ReplyAsync(sequence, rejection ?? GenericNack.Rejected(status));
        }
        switch (pdu)
        {
            case EnquireLink:
                return ReplyAsync(sequence, EnquireLinkResp.Ok);
            case Unbind:
                OnUnbind(sequence);
                return default;
            case Bind bind:
                bindStarted = true;
                lock (timersGate)
                {
                    timers.BindReceived();
                }
                binding = AnswerBindAsync(sequence, bind);
                return default;
        }
        if (Volatile.Read(ref inFlight) >= maxInFlight)
        {
            Interlocked.Increment(ref throttled);
            IPdu? rejection = PduCodec.RejectionOf(pdu.CommandId, CommandStatus.Throttled);
            return ReplyAsync(sequence, rejection ?? GenericNack.Rejected(CommandStatus.Throttled));
        }
        Interlocked.Increment(ref inFlight);
        if (!binding.IsCompleted)
        {
            // The peer sends the moment it has the answer to its bind; the owner has its OnBoundAsync first.
            Start(InvokeHandlerWhenBoundAsync(sequence, pdu));
            return default;
        }
        return InvokeHandler(sequence, pdu);
    }

    void OnUnbind(uint sequence)
    {
        Transition(SessionState.Unbound);
        SetReason(SmppCloseReason.PeerUnbound); // however the connection then goes
        if (Interlocked.Exchange(ref unbindReceived, 1) == 0)
        {
            Start(AnswerUnbindAsync(sequence));
        }
    }

    void TraceReceived(SmppTrace tracing, in PduHeader header, ReadOnlySpan<byte> body)
    {
        var whole = new byte[PduHeader.Size + body.Length];
        header.Write(whole);
        body.CopyTo(whole.AsSpan(PduHeader.Size));
        tracing(this, SmppPduDirection.Received, whole);
    }

    // What Kestrel's transports (ConnectionResetException, ConnectionAbortedException), sockets and TLS throw when a peer goes away.
    static bool IsTransportFault(Exception exception) =>
        exception is IOException or System.Net.Sockets.SocketException or ObjectDisposedException;
}
