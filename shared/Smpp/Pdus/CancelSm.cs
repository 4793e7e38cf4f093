using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>cancel_sm: section 4.5.2.1. Its response is a <see cref="CancelSmResp"/>.</summary>
public sealed record CancelSm : IRequest<CancelSmResp>
{
    /// <summary>service_type.</summary>
    public string ServiceType { get; init; } = "";

    /// <summary>message_id; empty: every message with these addresses and this service type.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>source_addr.</summary>
    public Address Source { get; init; }

    /// <summary>destination_addr.</summary>
    public Address Destination { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.CancelSm;

    int IPdu.BodyBound => ServiceType.Length + MessageId.Length + 2 + Source.Bound + Destination.Bound;

    internal static CancelSm ReadFrom(ref PduReader reader) =>
        new()
        {
            ServiceType = reader.CString("service_type", FieldSize.ServiceType, CommandStatus.InvSerTyp),
            MessageId = reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId),
            Source = reader.Address(FieldSize.Address, CommandStatus.InvSrcAdr),
            Destination = reader.Address(FieldSize.Address, CommandStatus.InvDstAdr),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("service_type", ServiceType, FieldSize.ServiceType, CommandStatus.InvSerTyp);
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.Address(Source, FieldSize.Address, CommandStatus.InvSrcAdr);
        writer.Address(Destination, FieldSize.Address, CommandStatus.InvDstAdr);
    }
}
