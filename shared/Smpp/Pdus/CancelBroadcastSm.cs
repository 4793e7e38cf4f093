using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>cancel_broadcast_sm: section 4.6.2.1.</summary>
public sealed record CancelBroadcastSm : IRequest<CancelBroadcastSmResp>
{
    /// <summary>service_type, at most 5 characters.</summary>
    public string ServiceType { get; init; } = "";

    /// <summary>message_id, at most 64 characters; empty: every broadcast of this source and service type (and broadcast_content_type).</summary>
    public string MessageId { get; init; } = "";

    /// <summary>source_addr.</summary>
    public Address Source { get; init; }

    /// <summary>TLVs: broadcast_content_type, user_message_reference.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.CancelBroadcastSm;

    int IPdu.BodyBound => ServiceType.Length + MessageId.Length + 2 + Source.Bound + Tlvs.Encoded.Length;

    internal static CancelBroadcastSm ReadFrom(ref PduReader reader) =>
        new()
        {
            ServiceType = reader.CString("service_type", FieldSize.ServiceType, CommandStatus.InvSerTyp),
            MessageId = reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId),
            Source = reader.Address(FieldSize.Address, CommandStatus.InvSrcAdr),
            Tlvs = reader.Tlvs(),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("service_type", ServiceType, FieldSize.ServiceType, CommandStatus.InvSerTyp);
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.Address(Source, FieldSize.Address, CommandStatus.InvSrcAdr);
        writer.Tlvs(Tlvs);
    }
}

/// <summary>cancel_broadcast_sm_resp: section 4.6.2.3. A header and nothing else.</summary>
public sealed record CancelBroadcastSmResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.CancelBroadcastSmResp;

    /// <summary>Status ok.</summary>
    public static CancelBroadcastSmResp Ok { get; } = new();

    /// <summary>Refused.</summary>
    public static CancelBroadcastSmResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => 0;

    void IPdu.WriteTo(ref PduWriter writer) { }
}
