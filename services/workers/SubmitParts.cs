using Contracts;
using Persistence.Configuration;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;

namespace Workers;

/// <summary>A message as the submit_sm PDUs that go to an operator: one, or one per part.</summary>
internal static class SubmitParts
{
    private const byte UserDataHeaderIndicator = 0x40;

    /// <summary>The platform always asks for the final receipt, whatever the customer asked for: the ledger needs it.</summary>
    private const byte FinalReceipt = 1;

    /// <summary>
    /// registered_delivery bits 4-2 (SMPP 5.0 section 4.7.21), progress and the recipient's acknowledgements: only the operator and the handset can
    /// do what they ask for.
    /// </summary>
    private const byte AskedOfTheNetwork = 0x1C;

    /// <summary>
    /// The PDUs, in order; the same for the same message and connector every time, so that a part keeps its number over retries.
    /// </summary>
    public static SubmitSm[] Of(MessageSubmitted message, Connector connector)
    {
        TlvList.TryParse(message.Tlvs, int.MaxValue, out var tlvs);
        var whole = new SubmitSm
        {
            ServiceType = message.ServiceType,
            Source = Address(message.Source),
            Destination = Address(message.Destination),
            EsmClass = message.EsmClass,
            ProtocolId = message.ProtocolId,
            PriorityFlag = message.PriorityFlag,
            RegisteredDelivery = (byte)(FinalReceipt | (message.RegisteredDelivery & AskedOfTheNetwork)),
            DataCoding = message.DataCoding,
            Tlvs = tlvs,
        };
        if (message.Parts == 1 || whole.HasUserDataHeader)
        {
            // Fits, or is a customer's own part: passed through as it came.
            return [message.IsPayload ? Payload(whole, message.Content) : whole with { ShortMessage = message.Content }];
        }

        if (connector.LongMessages == LongMessages.Payload)
        {
            return [Payload(whole, message.Content)];
        }

        var segments = Segmentation.Split(message.Content, message.DataCoding);
        var reference = Reference(message.Id);
        var total = (byte)segments.Count;
        var parts = new SubmitSm[segments.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            var number = (byte)(i + 1);
            parts[i] =
                connector.LongMessages == LongMessages.Sar
                    ? whole with
                    {
                        ShortMessage = segments[i],
                        Tlvs = tlvs.WithUInt16(TlvTag.SarMsgRefNum, reference)
                            .WithByte(TlvTag.SarTotalSegments, total)
                            .WithByte(TlvTag.SarSegmentSeqnum, number),
                    }
                    : whole with
                    {
                        EsmClass = (byte)(whole.EsmClass | UserDataHeaderIndicator),
                        ShortMessage = (byte[])[.. UserDataHeader.Concatenate8((byte)reference, total, number), .. segments[i].Span],
                    };
        }

        return parts;
    }

    private static SubmitSm Payload(SubmitSm pdu, ReadOnlyMemory<byte> content) =>
        pdu with
        {
            Tlvs = pdu.Tlvs.With(TlvTag.MessagePayload, content.Span),
        };

    /// <summary>From the id's random end: stable for the message, different for the next.</summary>
    private static ushort Reference(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return (ushort)(bytes[14] << 8 | bytes[15]);
    }

    private static Address Address(Party party) => new(party.Ton, party.Npi, party.Digits);
}
