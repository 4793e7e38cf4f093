using Contracts;
using Messaging;
using Persistence.Configuration;
using Persistence.Ledger;
using Persistence.Snapshot;
using ServiceDefaults;
using Smpp;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;

namespace SmppGateway;

/// <summary>
/// submit_sm → queue <c>submit</c>. OK is answered only after the queue has confirmed the message; everything else is answered with
/// the status that tells the client whether to try again.
/// </summary>
internal sealed class SubmitHandler(
    GatewayOptions options,
    SnapshotSource configuration,
    EnvelopeSender<MessageSubmitted> queue,
    AcceptCounter counter,
    TimeProvider time
)
{
    public async ValueTask<SubmitSmResp> SubmitAsync(EsmeSession esme, SubmitSm pdu)
    {
        // :: Step 1: what can be refused at once.
        var now = time.GetUtcNow();
        if (Validate(pdu, now, out var validUntil, out var parts) is { } fault)
        {
            return SubmitSmResp.Rejected(fault);
        }

        // :: Step 2: one contract record; the id is made here and never renamed.
        var message = Message(esme, pdu, now, validUntil, parts);

        // :: Step 3: store. The wait is not cancelled with the session: once handed over, the message's fate is the queue's answer.
        var outcome = await queue.SendAsync(message, CancellationToken.None);

        FaultPoints.Pass(FaultPoints.AcceptedBeforeAnswer);

        // :: Step 4: answer by what the queue said.
        switch (outcome)
        {
            case SendOutcome.Stored:
                counter.Accepted(message.Account);
                return SubmitSmResp.Accepted(message.ClientId ?? message.Id.ToString());
            case SendOutcome.Unknown:
                counter.MaybeAccepted(message.Account);
                return SubmitSmResp.Rejected(CommandStatus.SysErr);
            default:
                return SubmitSmResp.Rejected(CommandStatus.MsgQFul);
        }
    }

    private CommandStatus? Validate(SubmitSm pdu, DateTimeOffset now, out DateTimeOffset validUntil, out int parts)
    {
        validUntil = now + options.DefaultValidity;
        parts = 0;
        var digits = pdu.Destination.Digits.AsSpan().TrimStart('+');
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
        {
            return CommandStatus.InvDstAdr;
        }

        // Scheduling is not offered yet; to send now what was meant for later would be worse than a refusal.
        if (pdu.ScheduleDeliveryTime.Length > 0)
        {
            return CommandStatus.InvSched;
        }

        if (!SmppTime.TryParse(pdu.ValidityPeriod, now, out var asked) || asked <= now)
        {
            return CommandStatus.InvExpiry;
        }

        if (asked is { } until)
        {
            validUntil = until < now + options.MaxValidity ? until : now + options.MaxValidity;
        }

        // esm_class bits 1-0: datagram (1) and transaction (2) mode wait for the handset; this is store and forward (0, 3).
        if ((pdu.EsmClass & 0x03) is 1 or 2)
        {
            return CommandStatus.InvEsmClass;
        }

        // Section 4.8.4.36: content is in one place or the other.
        if (!pdu.ShortMessage.IsEmpty && pdu.Tlvs.Contains(TlvTag.MessagePayload))
        {
            return CommandStatus.InvMsgLen;
        }

        parts = Segmentation.CountParts(pdu.Content.Span, pdu.DataCoding, pdu.HasUserDataHeader);
        return parts > Segmentation.MaxParts ? CommandStatus.InvMsgLen : null;
    }

    private MessageSubmitted Message(EsmeSession esme, SubmitSm pdu, DateTimeOffset now, DateTimeOffset validUntil, int parts)
    {
        var id = MessageId.New(now);
        var isPayload = pdu.ShortMessage.IsEmpty && pdu.Tlvs.Contains(TlvTag.MessagePayload);
        var tlvs = isPayload ? pdu.Tlvs.Without(TlvTag.MessagePayload) : pdu.Tlvs;
        return new MessageSubmitted
        {
            Id = id,
            Account = esme.Account,
            SystemId = esme.SystemId,
            Origin = Origin.Smpp,
            ClientId = ClientId(esme, id),
            Source = Party(pdu.Source),
            Destination = Party(pdu.Destination),
            ServiceType = pdu.ServiceType,
            EsmClass = pdu.EsmClass,
            ProtocolId = pdu.ProtocolId,
            PriorityFlag = pdu.PriorityFlag,
            RegisteredDelivery = pdu.RegisteredDelivery,
            DataCoding = pdu.DataCoding,
            Content = pdu.Content,
            IsPayload = isPayload,
            Tlvs = tlvs.Encoded,
            Parts = parts,
            AcceptedAt = now,
            ValidUntil = validUntil,
        };
    }

    private string? ClientId(EsmeSession esme, MessageId id) =>
        configuration.Current.SmppUsers.GetValueOrDefault(esme.SystemId)?.MessageIdFormat switch
        {
            MessageIdFormat.Uuid => id.Value.ToString("D"),
            MessageIdFormat.Decimal => UInt128.Parse(id.ToString(), System.Globalization.NumberStyles.HexNumber, null).ToString(null, null),
            _ => null,
        };

    private static Party Party(Address address) => new(address.Ton, address.Npi, address.Digits);
}
