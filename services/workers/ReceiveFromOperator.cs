using Contracts;
using Messaging;
using Persistence.Configuration;
using ServiceDefaults;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Workers;

/// <summary>
/// deliver_sm and data_sm from an operator → queue <c>events</c> (receipts) or <c>inbound</c> (MO). OK is answered only after the queue has
/// confirmed; otherwise ESME_RX_T_APPN, so that the SMSC keeps it and tries again.
/// </summary>
/// <param name="connector">The connector as it was when the bind was opened: whose ids and messages these are.</param>
/// <param name="idFormat">How its receipts write ids as it is configured now: put right, it counts for the next receipt.</param>
/// <param name="events">Where receipts go.</param>
/// <param name="inbound">Where messages go.</param>
/// <param name="time">The clock.</param>
internal sealed class ReceiveFromOperator(
    Connector connector,
    Func<DlrIdFormat> idFormat,
    EnvelopeSender<MessageEvent> events,
    EnvelopeSender<InboundReceived> inbound,
    TimeProvider time
) : SmppSessionHandler
{
    /// <inheritdoc />
    public override async ValueTask<DeliverSmResp> OnDeliverSmAsync(
        SmppSession session,
        DeliverSm pdu,
        CancellationToken cancellationToken
    ) =>
        await HandOverAsync(OperatorDelivery.Of(pdu)) == SendOutcome.Stored
            ? DeliverSmResp.Ok
            : DeliverSmResp.Rejected(CommandStatus.RxTAppn);

    /// <inheritdoc />
    public override async ValueTask<DataSmResp> OnDataSmAsync(SmppSession session, DataSm pdu, CancellationToken cancellationToken) =>
        // As in a deliver_sm_resp, an SMSC has no use for a message_id of ours.
        await HandOverAsync(OperatorDelivery.Of(pdu)) == SendOutcome.Stored
            ? DataSmResp.Accepted("")
            : DataSmResp.Rejected(CommandStatus.RxTAppn);

    private async ValueTask<SendOutcome> HandOverAsync(OperatorDelivery delivery)
    {
        // Not cancelled with the session: handed over is handed over, and a repeated receipt is recognised by the ledger.
        SendOutcome outcome;
        if (delivery.IsReceipt)
        {
            outcome = await events.SendAsync(delivery.ToReceipt(connector, idFormat(), time.GetUtcNow()), CancellationToken.None);
            FaultPoints.Pass(FaultPoints.ReceiptBeforeAnswer);
        }
        else
        {
            outcome = await inbound.SendAsync(delivery.ToInbound(connector, time.GetUtcNow()), CancellationToken.None);
            FaultPoints.Pass(FaultPoints.InboundBeforeAnswer);
        }

        return outcome;
    }
}
