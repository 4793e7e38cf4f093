using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>query_broadcast_sm: section 4.6.1.1.</summary>
public sealed record QueryBroadcastSm : IRequest<QueryBroadcastSmResp>
{
    /// <summary>message_id of the broadcast asked about, at most 64 characters.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>source_addr of that broadcast.</summary>
    public Address Source { get; init; }

    /// <summary>TLVs: user_message_reference.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.QueryBroadcastSm;

    int IPdu.BodyBound => MessageId.Length + 1 + Source.Bound + Tlvs.Encoded.Length;

    internal static QueryBroadcastSm ReadFrom(ref PduReader reader) =>
        new()
        {
            MessageId = reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId),
            Source = reader.Address(FieldSize.Address, CommandStatus.InvSrcAdr),
            Tlvs = reader.Tlvs(),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.Address(Source, FieldSize.Address, CommandStatus.InvSrcAdr);
        writer.Tlvs(Tlvs);
    }
}

/// <summary>
/// query_broadcast_sm_resp: section 4.6.1.3. Mandatory TLVs are message_state, broadcast_area_identifier and broadcast_area_success (both
/// once per area, in pairs); whether they are there is told by <see cref="KnownTlvs.Validate(CommandId, TlvList)"/>.
/// </summary>
public sealed record QueryBroadcastSmResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <summary>message_id, at most 64 characters.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.QueryBroadcastSmResp;

    /// <summary>Refused.</summary>
    public static QueryBroadcastSmResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => MessageId.Length + 1 + Tlvs.Encoded.Length;

    internal static QueryBroadcastSmResp ReadFrom(ref PduReader reader, CommandStatus status) =>
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
