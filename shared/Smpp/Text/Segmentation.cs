namespace Smpp.Text;

/// <summary>
/// Splitting and counting the parts of a message. A part has 140 octets on the air: 160 septets, 70 UTF-16 units or 140 octets alone; with
/// a concatenation header of 6 octets 153, 67 or 134. <see cref="LongMessage"/> makes the parts as PDUs carry them.
/// </summary>
public static class Segmentation
{
    /// <summary>sar_total_segments and the header's count are one octet.</summary>
    public const int MaxParts = 255;

    const byte GsmEscape = Gsm7Alphabet.Escape;

    // TP-User-Data, 3GPP TS 23.040 section 9.2.3.16.
    const int AirOctets = 140;

    /// <summary>
    /// Splits encoded content (no user data header in it) into the content of its parts. Neither an escape sequence of GSM 7-bit nor a
    /// surrogate pair is cut. One that fits alone is returned alone, the memory is not copied.
    /// </summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> content, byte dataCoding) =>
        Split(content, UnitOf(dataCoding), 0, UserDataHeader.Concatenation8Length);

    /// <summary>
    /// The parts that raw content takes. With a header, the content is one part as it stands, whatever its length: its sender split it
    /// (and one that is longer than a part is split by nobody behind us).
    /// </summary>
    public static int CountParts(ReadOnlySpan<byte> content, byte dataCoding, bool hasUdh) =>
        hasUdh ? 1 : CountParts(content, UnitOf(dataCoding), 0, UserDataHeader.Concatenation8Length);

    /// <summary>The parts that a text takes in the encoding that <see cref="MessageText.Choose"/> chooses. Allocates nothing.</summary>
    public static int CountParts(ReadOnlySpan<char> text) => CountParts(text, MessageText.Choose(text));

    /// <summary>The parts that a text takes in an encoding, with an 8-bit concatenation header. Encodes and allocates nothing.</summary>
    public static int CountParts(ReadOnlySpan<char> text, SmppEncoding encoding)
    {
        if (encoding == SmppEncoding.Gsm7Bit)
        {
            return CountParts(text, Gsm7Alphabet.Default);
        }
        var unit = UnitOf(encoding);
        var counter = new Counter(LengthLimit(unit, 0), LengthLimit(unit, UserDataHeader.Concatenation8Length));
        for (var i = 0; i < text.Length; i++)
        {
            var isPair = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
            i += isPair ? 1 : 0;
            // A character that a one-octet set does not have is one '?', whatever its units.
            counter.Add(
                unit != Unit.Utf16 ? 1
                : isPair ? 4
                : 2
            );
        }
        return counter.Parts;
    }

    /// <summary>
    /// The parts that a text takes in a GSM 7-bit alphabet, with an 8-bit concatenation header and the elements that announce the alphabet.
    /// Allocates nothing.
    /// </summary>
    public static int CountParts(ReadOnlySpan<char> text, Gsm7Alphabet alphabet)
    {
        var elements = alphabet.HeaderLength;
        var counter = new Counter(
            LengthLimit(Unit.Septet, elements == 0 ? 0 : 1 + elements),
            LengthLimit(Unit.Septet, UserDataHeader.Concatenation8Length + elements)
        );
        for (var i = 0; i < text.Length; i++)
        {
            counter.Add(alphabet.OctetsAt(text, ref i));
        }
        return counter.Parts;
    }

    internal static IReadOnlyList<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> content, Unit unit, int aloneHeader, int partHeader)
    {
        if (content.Length <= LengthLimit(unit, aloneHeader))
        {
            return [content];
        }
        var limit = LengthLimit(unit, partHeader);
        var parts = new List<ReadOnlyMemory<byte>>(content.Length / limit + 1);
        while (!content.IsEmpty)
        {
            var length = PartLength(content.Span, unit, limit);
            parts.Add(content[..length]);
            content = content[length..];
        }
        return parts;
    }

    internal static int CountParts(ReadOnlySpan<byte> content, Unit unit, int aloneHeader, int partHeader)
    {
        if (content.Length <= LengthLimit(unit, aloneHeader))
        {
            return 1;
        }
        var limit = LengthLimit(unit, partHeader);
        var parts = 0;
        while (!content.IsEmpty)
        {
            content = content[PartLength(content, unit, limit)..];
            parts++;
        }
        return parts;
    }

    // By data_coding alone: the default alphabet (0) is charged as the 7-bit one that the air interface uses.
    internal static Unit UnitOf(byte dataCoding) => UnitOf(SmppEncoding.FromDataCoding(dataCoding, SmppEncoding.Gsm7Bit));

    /// <summary>Octets of content, one to a septet, that fit beside a header of so many octets: the text begins on a septet boundary.</summary>
    internal static int LengthLimit(Unit unit, int headerOctets) =>
        unit switch
        {
            Unit.Septet => (AirOctets - headerOctets) * 8 / 7,
            Unit.Utf16 => (AirOctets - headerOctets) & ~1,
            _ => AirOctets - headerOctets,
        };

    static Unit UnitOf(SmppEncoding encoding)
    {
        if (encoding == SmppEncoding.Ucs2)
        {
            return Unit.Utf16;
        }
        return encoding == SmppEncoding.Gsm7Bit || encoding == SmppEncoding.Ascii ? Unit.Septet : Unit.Octet;
    }

    // The longest beginning of the content that a part of several can carry.
    static int PartLength(ReadOnlySpan<byte> content, Unit unit, int limit)
    {
        if (content.Length <= limit)
        {
            return content.Length;
        }
        return unit switch
        {
            // The escape and the code behind it are one character.
            Unit.Septet when content[limit - 1] == GsmEscape => limit - 1,
            // The high surrogate 0xD800-0xDBFF comes first; its low one would begin the next part.
            Unit.Utf16 when (content[limit - 2] & 0xFC) == 0xD8 && (content[limit] & 0xFC) == 0xDC => limit - 2,
            _ => limit,
        };
    }

    /// <summary>What a part's room is counted in.</summary>
    internal enum Unit
    {
        Septet,
        Utf16,
        Octet,
    }

    // Characters one by one into parts, as PartLength cuts encoded ones.
    ref struct Counter(int alone, int limit)
    {
        int total;
        int last;
        int full;

        public readonly int Parts => total <= alone ? 1 : full + 1;

        public void Add(int length)
        {
            total += length;
            last += length;
            if (last > limit)
            {
                full++;
                last = length;
            }
        }
    }
}
