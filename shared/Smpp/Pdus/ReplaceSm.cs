using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>replace_sm: section 4.5.3.1. Its response is a <see cref="ReplaceSmResp"/>.</summary>
public sealed record ReplaceSm : IRequest<ReplaceSmResp>
{
    /// <summary>message_id of the message to replace.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>source_addr of that message.</summary>
    public Address Source { get; init; }

    /// <summary>schedule_delivery_time: empty keeps it.</summary>
    public string ScheduleDeliveryTime { get; init; } = "";

    /// <summary>validity_period: empty keeps it.</summary>
    public string ValidityPeriod { get; init; } = "";

    /// <summary>registered_delivery.</summary>
    public byte RegisteredDelivery { get; init; }

    /// <summary>sm_default_msg_id.</summary>
    public byte SmDefaultMsgId { get; init; }

    /// <summary>short_message.</summary>
    public ReadOnlyMemory<byte> ShortMessage { get; init; }

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.ReplaceSm;

    /// <summary>The id only: message text does not belong in logs.</summary>
    public override string ToString() => $"{CommandId} {MessageId}";

    int IPdu.BodyBound =>
        MessageId.Length
        + Source.Bound
        + ScheduleDeliveryTime.Length
        + ValidityPeriod.Length
        + ShortMessage.Length
        + Tlvs.Encoded.Length
        + 6;

    internal static ReplaceSm ReadFrom(ref PduReader reader) =>
        new()
        {
            MessageId = reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId),
            Source = reader.Address(FieldSize.Address, CommandStatus.InvSrcAdr),
            ScheduleDeliveryTime = reader.Time("schedule_delivery_time", CommandStatus.InvSched),
            ValidityPeriod = reader.Time("validity_period", CommandStatus.InvExpiry),
            RegisteredDelivery = reader.Byte("registered_delivery", CommandStatus.InvRegDlvFlg),
            SmDefaultMsgId = reader.Byte("sm_default_msg_id", CommandStatus.InvDftMsgId),
            ShortMessage = reader.ShortMessageAndTlvs(out var tlvs),
            Tlvs = tlvs,
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.Address(Source, FieldSize.Address, CommandStatus.InvSrcAdr);
        writer.CString("schedule_delivery_time", ScheduleDeliveryTime, FieldSize.Time, CommandStatus.InvSched);
        writer.CString("validity_period", ValidityPeriod, FieldSize.Time, CommandStatus.InvExpiry);
        writer.Byte(RegisteredDelivery);
        writer.Byte(SmDefaultMsgId);
        writer.ShortMessage(ShortMessage);
        writer.Tlvs(Tlvs);
    }
}
