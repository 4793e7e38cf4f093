using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>alert_notification: a subscriber can be reached again, section 4.1.3.1. It has no response.</summary>
public sealed record AlertNotification : IPdu
{
    /// <summary>source_addr: the subscriber.</summary>
    public Address Source { get; init; }

    /// <summary>esme_addr: who asked for the alert.</summary>
    public Address Esme { get; init; }

    /// <summary>TLVs: ms_availability_status.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.AlertNotification;

    int IPdu.BodyBound => Source.Bound + Esme.Bound + Tlvs.Encoded.Length;

    internal static AlertNotification ReadFrom(ref PduReader reader) =>
        new()
        {
            Source = reader.Address(FieldSize.LongAddress, CommandStatus.InvSrcAdr),
            Esme = reader.Address(FieldSize.LongAddress, CommandStatus.InvDstAdr),
            Tlvs = reader.Tlvs(),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.Address(Source, FieldSize.LongAddress, CommandStatus.InvSrcAdr);
        writer.Address(Esme, FieldSize.LongAddress, CommandStatus.InvDstAdr);
        writer.Tlvs(Tlvs);
    }
}
