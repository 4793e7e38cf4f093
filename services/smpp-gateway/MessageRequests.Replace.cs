using Persistence.Ledger;
using Smpp;
using Smpp.Pdus;
using Smpp.Tlvs;

namespace SmppGateway;

internal sealed partial class MessageRequests
{
    /// <summary>
    /// replace_sm (section 4.5.3) of what was never claimed for sending: text, times and registered_delivery. esm_class and data_coding stay the
    /// message's. A message without a row is refused (ESME_RREPLACEFAIL): what is in a queue cannot be changed there.
    /// </summary>
    public async ValueTask<ReplaceSmResp> ReplaceAsync(EsmeSession esme, ReplaceSm pdu, CancellationToken cancellationToken)
    {
        if (!ClientIds.TryRead(pdu.MessageId, out var wire))
        {
            return ReplaceSmResp.Rejected(CommandStatus.InvMsgId);
        }

        if (Check(pdu) is var fault and not CommandStatus.Ok)
        {
            return ReplaceSmResp.Rejected(fault);
        }

        var status = await InTurnAsync(
            esme,
            CommandStatus.SysErr,
            async () =>
            {
                var refusal = CommandStatus.ReplaceFail;
                var result = await ledger.ReplaceAsync(
                    Key(esme, wire.Value, pdu.Source),
                    message => Change(pdu, message, out refusal),
                    CancellationToken.None
                );
                return result switch
                {
                    ChangeResult.Refused => refusal,
                    ChangeResult.NotFound when MayBeUnrecorded(wire.Value) => CommandStatus.ReplaceFail,
                    _ => Status(result, CommandStatus.ReplaceFail),
                };
            },
            cancellationToken
        );
        return status == CommandStatus.Ok ? ReplaceSmResp.Ok : ReplaceSmResp.Rejected(status);
    }

    /// <summary>What does not depend on the message.</summary>
    private static CommandStatus Check(ReplaceSm pdu)
    {
        if (!SubmitRules.IsRegisteredDelivery(pdu.RegisteredDelivery))
        {
            return CommandStatus.InvRegDlvFlg;
        }

        if (pdu.SmDefaultMsgId > 0)
        {
            return CommandStatus.InvDftMsgId;
        }

        foreach (var tlv in pdu.Tlvs)
        {
            // Section 4.5.3.1 has this one only.
            if (tlv.Tag != TlvTag.MessagePayload)
            {
                return CommandStatus.TlvNotAllwd;
            }
        }

        return CommandStatus.Ok;
    }

    private Replacement? Change(ReplaceSm pdu, ReplaceableMessage message, out CommandStatus refusal)
    {
        var now = time.GetUtcNow();
        var replaced = new SubmitSm
        {
            EsmClass = message.EsmClass,
            DataCoding = message.DataCoding,
            ShortMessage = pdu.ShortMessage,
            Tlvs = pdu.Tlvs,
        };
        refusal = SubmitRules.Content(replaced, out var parts);
        if (refusal == CommandStatus.Ok)
        {
            refusal = Times(pdu, message, now, out var scheduledAt, out var validUntil);
            if (refusal == CommandStatus.Ok)
            {
                return new Replacement(replaced.Content, replaced.IsPayload, parts, pdu.RegisteredDelivery, validUntil, scheduledAt);
            }
        }

        return null;
    }

    /// <summary>An empty time keeps what the message has.</summary>
    private CommandStatus Times(
        ReplaceSm pdu,
        ReplaceableMessage message,
        DateTimeOffset now,
        out DateTimeOffset? scheduledAt,
        out DateTimeOffset validUntil
    )
    {
        var status = SubmitRules.Times(pdu.ScheduleDeliveryTime, pdu.ValidityPeriod, now, options, out scheduledAt, out validUntil);
        if (status != CommandStatus.Ok)
        {
            return status;
        }

        if (pdu.ValidityPeriod.Length == 0 && (scheduledAt is null || message.ValidUntil > scheduledAt))
        {
            validUntil = message.ValidUntil;
        }

        return validUntil > (scheduledAt ?? message.ScheduledAt ?? now) ? CommandStatus.Ok : CommandStatus.InvExpiry;
    }
}
