namespace Smpp.Text;

/// <summary>
/// The GSM 7-bit default alphabet and its extension table, 3GPP TS 23.038 section 6.2.1, one septet to an octet as SMPP carries it: the short
/// way to <see cref="Gsm7Alphabet.Default"/>. And packing, eight septets to seven octets as the air interface carries them.
/// </summary>
public static class Gsm7
{
    /// <summary>Septets of one character: 1, 2 with its escape, or 0 when the alphabet has none.</summary>
    public static int SeptetsOf(char character) => Gsm7Alphabet.Default.SeptetsOf(character);

    /// <summary>Septets of a text; -1 when a character is not in the alphabet.</summary>
    public static int CountSeptets(ReadOnlySpan<char> text) => Gsm7Alphabet.Default.CountSeptets(text);

    /// <summary>Encodes; a character that is not in the alphabet becomes '?'.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text) => Gsm7Alphabet.Default.Encode(text);

    /// <summary>Decodes: <see cref="Gsm7Alphabet.Decode"/>.</summary>
    public static string Decode(ReadOnlySpan<byte> octets) => Gsm7Alphabet.Default.Decode(octets);

    /// <summary>
    /// The fill bits, 0 to 6, between a user data header and packed septets: the text begins on a septet boundary counted from the header's
    /// first octet (3GPP TS 23.040 section 9.2.3.24).
    /// </summary>
    /// <param name="headerOctets">Octets of the header, its length octet included.</param>
    public static int FillBits(int headerOctets) => (7 - headerOctets * 8 % 7) % 7;

    /// <summary>Octets that septets take packed.</summary>
    /// <param name="septets">How many septets.</param>
    /// <param name="fillBits">Bits before the first, 0 to 6.</param>
    public static int PackedLength(int septets, int fillBits = 0) => (septets * 7 + fillBits + 7) / 8;

    /// <summary>
    /// Packs septets, 3GPP TS 23.038 section 6.1.2.1.1: the first in the low bits of the first octet. Fill bits and spare bits at the end are 0.
    /// </summary>
    /// <param name="septets">A septet an octet; the high bit is not looked at.</param>
    /// <param name="fillBits">Bits to leave before the first septet, 0 to 6: <see cref="FillBits"/> behind a header.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fillBits"/> is not 0 to 6.</exception>
    public static byte[] Pack(ReadOnlySpan<byte> septets, int fillBits = 0)
    {
        CheckFillBits(fillBits);
        var packed = new byte[PackedLength(septets.Length, fillBits)];
        var bit = fillBits;
        foreach (var septet in septets)
        {
            var shifted = (septet & 0x7F) << (bit & 7);
            packed[bit >> 3] |= (byte)shifted;
            if (shifted > 0xFF)
            {
                packed[(bit >> 3) + 1] |= (byte)(shifted >> 8);
            }
            bit += 7;
        }
        return packed;
    }

    /// <summary>Unpacks as many septets as are said to be there (TP-UDL counts septets), or as fit, whichever is less.</summary>
    /// <param name="packed">The octets.</param>
    /// <param name="septets">How many septets, those of the header and its fill bits not counted.</param>
    /// <param name="fillBits">Bits before the first septet, 0 to 6.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fillBits"/> is not 0 to 6, or <paramref name="septets"/> is negative.</exception>
    public static byte[] Unpack(ReadOnlySpan<byte> packed, int septets, int fillBits = 0)
    {
        CheckFillBits(fillBits);
        ArgumentOutOfRangeException.ThrowIfNegative(septets);
        var unpacked = new byte[Math.Min(septets, Math.Max(0, packed.Length * 8 - fillBits) / 7)];
        var bit = fillBits;
        for (var i = 0; i < unpacked.Length; i++)
        {
            var low = packed[bit >> 3] >> (bit & 7);
            var high = (bit & 7) > 1 ? packed[(bit >> 3) + 1] << (8 - (bit & 7)) : 0;
            unpacked[i] = (byte)((low | high) & 0x7F);
            bit += 7;
        }
        return unpacked;
    }

    /// <summary>
    /// Unpacks where only octets are counted, as sm_length does: when the last septet lies wholly in the last octet's spare bits and is 0, it
    /// may be '@' or nothing. It is taken as nothing: an ordinary text ends so, and one that ends in '@' with exactly 8n characters hardly ever.
    /// </summary>
    /// <param name="packed">The octets.</param>
    /// <param name="fillBits">Bits before the first septet, 0 to 6.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fillBits"/> is not 0 to 6.</exception>
    public static byte[] UnpackAll(ReadOnlySpan<byte> packed, int fillBits = 0)
    {
        CheckFillBits(fillBits);
        var septets = Math.Max(0, packed.Length * 8 - fillBits) / 7;
        var isSpare = septets > 0 && PackedLength(septets - 1, fillBits) == packed.Length && packed[^1] >> 1 == 0;
        return Unpack(packed, isSpare ? septets - 1 : septets, fillBits);
    }

    static void CheckFillBits(int fillBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fillBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fillBits, 6);
    }
}
