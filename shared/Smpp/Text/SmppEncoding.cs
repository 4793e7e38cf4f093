using System.Text;

namespace Smpp.Text;

/// <summary>How the octets of a message are text: data_coding, SMPP 5.0 section 4.7.7.</summary>
public sealed class SmppEncoding
{
    static readonly Encoding utf16 = new UnicodeEncoding(bigEndian: true, byteOrderMark: false);

    readonly Func<string, bool> canEncode;
    readonly Func<string, byte[]> encode;
    readonly Decoder decode;

    SmppEncoding(string name, byte dataCoding, Func<string, bool> canEncode, Func<string, byte[]> encode, Decoder decode)
    {
        Name = name;
        DataCoding = dataCoding;
        this.canEncode = canEncode;
        this.encode = encode;
        this.decode = decode;
    }

    delegate string Decoder(ReadOnlySpan<byte> octets);

    /// <summary>GSM 7-bit default alphabet, unpacked.</summary>
    public static SmppEncoding Gsm7Bit { get; } =
        new("gsm7", 0x00, text => Gsm7.CountSeptets(text) >= 0, text => Gsm7.Encode(text), octets => Gsm7.Decode(octets));

    /// <summary>IA5 (ASCII).</summary>
    public static SmppEncoding Ascii { get; } =
        new("ascii", 0x01, text => System.Text.Ascii.IsValid(text), Encoding.ASCII.GetBytes, octets => Encoding.ASCII.GetString(octets));

    /// <summary>ISO 8859-1.</summary>
    public static SmppEncoding Latin1 { get; } =
        new(
            "latin1",
            0x03,
            text => !text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF'),
            Encoding.Latin1.GetBytes,
            octets => Encoding.Latin1.GetString(octets)
        );

    /// <summary>UCS-2, taken as UTF-16BE so that characters beyond the basic plane arrive, as handsets do.</summary>
    public static SmppEncoding Ucs2 { get; } = new("ucs2", 0x08, _ => true, utf16.GetBytes, octets => utf16.GetString(octets));

    /// <summary>Octets that are no text; shown as Latin-1.</summary>
    public static SmppEncoding Octets { get; } =
        new("octets", 0x04, _ => false, Encoding.Latin1.GetBytes, octets => Encoding.Latin1.GetString(octets));

    /// <summary>A short name, for logs and APIs.</summary>
    public string Name { get; }

    /// <summary>The data_coding that announces it.</summary>
    public byte DataCoding { get; }

    /// <summary>
    /// The encoding that a data_coding announces. 0 is the SMSC's default alphabet, which differs: <paramref name="defaultAlphabet"/>.
    /// Values from 0xC0 are GSM message waiting and message class groups (3GPP TS 23.038 section 4); the rest is unknown and thus octets.
    /// </summary>
    public static SmppEncoding FromDataCoding(byte dataCoding, SmppEncoding defaultAlphabet) =>
        dataCoding switch
        {
            0x00 => defaultAlphabet,
            0x01 => Ascii,
            0x03 => Latin1,
            0x08 => Ucs2,
            < 0xC0 => Octets,
            < 0xE0 => Gsm7Bit, // message waiting, discard or store, default alphabet
            < 0xF0 => Ucs2, // message waiting, store, UCS-2
            _ => (dataCoding & 0x04) == 0 ? Gsm7Bit : Octets, // message class
        };

    /// <summary>Whether every character of the text has a code.</summary>
    public bool CanEncode(string text) => canEncode(text);

    /// <summary>Encodes; characters without a code become '?'.</summary>
    public byte[] Encode(string text) => encode(text);

    /// <summary>Decodes; never throws.</summary>
    public string Decode(ReadOnlySpan<byte> octets) => decode(octets);

    /// <inheritdoc />
    public override string ToString() => Name;
}
