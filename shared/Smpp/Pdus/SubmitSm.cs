using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>submit_sm: section 4.2.1.1.</summary>
public sealed record SubmitSm : IRequest<SubmitSmResp>
{
    /// <summary>service_type, at most 5 characters.</summary>
    public string ServiceType { get; init; } = "";

    /// <summary>source_addr.</summary>
    public Address Source { get; init; }

    /// <summary>destination_addr.</summary>
    public Address Destination { get; init; }

    /// <summary>esm_class, section 4.7.12.</summary>
    public byte EsmClass { get; init; }

    /// <summary>protocol_id.</summary>
    public byte ProtocolId { get; init; }

    /// <summary>priority_flag.</summary>
    public byte PriorityFlag { get; init; }

    /// <summary>schedule_delivery_time: empty or 16 characters.</summary>
    public string ScheduleDeliveryTime { get; init; } = "";

    /// <summary>validity_period: empty or 16 characters.</summary>
    public string ValidityPeriod { get; init; } = "";

    /// <summary>registered_delivery, section 4.7.21.</summary>
    public byte RegisteredDelivery { get; init; }

    /// <summary>replace_if_present_flag.</summary>
    public byte ReplaceIfPresentFlag { get; init; }

    /// <summary>data_coding, section 4.7.7.</summary>
    public byte DataCoding { get; init; }

    /// <summary>sm_default_msg_id.</summary>
    public byte SmDefaultMsgId { get; init; }

    /// <summary>short_message, at most 255 octets, the user data header included.</summary>
    public ReadOnlyMemory<byte> ShortMessage { get; init; }

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.SubmitSm;

    /// <summary>Whether short_message (or message_payload) begins with a user data header: esm_class bit 6.</summary>
    public bool HasUserDataHeader => (EsmClass & 0x40) != 0;

    /// <summary>The content: short_message, or message_payload when short_message is empty (section 4.8.4.36).</summary>
    public ReadOnlyMemory<byte> Content => ShortMessage.IsEmpty && Tlvs.MessagePayload is { } payload ? payload : ShortMessage;

    /// <summary>Whether <see cref="Content"/> is message_payload.</summary>
    public bool IsPayload => ShortMessage.IsEmpty && Tlvs.Contains(TlvTag.MessagePayload);

    /// <summary>The addresses only: message text does not belong in logs.</summary>
    public override string ToString() => $"{CommandId} {Source} -> {Destination}";

    int IPdu.BodyBound =>
        ServiceType.Length
        + Source.Bound
        + Destination.Bound
        + ScheduleDeliveryTime.Length
        + ValidityPeriod.Length
        + ShortMessage.Length
        + Tlvs.Encoded.Length
        + 11;

    internal static SubmitSm ReadFrom(ref PduReader reader)
    {
        var pdu = new SubmitSm
        {
            ServiceType = reader.CString("service_type", FieldSize.ServiceType, CommandStatus.InvSerTyp),
            Source = reader.Address(FieldSize.Address, CommandStatus.InvSrcAdr),
            Destination = reader.Address(FieldSize.Address, CommandStatus.InvDstAdr),
            EsmClass = reader.Byte("esm_class", CommandStatus.InvEsmClass),
            ProtocolId = reader.Byte("protocol_id"),
            PriorityFlag = reader.Byte("priority_flag", CommandStatus.InvPrtFlg),
            ScheduleDeliveryTime = reader.Time("schedule_delivery_time", CommandStatus.InvSched),
            ValidityPeriod = reader.Time("validity_period", CommandStatus.InvExpiry),
            RegisteredDelivery = reader.Byte("registered_delivery", CommandStatus.InvRegDlvFlg),
            ReplaceIfPresentFlag = reader.Byte("replace_if_present_flag", CommandStatus.InvRepFlag),
            DataCoding = reader.Byte("data_coding", CommandStatus.InvDcs),
            SmDefaultMsgId = reader.Byte("sm_default_msg_id", CommandStatus.InvDftMsgId),
            ShortMessage = reader.ShortMessageAndTlvs(out var tlvs),
            Tlvs = tlvs,
        };
        return pdu;
    }

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("service_type", ServiceType, FieldSize.ServiceType, CommandStatus.InvSerTyp);
        writer.Address(Source, FieldSize.Address, CommandStatus.InvSrcAdr);
        writer.Address(Destination, FieldSize.Address, CommandStatus.InvDstAdr);
        writer.Byte(EsmClass);
        writer.Byte(ProtocolId);
        writer.Byte(PriorityFlag);
        writer.CString("schedule_delivery_time", ScheduleDeliveryTime, FieldSize.Time, CommandStatus.InvSched);
        writer.CString("validity_period", ValidityPeriod, FieldSize.Time, CommandStatus.InvExpiry);
        writer.Byte(RegisteredDelivery);
        writer.Byte(ReplaceIfPresentFlag);
        writer.Byte(DataCoding);
        writer.Byte(SmDefaultMsgId);
        writer.ShortMessage(ShortMessage);
        writer.Tlvs(Tlvs);
    }
}

/// <summary>submit_sm_resp: section 4.2.1.2.</summary>
public sealed record SubmitSmResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <summary>message_id, at most 64 characters.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.SubmitSmResp;

    /// <summary>Accepted under this id.</summary>
    public static SubmitSmResp Accepted(string messageId) => new() { MessageId = messageId };

    /// <summary>Refused.</summary>
    public static SubmitSmResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => MessageId.Length + 1 + Tlvs.Encoded.Length;

    internal static SubmitSmResp ReadFrom(ref PduReader reader, CommandStatus status) =>
        new()
        {
            Status = status,
            MessageId = reader.HasMore ? reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId) : "",
            Tlvs = reader.Tlvs(),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        if (Status != CommandStatus.Ok && MessageId.Length == 0 && Tlvs.IsEmpty)
        {
            return; // an error response has no body
        }
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.Tlvs(Tlvs);
    }
}
