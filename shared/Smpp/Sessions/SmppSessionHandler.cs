using Smpp.Pdus;

namespace Smpp.Sessions;

/// <summary>
/// What an owner does with the peer's requests: override what matters. It never sees enquire_link, unbind, sequence numbers or late
/// responses. One instance may serve many sessions. A method runs on the session's read loop until its first await, so it must not block;
/// an exception is answered ESME_RSYSERR. The token is cancelled when the session ends.
/// </summary>
public abstract class SmppSessionHandler
{
    /// <summary>A bind. Any status but ok ends the session after the answer.</summary>
    public virtual ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken) =>
        new(BindResp.Rejected(CommandStatus.BindFail));

    /// <summary>
    /// SMSC only: the session is bound, and the bind response is on its way: sending may begin. An ESME learns it from the reply to its bind.
    /// </summary>
    public virtual ValueTask OnBoundAsync(SmppSession session, CancellationToken cancellationToken) => default;

    /// <summary>submit_sm.</summary>
    public virtual ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken) =>
        new(SubmitSmResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>submit_multi.</summary>
    public virtual ValueTask<SubmitMultiResp> OnSubmitMultiAsync(
        SmppSession session,
        SubmitMulti pdu,
        CancellationToken cancellationToken
    ) => new(SubmitMultiResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>deliver_sm. By default the SMSC is asked to send it again later: nobody stored it.</summary>
    public virtual ValueTask<DeliverSmResp> OnDeliverSmAsync(SmppSession session, DeliverSm pdu, CancellationToken cancellationToken) =>
        new(DeliverSmResp.Rejected(CommandStatus.RxTAppn));

    /// <summary>data_sm, from either side.</summary>
    public virtual ValueTask<DataSmResp> OnDataSmAsync(SmppSession session, DataSm pdu, CancellationToken cancellationToken) =>
        new(DataSmResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>query_sm.</summary>
    public virtual ValueTask<QuerySmResp> OnQuerySmAsync(SmppSession session, QuerySm pdu, CancellationToken cancellationToken) =>
        new(QuerySmResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>cancel_sm.</summary>
    public virtual ValueTask<CancelSmResp> OnCancelSmAsync(SmppSession session, CancelSm pdu, CancellationToken cancellationToken) =>
        new(CancelSmResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>replace_sm.</summary>
    public virtual ValueTask<ReplaceSmResp> OnReplaceSmAsync(SmppSession session, ReplaceSm pdu, CancellationToken cancellationToken) =>
        new(ReplaceSmResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>broadcast_sm.</summary>
    public virtual ValueTask<BroadcastSmResp> OnBroadcastSmAsync(
        SmppSession session,
        BroadcastSm pdu,
        CancellationToken cancellationToken
    ) => new(BroadcastSmResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>query_broadcast_sm.</summary>
    public virtual ValueTask<QueryBroadcastSmResp> OnQueryBroadcastSmAsync(
        SmppSession session,
        QueryBroadcastSm pdu,
        CancellationToken cancellationToken
    ) => new(QueryBroadcastSmResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>cancel_broadcast_sm.</summary>
    public virtual ValueTask<CancelBroadcastSmResp> OnCancelBroadcastSmAsync(
        SmppSession session,
        CancelBroadcastSm pdu,
        CancellationToken cancellationToken
    ) => new(CancelBroadcastSmResp.Rejected(CommandStatus.InvCmdId));

    /// <summary>alert_notification.</summary>
    public virtual ValueTask OnAlertNotificationAsync(SmppSession session, AlertNotification pdu, CancellationToken cancellationToken) =>
        default;

    /// <summary>outbind: the owner may now bind as receiver or transceiver.</summary>
    public virtual ValueTask OnOutbindAsync(SmppSession session, Outbind pdu, CancellationToken cancellationToken) => default;

    /// <summary>
    /// The session has ended; called once, whatever happened, and after <see cref="OnBindAsync"/> and <see cref="OnBoundAsync"/> have
    /// returned (handlers of other requests may still run). <paramref name="unanswered"/> are our requests that may have reached
    /// the peer and got no response, in the order of sending; each of their senders got <see cref="ReplyOutcome.Closed"/> too.
    /// </summary>
    public virtual ValueTask OnClosedAsync(SmppSession session, SmppCloseReason reason, IReadOnlyList<IPdu> unanswered) => default;
}
