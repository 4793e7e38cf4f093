using Contracts;
using Messaging;
using Persistence.Configuration;
using ServiceDefaults;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Text;

namespace Workers;

/// <summary>
/// deliver_sm from an operator → queue <c>events</c> (receipts) or <c>inbound</c> (MO). OK is answered only after the queue has
/// confirmed; otherwise ESME_RX_T_APPN, so that the SMSC keeps it and tries again.
/// </summary>
internal sealed class ReceiveFromOperator(
    Connector connector,
    EnvelopeSender<MessageEvent> events,
    EnvelopeSender<InboundReceived> inbound,
    TimeProvider time
) : SmppSessionHandler
{
    /// <inheritdoc />
    public override async ValueTask<DeliverSmResp> OnDeliverSmAsync(SmppSession session, DeliverSm pdu, CancellationToken cancellationToken)
    {
        // Not cancelled with the session: handed over is handed over, and a repeated receipt is recognised by the ledger.
        SendOutcome outcome;
        if (pdu.IsReceipt || pdu.IsIntermediateNotification || pdu.Tlvs.ReceiptedMessageId is not null)
        {
            outcome = await events.SendAsync(Receipt(pdu), CancellationToken.None);
            FaultPoints.Pass(FaultPoints.ReceiptBeforeAnswer);
        }
        else
        {
            outcome = await inbound.SendAsync(Inbound(pdu), CancellationToken.None);
            FaultPoints.Pass(FaultPoints.InboundBeforeAnswer);
        }

        return outcome == SendOutcome.Stored ? DeliverSmResp.Ok : DeliverSmResp.Rejected(CommandStatus.RxTAppn);
    }

    private ReceiptReceived Receipt(DeliverSm pdu)
    {
        var text = ReceiptText.TryParse(pdu.Content.Span, out var parsed) ? parsed : null;
        var id = pdu.Tlvs.ReceiptedMessageId ?? text?.Id ?? "";
        var state = pdu.Tlvs.MessageState ?? text?.MessageState;
        return new ReceiptReceived
        {
            ReceiptId = Guid.CreateVersion7(time.GetUtcNow()),
            Operator = connector.Operator,
            Connector = connector.Id,
            OperatorId = id,
            CanonicalId = OperatorId.FromReceipt(id),
            State = State(state),
            IsIntermediate = pdu.IsIntermediateNotification || state is Scheduled or Enroute or Accepted,
            Stat = text?.Stat ?? "",
            Error = text?.Err ?? "",
            DoneAt = text?.DoneDate is { } done ? new DateTimeOffset(DateTime.SpecifyKind(done, DateTimeKind.Utc)) : null,
            At = time.GetUtcNow(),
        };
    }

    // message_state, SMPP 5.0 section 4.7.15.
    private const byte Scheduled = 0;
    private const byte Enroute = 1;
    private const byte Accepted = 6;

    private static MessageState? State(byte? state) =>
        state switch
        {
            2 => MessageState.Delivered,
            3 => MessageState.Expired,
            4 => MessageState.Cancelled,
            5 or 7 => MessageState.Failed,
            8 => MessageState.Rejected,
            _ => null,
        };

    private InboundReceived Inbound(DeliverSm pdu)
    {
        var now = time.GetUtcNow();
        return new InboundReceived
        {
            Id = MessageId.New(now),
            Operator = connector.Operator,
            Connector = connector.Id,
            Source = new Party(pdu.Source.Ton, pdu.Source.Npi, pdu.Source.Digits),
            Destination = new Party(pdu.Destination.Ton, pdu.Destination.Npi, pdu.Destination.Digits),
            EsmClass = pdu.EsmClass,
            DataCoding = pdu.DataCoding,
            Content = pdu.ShortMessage,
            Tlvs = pdu.Tlvs.Encoded,
            ReceivedAt = now,
        };
    }
}
