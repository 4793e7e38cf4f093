using Persistence.Configuration;
using Smpp.Text;

namespace Workers;

/// <summary>Text re-encoded for an operator.</summary>
/// <param name="DataCoding">The data_coding it goes out with.</param>
/// <param name="Octets">Its octets, to be split.</param>
/// <param name="CountedAs">The data_coding by which a part's room is counted.</param>
/// <param name="Spelled">
/// Where data_coding 0 is not GSM 7-bit there: what <paramref name="Octets"/>, GSM 7-bit, become once they are split. The handset gets 7-bit
/// text all the same, so its parts are cut, and counted, as such.
/// </param>
internal sealed record OperatorText(byte DataCoding, ReadOnlyMemory<byte> Octets, byte CountedAs, SmppEncoding? Spelled)
{
    private const byte Default = 0;

    /// <summary>The text for the connector; null when it passes as it is: understood there, no text, or none in the alphabet it claims.</summary>
    public static OperatorText? Of(ReceivedPart part, Connector connector)
    {
        var encoding = SmppEncoding.FromDataCoding(part.DataCoding, SmppEncoding.Gsm7Bit);
        if (IsUnderstood(part.DataCoding, encoding, connector))
        {
            return null;
        }

        var text = part.Text(SmppEncoding.Gsm7Bit);
        var back = encoding == SmppEncoding.Gsm7Bit && part.Header is { } header ? header.Alphabet.Encode(text) : encoding.Encode(text);
        if (!part.Body.Span.SequenceEqual(back))
        {
            return null;
        }

        return InDefault(text, connector)
            ?? (IsUnderstood(SmppEncoding.Latin1.DataCoding, SmppEncoding.Latin1, connector) ? As(SmppEncoding.Latin1, text) : null)
            ?? (
                connector.Rewrites.Transliterate && Transliteration.ToGsm7(text) is { IsEncodable: true } alike
                    ? InDefault(alike.Text, connector)
                    : null
            )
            ?? new OperatorText(SmppEncoding.Ucs2.DataCoding, SmppEncoding.Ucs2.Encode(text), SmppEncoding.Ucs2.DataCoding, null);
    }

    /// <summary>The part's text as the operator spells it, behind its header.</summary>
    public MessagePart Spell(MessagePart part)
    {
        if (Spelled is null)
        {
            return part;
        }

        var content = part.Payload ?? part.ShortMessage;
        var header = part.HasUserDataHeader ? 1 + content.Span[0] : 0;
        ReadOnlyMemory<byte> spelled = (byte[])[.. content.Span[..header], .. Spelled.Encode(Gsm7.Decode(content.Span[header..]))];
        return part.Payload is null ? part with { ShortMessage = spelled } : part with { Payload = spelled };
    }

    /// <summary>data_coding 0 is what the connector says; what names an alphabet, what the operator knows; UCS-2 and octets everybody takes.</summary>
    private static bool IsUnderstood(byte dataCoding, SmppEncoding encoding, Connector connector)
    {
        if (dataCoding == Default)
        {
            return connector.DefaultAlphabet == Alphabet.Gsm7;
        }

        TextAlphabet? alphabet =
            encoding == SmppEncoding.Ascii ? TextAlphabet.Ascii
            : encoding == SmppEncoding.Latin1 ? TextAlphabet.Latin1
            : encoding == SmppEncoding.Cyrillic ? TextAlphabet.Cyrillic
            : encoding == SmppEncoding.Hebrew ? TextAlphabet.Hebrew
            : null;
        return alphabet is not { } named || connector.Rewrites.Alphabets is not { } known || known.Contains(named);
    }

    private static OperatorText? InDefault(string text, Connector connector)
    {
        var alphabet = connector.DefaultAlphabet switch
        {
            Alphabet.Latin1 => SmppEncoding.Latin1,
            Alphabet.Ascii => SmppEncoding.Ascii,
            _ => SmppEncoding.Gsm7Bit,
        };
        if (!alphabet.CanEncode(text))
        {
            return null;
        }

        if (alphabet == SmppEncoding.Gsm7Bit)
        {
            return new OperatorText(Default, alphabet.Encode(text), Default, null);
        }

        return SmppEncoding.Gsm7Bit.CanEncode(text)
            ? new OperatorText(Default, SmppEncoding.Gsm7Bit.Encode(text), Default, alphabet)
            // Beyond the 7 bits, the SMSC can only send it an octet a character, or two.
            : new OperatorText(Default, alphabet.Encode(text), SmppEncoding.Latin1.DataCoding, null);
    }

    private static OperatorText? As(SmppEncoding encoding, string text) =>
        encoding.CanEncode(text) ? new OperatorText(encoding.DataCoding, encoding.Encode(text), encoding.DataCoding, null) : null;
}
