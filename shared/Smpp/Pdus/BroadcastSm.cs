using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>
/// broadcast_sm: a message to every handset in an area, section 4.4.1.1. Its content is the TLV message_payload. Mandatory TLVs are
/// broadcast_area_identifier (one or more), broadcast_content_type, broadcast_rep_num and broadcast_frequency_interval; whether they are
/// there is told by <see cref="KnownTlvs.Validate(CommandId, TlvList)"/>.
/// </summary>
public sealed record BroadcastSm : IRequest<BroadcastSmResp>
{
    /// <summary>service_type, at most 5 characters.</summary>
    public string ServiceType { get; init; } = "";

    /// <summary>source_addr, at most 20 characters.</summary>
    public Address Source { get; init; }

    /// <summary>message_id of the broadcast to replace, at most 64 characters; empty unless <see cref="ReplaceIfPresentFlag"/> is set.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>priority_flag, section 4.7.14: 0 to 4.</summary>
    public byte PriorityFlag { get; init; }

    /// <summary>schedule_delivery_time: empty or 16 characters.</summary>
    public string ScheduleDeliveryTime { get; init; } = "";

    /// <summary>validity_period: empty or 16 characters.</summary>
    public string ValidityPeriod { get; init; } = "";

    /// <summary>replace_if_present_flag: 0 or 1.</summary>
    public byte ReplaceIfPresentFlag { get; init; }

    /// <summary>data_coding, section 4.7.7.</summary>
    public byte DataCoding { get; init; }

    /// <summary>sm_default_msg_id: 0, or the number of a message that the SMSC holds.</summary>
    public byte SmDefaultMsgId { get; init; }

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.BroadcastSm;

    /// <summary>The address only: message text does not belong in logs.</summary>
    public override string ToString() => $"{CommandId} {Source}";

    int IPdu.BodyBound =>
        ServiceType.Length
        + Source.Bound
        + MessageId.Length
        + ScheduleDeliveryTime.Length
        + ValidityPeriod.Length
        + Tlvs.Encoded.Length
        + 8;

    internal static BroadcastSm ReadFrom(ref PduReader reader) =>
        new()
        {
            ServiceType = reader.CString("service_type", FieldSize.ServiceType, CommandStatus.InvSerTyp),
            Source = reader.Address(FieldSize.Address, CommandStatus.InvSrcAdr),
            MessageId = reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId),
            PriorityFlag = reader.Byte("priority_flag", CommandStatus.InvPrtFlg),
            ScheduleDeliveryTime = reader.Time("schedule_delivery_time", CommandStatus.InvSched),
            ValidityPeriod = reader.Time("validity_period", CommandStatus.InvExpiry),
            ReplaceIfPresentFlag = reader.Byte("replace_if_present_flag", CommandStatus.InvRepFlag),
            DataCoding = reader.Byte("data_coding", CommandStatus.InvDcs),
            SmDefaultMsgId = reader.Byte("sm_default_msg_id", CommandStatus.InvDftMsgId),
            Tlvs = reader.Tlvs(),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("service_type", ServiceType, FieldSize.ServiceType, CommandStatus.InvSerTyp);
        writer.Address(Source, FieldSize.Address, CommandStatus.InvSrcAdr);
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.Byte(PriorityFlag);
        writer.CString("schedule_delivery_time", ScheduleDeliveryTime, FieldSize.Time, CommandStatus.InvSched);
        writer.CString("validity_period", ValidityPeriod, FieldSize.Time, CommandStatus.InvExpiry);
        writer.Byte(ReplaceIfPresentFlag);
        writer.Byte(DataCoding);
        writer.Byte(SmDefaultMsgId);
        writer.Tlvs(Tlvs);
    }
}

/// <summary>broadcast_sm_resp: section 4.4.1.2.</summary>
public sealed record BroadcastSmResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <summary>message_id, at most 64 characters.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>TLVs: a broadcast_error_status and a broadcast_area_identifier for each area that failed.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.BroadcastSmResp;

    /// <summary>Accepted under this id.</summary>
    public static BroadcastSmResp Accepted(string messageId) => new() { MessageId = messageId };

    /// <summary>Refused.</summary>
    public static BroadcastSmResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => MessageId.Length + 1 + Tlvs.Encoded.Length;

    internal static BroadcastSmResp ReadFrom(ref PduReader reader, CommandStatus status) =>
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
