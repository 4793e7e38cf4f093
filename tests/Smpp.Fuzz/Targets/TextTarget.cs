using Smpp.Text;

namespace Smpp.Fuzz.Targets;

/// <summary>Message content under every data_coding: an octet of it, then the content. Decoding, encoding, splitting and counting.</summary>
sealed class TextTarget : FuzzTarget
{
    public override string Name => "text";
    public override int Weight => 8;

    public override FuzzInput Make(Random random)
    {
        var octets = new byte[1 + (random.Next(4) == 0 ? random.Next(1000) : random.Next(200))];
        random.NextBytes(octets);
        if (random.Next(2) == 0)
        {
            octets.AsSpan(1).Fill(random.Next(2) == 0 ? (byte)0x1B : (byte)0xD8); // escapes and surrogates, where they hurt
        }
        if (random.Next(3) != 0)
        {
            octets[0] = (byte)random.Next(0, 9);
        }
        for (var i = 1; i < octets.Length && octets[0] == 0; i++)
        {
            octets[i] &= 0x7F;
        }
        return new FuzzInput(octets, 0);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        if (octets.Length == 0)
        {
            return Verdict(taken: false);
        }
        var coding = octets[0];
        var content = octets.AsMemory(1);
        var encoding = SmppEncoding.FromDataCoding(coding, SmppEncoding.Gsm7Bit);
        var text = encoding.Decode(content.Span);
        var encodable = encoding.CanEncode(text);
        if (encodable)
        {
            var encoded = encoding.Encode(text);
            FuzzFailure.Unless(encoding.Decode(encoded) == text, $"{encoding}: a text it can encode does not come back");
        }
        else
        {
            FuzzFailure.Unless(encoding.Encode(text) is not null, $"{encoding}: encoding does not give octets");
        }
        Split(content, coding);
        FuzzFailure.Unless(Segmentation.CountParts(text) >= 1, "a text has no part");
        return Verdict(encodable);
    }

    static void Split(ReadOnlyMemory<byte> content, byte coding)
    {
        var parts = Segmentation.Split(content, coding);
        FuzzFailure.Unless(parts.Count == Segmentation.CountParts(content.Span, coding, hasUdh: false), "parts are not as many as counted");
        var position = 0;
        foreach (var part in parts)
        {
            FuzzFailure.Unless(part.Length <= 160 && (part.Length > 0 || parts.Count == 1), "a part that no handset takes");
            FuzzFailure.Unless(part.Span.SequenceEqual(content.Span.Slice(position, part.Length)), "the parts are not the content");
            position += part.Length;
        }
        FuzzFailure.Unless(position == content.Length, "the parts lack some of the content");
    }
}
