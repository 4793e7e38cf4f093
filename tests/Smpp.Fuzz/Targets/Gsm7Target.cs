using System.Buffers.Binary;
using Smpp.Fuzz.Inputs;
using Smpp.Text;

namespace Smpp.Fuzz.Targets;

/// <summary>Packed septets: an octet of fill bits (modulo 7), two of their number, then the packed octets, too few of them too.</summary>
sealed class Gsm7Target : FuzzTarget
{
    public override string Name => "gsm7";
    public override int Weight => 4;

    public override FuzzInput Make(Random random)
    {
        var septets = new byte[random.Next(200)];
        random.NextBytes(septets);
        for (var i = 0; i < septets.Length; i++)
        {
            septets[i] &= 0x7F;
        }
        var fillBits = random.Next(7);
        byte[] octets = [(byte)fillBits, 0, (byte)septets.Length, .. Gsm7.Pack(septets, fillBits)];
        return new FuzzInput(random.Next(2) == 0 ? octets : PduMutator.MutateAny(octets, random), 0);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        if (octets.Length < 3)
        {
            return Verdict(taken: false);
        }
        var fillBits = octets[0] % 7;
        var packed = octets.AsSpan(3);
        var all = Gsm7.UnpackAll(packed, fillBits);
        FuzzFailure.Unless(all.All(septet => septet <= 0x7F), "a septet of eight bits");
        FuzzFailure.Unless(
            Gsm7.UnpackAll(Gsm7.Pack(all, fillBits), fillBits).AsSpan().StartsWith(all),
            "packed and unpacked it has changed"
        );
        FuzzFailure.Unless(Gsm7.Decode(all) is not null, "septets without a text");
        var wanted = BinaryPrimitives.ReadUInt16BigEndian(octets.AsSpan(1));
        if (Gsm7.PackedLength(wanted, fillBits) > packed.Length)
        {
            return Verdict(taken: false);
        }
        var septets = Gsm7.Unpack(packed, wanted, fillBits);
        // All of them may be one less: the last is not told from spare bits where octets are counted.
        FuzzFailure.Unless(septets.Length == wanted, "not as many septets as asked for");
        FuzzFailure.Unless(all.AsSpan().StartsWith(septets) || septets.AsSpan().StartsWith(all), "counted they are other septets");
        return Verdict(taken: true);
    }
}
