using System.Globalization;
using Contracts;
using Persistence.Ledger;
using Smpp;
using Smpp.Pdus;
using Smpp.Text;

namespace SmppGateway;

internal sealed partial class MessageRequests
{
    // message_state, SMPP 5.0 section 4.7.15.
    private const byte Scheduled = 0;
    private const byte Enroute = 1;
    private const byte Deleted = 4;

    /// <summary>
    /// query_sm (section 4.5.1). A message without a row was accepted just now: ENROUTE. The messages of a submit_multi answer as one: open while
    /// one is, then delivered if all are, else by the first that is not.
    /// </summary>
    public async ValueTask<QuerySmResp> QueryAsync(EsmeSession esme, QuerySm pdu, CancellationToken cancellationToken)
    {
        if (!ClientIds.TryRead(pdu.MessageId, out var wire))
        {
            return QuerySmResp.Rejected(CommandStatus.InvMsgId);
        }

        QuerySmResp? answer = null;
        var status = await InTurnAsync(
            esme,
            CommandStatus.QueryFail,
            async () =>
            {
                var key = Key(esme, wire.Value, pdu.Source);
                var found = await ledger.FindAsync(key, CancellationToken.None);
                var meant = found.FindAll(message => message.Source == key.Source);
                if (meant.Count > 0)
                {
                    answer = Answer(pdu.MessageId, Speaker(meant), esme.Version);
                    return CommandStatus.Ok;
                }

                if (found.Count > 0)
                {
                    return CommandStatus.InvSrcAdr;
                }

                answer = new QuerySmResp { MessageId = pdu.MessageId, MessageState = Enroute };
                return MayBeUnrecorded(wire.Value) ? CommandStatus.Ok : CommandStatus.InvMsgId;
            },
            cancellationToken
        );
        return status == CommandStatus.Ok ? answer! : QuerySmResp.Rejected(status);
    }

    private static CustomerMessage Speaker(List<CustomerMessage> messages) =>
        messages.Find(message => !message.State.IsFinal() && !message.IsCancelled)
        ?? messages.Find(message => message.State != MessageState.Delivered)
        ?? messages[0];

    private static QuerySmResp Answer(string id, CustomerMessage message, byte version) =>
        new()
        {
            MessageId = id,
            FinalDate = message.DoneAt is { } done ? SmppTime.FormatAbsolute(done) : "",
            MessageState = StateOf(message, version),
            ErrorCode = byte.TryParse(message.ErrorCode, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : (byte)0,
        };

    private static byte StateOf(CustomerMessage message, byte version) =>
        message.State switch
        {
            MessageState.Delivered => 2,
            MessageState.Expired => 3,
            MessageState.Cancelled => Deleted,
            MessageState.Failed => 5,
            MessageState.Rejected => 8,
            // Answered OK, and its end is on the way to the ledger.
            MessageState.Scheduled or MessageState.Routed when message.IsCancelled => Deleted,
            // SCHEDULED came with 5.0.
            MessageState.Scheduled when version >= SmppVersions.V50 => Scheduled,
            _ => Enroute,
        };
}
