using System.Diagnostics.CodeAnalysis;
using Smpp.Pdus;
using Smpp.Wire;

namespace Smpp.Sessions;

/// <content>(2) Requests into the handler and (3) its answers out again.</content>
public sealed partial class SmppSession
{
    async Task InvokeHandlerWhenBoundAsync(uint sequence, IPdu pdu)
    {
        await binding.ConfigureAwait(false);
        await InvokeHandler(sequence, pdu).ConfigureAwait(false);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A handler's exception is answered RSYSERR.")]
    ValueTask InvokeHandler(uint sequence, IPdu pdu)
    {
        try
        {
            return pdu switch
            {
                SubmitSm request => Finish(handler.OnSubmitSmAsync(this, request, closing.Token), sequence, pdu),
                DeliverSm request => Finish(handler.OnDeliverSmAsync(this, request, closing.Token), sequence, pdu),
                DataSm request => Finish(handler.OnDataSmAsync(this, request, closing.Token), sequence, pdu),
                SubmitMulti request => Finish(handler.OnSubmitMultiAsync(this, request, closing.Token), sequence, pdu),
                QuerySm request => Finish(handler.OnQuerySmAsync(this, request, closing.Token), sequence, pdu),
                CancelSm request => Finish(handler.OnCancelSmAsync(this, request, closing.Token), sequence, pdu),
                ReplaceSm request => Finish(handler.OnReplaceSmAsync(this, request, closing.Token), sequence, pdu),
                BroadcastSm request => Finish(handler.OnBroadcastSmAsync(this, request, closing.Token), sequence, pdu),
                QueryBroadcastSm request => Finish(handler.OnQueryBroadcastSmAsync(this, request, closing.Token), sequence, pdu),
                CancelBroadcastSm request => Finish(handler.OnCancelBroadcastSmAsync(this, request, closing.Token), sequence, pdu),
                AlertNotification notice => FinishOneWay(handler.OnAlertNotificationAsync(this, notice, closing.Token), pdu),
                Outbind notice => OnOutbind(notice),
                _ => Answer(sequence, GenericNack.Rejected(CommandStatus.InvCmdId)),
            };
        }
        catch (Exception exception)
        {
            return AnswerFailure(sequence, pdu, exception);
        }
    }

    // A handler that is done already costs no Task; any other is finished on the side, counted by inFlight.
    ValueTask Finish<TResponse>(ValueTask<TResponse> answering, uint sequence, IPdu request)
        where TResponse : class, IResponse
    {
        if (answering.IsCompletedSuccessfully)
        {
            return Answer(sequence, answering.Result);
        }
        Start(FinishLaterAsync(answering, sequence, request));
        return default;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A handler's exception is answered RSYSERR.")]
    async Task FinishLaterAsync<TResponse>(ValueTask<TResponse> answering, uint sequence, IPdu request)
        where TResponse : class, IResponse
    {
        try
        {
            await Answer(sequence, await answering.ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            await AnswerFailure(sequence, request, exception).ConfigureAwait(false);
        }
    }

    ValueTask FinishOneWay(ValueTask handling, IPdu pdu)
    {
        if (handling.IsCompletedSuccessfully)
        {
            LeaveHandler();
        }
        else
        {
            Start(FinishOneWayLaterAsync(handling, pdu));
        }
        return default;
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "There is no response to carry it; it is logged."
    )]
    async Task FinishOneWayLaterAsync(ValueTask handling, IPdu pdu)
    {
        try
        {
            await handling.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            SmppLog.HandlerFailed(logger, exception, SystemId, pdu.CommandId.ToString());
        }
        LeaveHandler();
    }

    ValueTask OnOutbind(Outbind notice)
    {
        Transition(SessionState.Outbound);
        var handling = Outbound is { } outbound
            ? outbound(this, notice, closing.Token)
            : handler.OnOutbindAsync(this, notice, closing.Token);
        return FinishOneWay(handling, notice);
    }

    // The slot is freed when the answer is queued, so the queue holds no more than the window and what we send ourselves.
    ValueTask Answer(uint sequence, IResponse response)
    {
        if (outgoing.Writer.TryWrite(new Outgoing(response, sequence)))
        {
            LeaveHandler();
            return default;
        }
        return AnswerWhenRoomAsync(sequence, response);
    }

    async ValueTask AnswerWhenRoomAsync(uint sequence, IResponse response)
    {
        await ReplyAsync(sequence, response).ConfigureAwait(false);
        LeaveHandler();
    }

    ValueTask AnswerFailure(uint sequence, IPdu request, Exception exception)
    {
        if (exception is not OperationCanceledException || !closing.IsCancellationRequested)
        {
            SmppLog.HandlerFailed(logger, exception, SystemId, request.CommandId.ToString());
        }
        if (PduCodec.RejectionOf(request.CommandId, CommandStatus.SysErr) is { } rejection)
        {
            return Answer(sequence, rejection);
        }
        LeaveHandler(); // a one-way PDU: nobody waits for an answer
        return default;
    }

    void LeaveHandler()
    {
        if (Interlocked.Decrement(ref inFlight) == 0)
        {
            // Requests may still come after one idle moment, so a waiter is used up by it and a later one makes its own.
            Interlocked.Exchange(ref idle, null)?.TrySetResult();
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A handler's exception is answered RSYSERR.")]
    async Task AnswerBindAsync(uint sequence, Bind bind)
    {
        Interlocked.Increment(ref inFlight);
        BindResp answer;
        try
        {
            answer = await handler.OnBindAsync(this, bind, closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            LeaveHandler(); // the connection is gone, nobody waits for the answer
            return;
        }
        catch (Exception exception)
        {
            SmppLog.HandlerFailed(logger, exception, SystemId, nameof(SmppSessionHandler.OnBindAsync));
            answer = BindResp.Rejected(CommandStatus.SysErr);
        }
        answer = answer with { Mode = bind.Mode };
        if (answer.Status != CommandStatus.Ok)
        {
            SmppLog.BindRefused(logger, bind.SystemId, answer.Status);
            SetReason(SmppCloseReason.BindRefused); // before the answer: the peer may close the moment it has it
            await ReplyAsync(sequence, answer).ConfigureAwait(false);
            LeaveHandler();
            CloseAfterFlush(SmppCloseReason.BindRefused);
            return;
        }

        if (closing.IsCancellationRequested)
        {
            LeaveHandler(); // ended meanwhile; OnClosedAsync follows
            return;
        }

        // Bound before the peer can know it, as it may send the moment it does; our own PDUs wait until the answer is queued before them.
        Transition(SessionStates.Of(bind.Mode), bind);
        await ReplyAsync(sequence, answer).ConfigureAwait(false);
        sendable = true;
        try
        {
            await handler.OnBoundAsync(this, closing.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The peer holds an accepted bind that its owner could not set up: it must bind again.
            SmppLog.HandlerFailed(logger, exception, SystemId, nameof(SmppSessionHandler.OnBoundAsync));
            Close(SmppCloseReason.Failed);
        }
        LeaveHandler();
    }

    // Requests that came before the unbind are answered before it, and our own get the time for their answers, which the peer sends until
    // it has our unbind_resp; enquire_link stays answered meanwhile.
    async Task AnswerUnbindAsync(uint sequence)
    {
        using var deadline = new CancellationTokenSource(options.UnbindTimeout, time);
        try
        {
            await Task.WhenAll(WaitIdleAsync(), window.WhenEmptyAsync()).WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            SmppLog.UnbindNotIdle(logger, SystemId, RequestsInFlight); // their answers are lost, as after a cut connection
        }
        await ReplyAsync(sequence, UnbindResp.Ok).ConfigureAwait(false);
        CloseAfterFlush(SmppCloseReason.PeerUnbound);
    }

    // Work on the side: each such method handles its own exceptions, and what it holds (a slot, the close) is waited for by RunAsync.
    static void Start(Task work) => _ = work;
}
