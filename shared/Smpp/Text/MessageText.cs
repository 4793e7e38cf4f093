namespace Smpp.Text;

/// <summary>Chooses how a text travels.</summary>
public static class MessageText
{
    /// <summary>
    /// The encoding in which a text takes the least parts: GSM 7-bit when every character is in it, else UCS-2. National tables, which the
    /// handset has to know, are asked for: <see cref="Gsm7Alphabet.Fewest"/>.
    /// </summary>
    public static SmppEncoding Choose(ReadOnlySpan<char> text) =>
        SmppEncoding.Gsm7Bit.CanEncode(text) ? SmppEncoding.Gsm7Bit : SmppEncoding.Ucs2;
}
