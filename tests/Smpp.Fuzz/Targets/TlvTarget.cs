using Smpp.Fuzz.Inputs;
using Smpp.Tlvs;

namespace Smpp.Fuzz.Targets;

/// <summary>TLV lists: kept octet for octet, walked within their bounds, changed without loss.</summary>
sealed class TlvTarget : FuzzTarget
{
    const int MaxCount = 256;

    static readonly TlvTag[] tags = Enum.GetValues<TlvTag>();

    public override string Name => "tlvs";
    public override int Weight => 5;

    public override FuzzInput Make(Random random)
    {
        var octets = new List<byte>();
        for (var i = random.Next(20) == 0 ? random.Next(2 * MaxCount) : random.Next(6); i > 0; i--)
        {
            octets.AddRange(WirePdu.Tlv(random).Octets);
        }
        return new FuzzInput(random.Next(4) == 0 ? [.. octets] : PduMutator.MutateAny([.. octets], random), 0);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        if (!TlvList.TryParse(octets, MaxCount, out var tlvs))
        {
            return Verdict(taken: false);
        }
        FuzzFailure.Unless(tlvs.Encoded.Span.SequenceEqual(octets), "the octets are not kept");
        var length = 0;
        var count = 0;
        foreach (var tlv in tlvs)
        {
            count++;
            length += 4 + tlv.Value.Length;
            FuzzFailure.Unless(tlvs.Contains(tlv.Tag), "a TLV that is walked over is not found");
        }
        FuzzFailure.Unless(length == octets.Length && count == tlvs.Count && count <= MaxCount, "the walk is not over all octets");
        Ask(tlvs);
        if (count > 0)
        {
            Change(tlvs, tags[octets[1] % tags.Length], count);
        }
        return Verdict(taken: true);
    }

    static void Ask(TlvList tlvs)
    {
        foreach (var tag in tags)
        {
            _ = (tlvs.GetByte(tag), tlvs.GetUInt16(tag), tlvs.GetUInt32(tag), tlvs.GetString(tag));
        }
        _ = (tlvs.MessagePayload, tlvs.ReceiptedMessageId, tlvs.NetworkErrorCode, tlvs.AdditionalStatusInfoText);
    }

    static void Change(TlvList tlvs, TlvTag tag, int count)
    {
        var had = 0;
        foreach (var tlv in tlvs)
        {
            had += tlv.Tag == tag ? 1 : 0;
        }
        var without = tlvs.Without(tag);
        FuzzFailure.Unless(!without.Contains(tag) && without.Count == count - had, "a TLV taken out leaves the others");
        var with = tlvs.WithUInt32(tag, 0x01020304);
        FuzzFailure.Unless(with.GetUInt32(tag) == 0x01020304 && with.Count == without.Count + 1, "a TLV put in is found");
    }
}
