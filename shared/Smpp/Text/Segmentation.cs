namespace Smpp.Text;

/// <summary>
/// Splitting and counting the parts of a message. A part has 140 octets on the air: 160 septets, 70 UTF-16 units or 140 octets alone; with
/// a concatenation header of 6 octets 153, 67 or 134.
/// </summary>
public static class Segmentation
{
    /// <summary>sar_total_segments and the header's count are one octet.</summary>
    public const int MaxParts = 255;

    const byte GsmEscape = 0x1B;

    /// <summary>
    /// Splits encoded content (no user data header in it) into the content of its parts. Neither an escape sequence of GSM 7-bit nor a
    /// surrogate pair is cut. One that fits alone is returned alone, the memory is not copied.
    /// </summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> content, byte dataCoding)
    {
        var unit = UnitOf(dataCoding);
        if (content.Length <= AloneLimit(unit))
        {
            return [content];
        }
        var parts = new List<ReadOnlyMemory<byte>>();
        while (!content.IsEmpty)
        {
            var length = PartLength(content.Span, unit);
            parts.Add(content[..length]);
            content = content[length..];
        }
        return parts;
    }

    /// <summary>
    /// The parts that raw content takes. With a header, the content is one part as it stands, whatever its length: its sender split it
    /// (and one that is longer than a part is split by nobody behind us).
    /// </summary>
    public static int CountParts(ReadOnlySpan<byte> content, byte dataCoding, bool hasUdh)
    {
        var unit = UnitOf(dataCoding);
        if (hasUdh || content.Length <= AloneLimit(unit))
        {
            return 1;
        }
        var parts = 0;
        while (!content.IsEmpty)
        {
            content = content[PartLength(content, unit)..];
            parts++;
        }
        return parts;
    }

    /// <summary>The parts that a text takes in the encoding that <see cref="MessageText.Choose"/> chooses.</summary>
    public static int CountParts(string text)
    {
        var encoding = MessageText.Choose(text);
        return CountParts(encoding.Encode(text), encoding.DataCoding, hasUdh: false);
    }

    // The longest beginning of the content that a part of several can carry.
    static int PartLength(ReadOnlySpan<byte> content, Unit unit)
    {
        var limit = PartLimit(unit);
        if (content.Length <= limit)
        {
            return content.Length;
        }
        return unit switch
        {
            // The escape and the code behind it are one character.
            Unit.Septet when content[limit - 1] == GsmEscape => limit - 1,
            // The high surrogate 0xD800-0xDBFF comes first; its low one would begin the next part.
            Unit.Utf16 when (content[limit - 2] & 0xFC) == 0xD8 => limit - 2,
            _ => limit,
        };
    }

    static int AloneLimit(Unit unit) => unit == Unit.Septet ? 160 : 140;

    static int PartLimit(Unit unit) => unit == Unit.Septet ? 153 : 134;

    // By data_coding alone: the default alphabet (0) is charged as the 7-bit one that the air interface uses.
    static Unit UnitOf(byte dataCoding)
    {
        var encoding = SmppEncoding.FromDataCoding(dataCoding, SmppEncoding.Gsm7Bit);
        if (encoding == SmppEncoding.Ucs2)
        {
            return Unit.Utf16;
        }
        return encoding == SmppEncoding.Gsm7Bit || encoding == SmppEncoding.Ascii ? Unit.Septet : Unit.Octet;
    }

    enum Unit
    {
        Septet,
        Utf16,
        Octet,
    }
}
