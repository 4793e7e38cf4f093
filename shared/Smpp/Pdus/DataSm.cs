using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>data_sm: section 4.2.2.1. Its content is the TLV message_payload.</summary>
public sealed record DataSm : IRequest<DataSmResp>
{
    /// <summary>service_type, at most 5 characters.</summary>
    public string ServiceType { get; init; } = "";

    /// <summary>source_addr, at most 64 characters here.</summary>
    public Address Source { get; init; }

    /// <summary>destination_addr, at most 64 characters here.</summary>
    public Address Destination { get; init; }

    /// <summary>esm_class.</summary>
    public byte EsmClass { get; init; }

    /// <summary>registered_delivery.</summary>
    public byte RegisteredDelivery { get; init; }

    /// <summary>data_coding.</summary>
    public byte DataCoding { get; init; }

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.DataSm;

    /// <summary>The addresses only: message text does not belong in logs.</summary>
    public override string ToString() => $"{CommandId} {Source} -> {Destination}";

    int IPdu.BodyBound => ServiceType.Length + Source.Bound + Destination.Bound + Tlvs.Encoded.Length + 4;

    internal static DataSm ReadFrom(ref PduReader reader) =>
        new()
        {
            ServiceType = reader.CString("service_type", FieldSize.ServiceType, CommandStatus.InvSerTyp),
            Source = reader.Address(FieldSize.LongAddress, CommandStatus.InvSrcAdr),
            Destination = reader.Address(FieldSize.LongAddress, CommandStatus.InvDstAdr),
            EsmClass = reader.Byte("esm_class", CommandStatus.InvEsmClass),
            RegisteredDelivery = reader.Byte("registered_delivery", CommandStatus.InvRegDlvFlg),
            DataCoding = reader.Byte("data_coding", CommandStatus.InvDcs),
            Tlvs = reader.Tlvs(),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("service_type", ServiceType, FieldSize.ServiceType, CommandStatus.InvSerTyp);
        writer.Address(Source, FieldSize.LongAddress, CommandStatus.InvSrcAdr);
        writer.Address(Destination, FieldSize.LongAddress, CommandStatus.InvDstAdr);
        writer.Byte(EsmClass);
        writer.Byte(RegisteredDelivery);
        writer.Byte(DataCoding);
        writer.Tlvs(Tlvs);
    }
}

/// <summary>data_sm_resp: section 4.2.2.2.</summary>
public sealed record DataSmResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <summary>message_id, at most 64 characters.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.DataSmResp;

    /// <summary>Accepted under this id.</summary>
    public static DataSmResp Accepted(string messageId) => new() { MessageId = messageId };

    /// <summary>Refused.</summary>
    public static DataSmResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => MessageId.Length + 1 + Tlvs.Encoded.Length;

    internal static DataSmResp ReadFrom(ref PduReader reader, CommandStatus status) =>
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
