using Contracts;
using Persistence.Configuration;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;

namespace Workers;

/// <summary>
/// Content as an operator takes it. What it understands passes as it came. Other text is re-encoded: to its default alphabet, to Latin-1, by
/// transliteration where the connector says so, and else as UCS-2; no character is ever replaced silently. Octets that are no text in the
/// alphabet they claim pass as they came too: nobody knows what they mean.
/// </summary>
internal static class OperatorContent
{
    private static readonly SplitOptions alone = new();

    /// <summary>The PDU with the message's content, in as many parts as it takes.</summary>
    /// <param name="pdu">All but the content.</param>
    /// <param name="message">The message.</param>
    /// <param name="connector">The connector.</param>
    /// <param name="fault">Why there are none; null when there are.</param>
    public static SubmitSm[] Put(SubmitSm pdu, MessageSubmitted message, Connector connector, out string? fault)
    {
        fault = null;
        var part = ReceivedPart.Of(message.EsmClass, message.DataCoding, message.Content, pdu.Tlvs);
        if (part.Fault != UserDataHeaderFault.None)
        {
            return [AsItCame(pdu, message)];
        }

        var text = OperatorText.Of(part, connector);
        return part.Header is not null || part.Concatenation is not null
            ? PutPart(pdu, message, connector, part, text, out fault)
            : PutWhole(pdu, message, connector, text, out fault);
    }

    /// <summary>A message of its own: split here where it is long.</summary>
    private static SubmitSm[] PutWhole(
        SubmitSm pdu,
        MessageSubmitted message,
        Connector connector,
        OperatorText? recoded,
        out string? fault
    )
    {
        fault = null;
        if (recoded is null && message.Parts == 1)
        {
            return [AsItCame(pdu, message)];
        }

        var text = recoded ?? new OperatorText(message.DataCoding, message.Content, message.DataCoding, null);
        var reference = message.Id.PartReference;
        var method = connector.LongMessages switch
        {
            LongMessages.Sar => LongMessageMethod.Sar,
            _ => connector.Rewrites.LongReferences ? LongMessageMethod.Header16 : LongMessageMethod.Header8,
        };
        var split = LongMessage.Split(text.Octets, text.CountedAs, reference, new SplitOptions { Method = method });
        if (split.Parts.Count != 1 && connector.LongMessages == LongMessages.Payload)
        {
            split = LongMessage.Split(text.Octets, text.CountedAs, reference, new SplitOptions { Method = LongMessageMethod.Payload });
        }

        if (split.Fault != SplitFault.None)
        {
            fault = $"{connector.Id} can show it as {Name(text)} only, which is too long for one message";
            return [];
        }

        pdu = pdu with { DataCoding = text.DataCoding };
        var pdus = new SubmitSm[split.Parts.Count];
        for (var i = 0; i < pdus.Length; i++)
        {
            pdus[i] = text.Spell(split.Parts[i]).ApplyTo(pdu);
        }

        return pdus;
    }

    /// <summary>A part that the customer made, or content behind a header of his: it stays one part.</summary>
    private static SubmitSm[] PutPart(
        SubmitSm pdu,
        MessageSubmitted message,
        Connector connector,
        ReceivedPart part,
        OperatorText? recoded,
        out string? fault
    )
    {
        fault = null;
        var text = recoded ?? new OperatorText(part.DataCoding, part.Body, part.DataCoding, null);
        var elements = part.Header?.Elements.ToList() ?? [];
        if (recoded is not null)
        {
            // They chose the alphabet that the text has left.
            elements.RemoveAll(element =>
                (UserDataElementId)element.Id is UserDataElementId.NationalLockingShift or UserDataElementId.NationalSingleShift
            );
        }

        // In the header, or in the TLVs: where the customer put it unless the connector wants it elsewhere.
        var hasSar = Concatenation.FromSar(pdu.Tlvs) is not null;
        var toSar = connector.Rewrites.ConvertParts && connector.LongMessages == LongMessages.Sar && !hasSar;
        var toHeader = connector.Rewrites.ConvertParts && connector.LongMessages == LongMessages.Udh && hasSar;
        if (part.Concatenation is { } place && (toSar || toHeader))
        {
            elements.RemoveAll(element =>
                (UserDataElementId)element.Id is UserDataElementId.Concatenation8 or UserDataElementId.Concatenation16
            );
            if (toHeader)
            {
                elements.Insert(0, Element(place, connector.Rewrites.LongReferences));
            }

            if (Fits(text, elements))
            {
                var tlvs = toSar ? WithSar(pdu.Tlvs, place) : WithoutSar(pdu.Tlvs);
                return [Put(pdu with { Tlvs = tlvs }, message, text, elements)];
            }

            // No room for the header: as the customer had it.
            elements = [.. part.Header?.Elements ?? []];
        }

        if (recoded is null)
        {
            return [AsItCame(pdu, message)];
        }

        // The SMSC makes the header of what comes with sar_ TLVs; the room for it counts.
        var counted = hasSar ? [Element(default, isLong: false), .. elements] : elements;
        if (!Fits(text, counted))
        {
            fault =
                $"{connector.Id} can show this part as {Name(text)} only, for which a part has no room: its sender has to split it anew";
            return [];
        }

        return [Put(pdu, message, text, elements)];
    }

    private static SubmitSm Put(SubmitSm pdu, MessageSubmitted message, OperatorText text, List<UserDataElement> elements)
    {
        var header = elements.Count == 0 ? [] : UserDataHeader.Of(elements).ToArray();
        var content = new MessagePart((byte[])[.. header, .. text.Octets.Span], elements.Count > 0);
        content = text.Spell(content);
        if (message.IsPayload)
        {
            content = content with { Payload = content.ShortMessage, ShortMessage = default };
        }

        return content.ApplyTo(pdu with { DataCoding = text.DataCoding });
    }

    private static SubmitSm AsItCame(SubmitSm pdu, MessageSubmitted message) =>
        message.IsPayload
            ? pdu with
            {
                Tlvs = pdu.Tlvs.With(TlvTag.MessagePayload, message.Content.Span),
            }
            : pdu with
            {
                ShortMessage = message.Content,
            };

    /// <summary>Whether text and header fit into one part's 140 octets.</summary>
    private static bool Fits(OperatorText text, List<UserDataElement> elements)
    {
        var header = elements.Count == 0 ? default : UserDataHeader.Of(elements).ToArray().AsMemory(1);
        return LongMessage.Split(text.Octets, text.CountedAs, 0, alone with { Elements = header }).Parts.Count == 1;
    }

    private static UserDataElement Element(Concatenation part, bool isLong) =>
        isLong
            ? new(
                (byte)UserDataElementId.Concatenation16,
                (byte[])[(byte)(part.Reference >> 8), (byte)part.Reference, part.Total, part.Sequence]
            )
            : new((byte)UserDataElementId.Concatenation8, (byte[])[(byte)part.Reference, part.Total, part.Sequence]);

    private static TlvList WithSar(TlvList tlvs, Concatenation part) =>
        tlvs.WithUInt16(TlvTag.SarMsgRefNum, part.Reference)
            .WithByte(TlvTag.SarTotalSegments, part.Total)
            .WithByte(TlvTag.SarSegmentSeqnum, part.Sequence);

    private static TlvList WithoutSar(TlvList tlvs) =>
        tlvs.Without(TlvTag.SarMsgRefNum).Without(TlvTag.SarTotalSegments).Without(TlvTag.SarSegmentSeqnum);

    private static SmppEncoding Name(OperatorText text) =>
        text.Spelled ?? SmppEncoding.FromDataCoding(text.DataCoding, SmppEncoding.Gsm7Bit);
}
