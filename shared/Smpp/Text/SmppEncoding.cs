using System.Text;

namespace Smpp.Text;

/// <summary>
/// How the octets of a message are text: data_coding, SMPP 5.0 section 4.7.7. JIS (0x05), pictograms (0x09), ISO-2022-JP (0x0A), extended Kanji
/// (0x0D) and KS C 5601 (0x0E) are kept as <see cref="Octets"/>: whoever has a link that uses them decodes them there.
/// </summary>
public sealed class SmppEncoding
{
    // Unpaired surrogates become U+FFFD in both directions, as does a last octet without its second: UTF-16 that is none is not passed on.
    static readonly Encoding utf16 = new UnicodeEncoding(bigEndian: true, byteOrderMark: false);

    readonly CanEncodeText canEncode;
    readonly EncodeText encode;
    readonly DecodeOctets decode;

    SmppEncoding(string name, byte dataCoding, CanEncodeText canEncode, EncodeText encode, DecodeOctets decode)
    {
        Name = name;
        DataCoding = dataCoding;
        this.canEncode = canEncode;
        this.encode = encode;
        this.decode = decode;
    }

    delegate bool CanEncodeText(ReadOnlySpan<char> text);

    delegate byte[] EncodeText(string text);

    delegate string DecodeOctets(ReadOnlySpan<byte> octets);

    /// <summary>GSM 7-bit default alphabet, unpacked.</summary>
    public static SmppEncoding Gsm7Bit { get; } =
        new("gsm7", 0x00, text => Gsm7.CountSeptets(text) >= 0, text => Gsm7.Encode(text), octets => Gsm7.Decode(octets));

    /// <summary>IA5 (ASCII).</summary>
    public static SmppEncoding Ascii { get; } =
        new(
            "ascii",
            0x01,
            text => System.Text.Ascii.IsValid(text),
            text => EncodeUpTo('\u007F', text),
            octets => Encoding.ASCII.GetString(octets)
        );

    /// <summary>ISO 8859-1.</summary>
    public static SmppEncoding Latin1 { get; } =
        new(
            "latin1",
            0x03,
            text => !text.ContainsAnyExceptInRange('\0', '\u00FF'),
            text => EncodeUpTo('\u00FF', text),
            octets => Encoding.Latin1.GetString(octets)
        );

    /// <summary>Octets that are no text; shown as Latin-1.</summary>
    public static SmppEncoding Octets { get; } =
        new("octets", 0x04, _ => false, text => EncodeUpTo('\u00FF', text), octets => Encoding.Latin1.GetString(octets));

    /// <summary>ISO 8859-5.</summary>
    public static SmppEncoding Cyrillic { get; } = Of("cyrillic", 0x06, Iso8859.Cyrillic);

    /// <summary>ISO 8859-8, in logical order.</summary>
    public static SmppEncoding Hebrew { get; } = Of("hebrew", 0x07, Iso8859.Hebrew);

    /// <summary>
    /// UCS-2, taken as UTF-16BE so that characters beyond the basic plane arrive, as handsets do. An unpaired surrogate cannot be encoded: it
    /// becomes U+FFFD, as one that is received does.
    /// </summary>
    public static SmppEncoding Ucs2 { get; } = new("ucs2", 0x08, IsUtf16, utf16.GetBytes, octets => utf16.GetString(octets));

    /// <summary>A short name, for logs and APIs.</summary>
    public string Name { get; }

    /// <summary>The data_coding that announces it.</summary>
    public byte DataCoding { get; }

    /// <summary>
    /// The encoding that a data_coding announces. 0 is the SMSC's default alphabet, which differs: <paramref name="defaultAlphabet"/>.
    /// The others are as <see cref="DataCodingScheme"/> says; what is unknown is octets.
    /// </summary>
    public static SmppEncoding FromDataCoding(byte dataCoding, SmppEncoding defaultAlphabet) =>
        new DataCodingScheme(dataCoding).Encoding(defaultAlphabet);

    /// <summary>Whether every character of the text has a code.</summary>
    public bool CanEncode(ReadOnlySpan<char> text) => canEncode(text);

    /// <summary>Encodes; characters without a code become '?', unpaired surrogates in <see cref="Ucs2"/> U+FFFD.</summary>
    public byte[] Encode(string text) => encode(text);

    /// <summary>Decodes; never throws.</summary>
    public string Decode(ReadOnlySpan<byte> octets) => decode(octets);

    /// <inheritdoc />
    public override string ToString() => Name;

    // One '?' for a character without a code, also for one of two UTF-16 units (.NET's own encodings write two).
    static byte[] EncodeUpTo(char last, ReadOnlySpan<char> text)
    {
        var octets = new byte[text.Length];
        var position = 0;
        for (var i = 0; i < text.Length; i++)
        {
            octets[position++] = text[i] <= last ? (byte)text[i] : (byte)'?';
            i += i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 1 : 0;
        }
        return position == octets.Length ? octets : octets[..position];
    }

    static SmppEncoding Of(string name, byte dataCoding, Iso8859 set) =>
        new(name, dataCoding, set.CanEncode, text => set.Encode(text), set.Decode);

    static bool IsUtf16(ReadOnlySpan<char> text)
    {
        for (var i = text.IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }
            i++;
        }
        return true;
    }
}
