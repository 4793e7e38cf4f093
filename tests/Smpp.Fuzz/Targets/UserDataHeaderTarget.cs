using Smpp.Fuzz.Inputs;
using Smpp.Text;

namespace Smpp.Fuzz.Targets;

/// <summary>User data headers: every element within the header, the header within the content, put together again as it was.</summary>
sealed class UserDataHeaderTarget : FuzzTarget
{
    public override string Name => "udh";
    public override int Weight => 4;

    public override FuzzInput Make(Random random)
    {
        byte[] header = random.Next(4) switch
        {
            0 => UserDataHeader.Concatenate8((byte)random.Next(256), 3, (byte)random.Next(5)),
            1 => UserDataHeader.Concatenate16((ushort)random.Next(0x10000), 3, 1),
            2 => [11, 0x05, 4, 0x0B, 0x84, 0x23, 0xF0, 0x00, 3, 1, 2, 1],
            _ => [4, 0x24, 1, 3, 0x70],
        };
        byte[] content = [.. header, .. "content"u8];
        for (var i = random.Next(3); i > 0; i--)
        {
            content = PduMutator.MutateAny(content, random);
        }
        return new FuzzInput(content, 0);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        if (!UserDataHeader.TryParse(octets, out var header))
        {
            return Verdict(taken: false);
        }
        FuzzFailure.Unless(header!.Length >= 1 && header.Length <= octets.Length, "the header is longer than the content");
        var rebuilt = new List<byte> { (byte)(header.Length - 1) };
        foreach (var (id, data) in header.Elements)
        {
            rebuilt.AddRange([id, (byte)data.Length, .. data.Span]);
        }
        FuzzFailure.Unless(octets.AsSpan().StartsWith(rebuilt.ToArray()) && rebuilt.Count == header.Length, "elements are lost or changed");
        if (header.Concatenation is { } part)
        {
            FuzzFailure.Unless(part.Sequence >= 1 && part.Sequence <= part.Total, "a part beyond the last");
        }
        _ = header.Ports;
        return Verdict(taken: true);
    }
}
