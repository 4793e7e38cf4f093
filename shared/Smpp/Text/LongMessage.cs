using Smpp.Pdus;
using Smpp.Tlvs;

namespace Smpp.Text;

/// <summary>How the parts of a message say that they belong together.</summary>
public enum LongMessageMethod
{
    /// <summary>A user data header with an 8-bit reference: what every handset reads.</summary>
    Header8,

    /// <summary>A user data header with a 16-bit reference: one octet dearer, 256 times fewer mix-ups.</summary>
    Header16,

    /// <summary>The TLVs sar_msg_ref_num, sar_total_segments and sar_segment_seqnum: the SMSC makes the headers.</summary>
    Sar,

    /// <summary>One PDU with message_payload: the SMSC splits.</summary>
    Payload,
}

/// <summary>Why a message was not split.</summary>
public enum SplitFault
{
    /// <summary>It was.</summary>
    None,

    /// <summary>It takes more parts than <see cref="SplitOptions.MaxParts"/>.</summary>
    TooManyParts,

    /// <summary><see cref="SplitOptions.Elements"/> leave less than half of a part's 140 octets for text.</summary>
    HeaderTooLong,

    /// <summary>message_payload can have 65,535 octets at most.</summary>
    PayloadTooLong,
}

/// <summary>How to split.</summary>
public sealed record SplitOptions
{
    /// <summary>How the parts say that they belong together. Default: 8-bit headers, which every handset reads.</summary>
    public LongMessageMethod Method { get; init; } = LongMessageMethod.Header8;

    /// <summary>The most parts, 1 to 255. Default: 255, as the count is one octet.</summary>
    public int MaxParts { get; init; } = Segmentation.MaxParts;

    /// <summary>
    /// Elements that every part's user data header has, without the header's length octet: <see cref="Gsm7Alphabet.Header"/> for national
    /// tables, ports, and so on. They come behind the concatenation. Default: none.
    /// </summary>
    public ReadOnlyMemory<byte> Elements { get; init; }
}

/// <summary>One part, as a PDU carries it.</summary>
/// <param name="ShortMessage">short_message, its user data header included; empty when there is a payload.</param>
/// <param name="HasUserDataHeader">Whether esm_class gets bit 6.</param>
/// <param name="Sar">What the sar_ TLVs say; null without them.</param>
/// <param name="Payload">message_payload, its user data header included; null without one.</param>
public sealed record MessagePart(
    ReadOnlyMemory<byte> ShortMessage,
    bool HasUserDataHeader,
    Concatenation? Sar = null,
    ReadOnlyMemory<byte>? Payload = null
)
{
    const byte UserDataHeaderIndicator = 0x40;

    /// <summary>The PDU with this part as its content; its other fields and TLVs stay.</summary>
    public SubmitSm ApplyTo(SubmitSm pdu) =>
        pdu with
        {
            EsmClass = EsmClass(pdu.EsmClass),
            ShortMessage = ShortMessage,
            Tlvs = ApplyTo(pdu.Tlvs),
        };

    /// <summary>The PDU with this part as its content; its other fields and TLVs stay.</summary>
    public DeliverSm ApplyTo(DeliverSm pdu) =>
        pdu with
        {
            EsmClass = EsmClass(pdu.EsmClass),
            ShortMessage = ShortMessage,
            Tlvs = ApplyTo(pdu.Tlvs),
        };

    byte EsmClass(byte value) => (byte)(HasUserDataHeader ? value | UserDataHeaderIndicator : value & ~UserDataHeaderIndicator);

    TlvList ApplyTo(TlvList tlvs)
    {
        if (Sar is { } sar)
        {
            tlvs = tlvs.WithUInt16(TlvTag.SarMsgRefNum, sar.Reference)
                .WithByte(TlvTag.SarTotalSegments, sar.Total)
                .WithByte(TlvTag.SarSegmentSeqnum, sar.Sequence);
        }
        // Content is in one place or the other (section 4.8.4.36), and a message that came as payload may be what was split.
        return Payload is { } payload ? tlvs.With(TlvTag.MessagePayload, payload.Span) : tlvs.Without(TlvTag.MessagePayload);
    }
}

/// <summary>A split message, or why it is none.</summary>
/// <param name="Parts">The parts in order; empty with a fault.</param>
/// <param name="Fault">Why not.</param>
public readonly record struct SplitMessage(IReadOnlyList<MessagePart> Parts, SplitFault Fault);

/// <summary>Makes the parts of a message as PDUs carry them.</summary>
public static class LongMessage
{
    // Half of the 140 octets of a part, less the longer concatenation header.
    const int MaxElements = 70 - UserDataHeader.Concatenation16Length;

    /// <summary>
    /// Splits encoded content that has no user data header in it. Neither an escape sequence of GSM 7-bit nor a surrogate pair is cut. What
    /// fits alone is one part without concatenation.
    /// </summary>
    /// <param name="content">The content, GSM 7-bit one septet to an octet.</param>
    /// <param name="dataCoding">Its data_coding, which says in what units a part's room is counted.</param>
    /// <param name="reference">The message's reference; of 8-bit headers its low octet.</param>
    /// <param name="options">How; null for the defaults.</param>
    public static SplitMessage Split(ReadOnlyMemory<byte> content, byte dataCoding, ushort reference, SplitOptions? options = null)
    {
        options ??= new SplitOptions();
        var elements = options.Elements;
        if (elements.Length > MaxElements)
        {
            return new SplitMessage([], SplitFault.HeaderTooLong);
        }
        if (options.Method == LongMessageMethod.Payload)
        {
            return Payload(content, elements);
        }
        var concatenation =
            options.Method == LongMessageMethod.Header16 ? UserDataHeader.Concatenation16Length : UserDataHeader.Concatenation8Length;
        var contents = Segmentation.Split(
            content,
            Segmentation.UnitOf(dataCoding),
            elements.IsEmpty ? 0 : 1 + elements.Length,
            concatenation + elements.Length
        );
        if (contents.Count > Math.Min(options.MaxParts, Segmentation.MaxParts))
        {
            return new SplitMessage([], SplitFault.TooManyParts);
        }
        if (contents.Count == 1)
        {
            return new SplitMessage([new MessagePart(WithHeader([], elements.Span, content), !elements.IsEmpty)], SplitFault.None);
        }
        var parts = new MessagePart[contents.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Part(options, new Concatenation(reference, (byte)parts.Length, (byte)(i + 1)), contents[i]);
        }
        return new SplitMessage(parts, SplitFault.None);
    }

    static MessagePart Part(SplitOptions options, Concatenation part, ReadOnlyMemory<byte> content)
    {
        var elements = options.Elements.Span;
        return options.Method switch
        {
            LongMessageMethod.Sar => new MessagePart(WithHeader([], elements, content), !elements.IsEmpty, part),
            LongMessageMethod.Header16 => new MessagePart(
                WithHeader(UserDataHeader.Concatenate16(part.Reference, part.Total, part.Sequence), elements, content),
                HasUserDataHeader: true
            ),
            _ => new MessagePart(
                WithHeader(UserDataHeader.Concatenate8((byte)part.Reference, part.Total, part.Sequence), elements, content),
                HasUserDataHeader: true
            ),
        };
    }

    static SplitMessage Payload(ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> elements)
    {
        var payload = WithHeader([], elements.Span, content);
        return payload.Length > ushort.MaxValue
            ? new SplitMessage([], SplitFault.PayloadTooLong)
            : new SplitMessage([new MessagePart(default, !elements.IsEmpty, Payload: payload)], SplitFault.None);
    }

    // concatenation: a whole header, or nothing.
    static ReadOnlyMemory<byte> WithHeader(ReadOnlySpan<byte> concatenation, ReadOnlySpan<byte> elements, ReadOnlyMemory<byte> content)
    {
        if (concatenation.IsEmpty && elements.IsEmpty)
        {
            return content;
        }
        var first = concatenation.IsEmpty ? concatenation : concatenation[1..];
        return (byte[])[(byte)(first.Length + elements.Length), .. first, .. elements, .. content.Span];
    }
}
