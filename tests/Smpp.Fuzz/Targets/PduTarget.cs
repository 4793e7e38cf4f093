using System.Buffers;
using System.Buffers.Binary;
using Smpp.Fuzz.Inputs;
using Smpp.Pdus;
using Smpp.Wire;

namespace Smpp.Fuzz.Targets;

/// <summary>
/// Every PDU's decoder and encoder: the same octets give the same PDU whatever lies around them and whatever becomes of their buffer
/// afterwards, what was read can be written, and what is written reads as the same again.
/// </summary>
sealed class PduTarget : FuzzTarget
{
    const int MaxTlvs = 256;
    const int Margin = 32;

    // 255 destinations take six times their octets as records, and a number_of_dests costs its array before the first is read.
    const long BytesPerPdu = 8 * 1024;
    const long BytesPerOctet = 12;

    readonly ArrayBufferWriter<byte> output = new(128 * 1024);

    public override string Name => "pdu";
    public override int Weight => 60;

    /// <summary>The most that decoding one PDU has allocated.</summary>
    public long MostAllocated { get; private set; }

    public override FuzzInput Make(Random random) =>
        new(PduMutator.Make(PduShape.Commands[random.Next(PduShape.Commands.Count)], 1, keepLength: true, random), 1);

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        if (octets.Length < PduHeader.Size)
        {
            return Verdict(taken: false);
        }
        var header = HeaderOf(octets);
        var body = octets.AsSpan(PduHeader.Size);
        var pdu = Decode(header, body, surroundings: 0x00, out var fault);
        var again = Decode(header, body, surroundings: 0x31, out var faultAgain);
        FuzzFailure.Unless(fault == faultAgain, "what lies around a PDU changes how it is read");
        if (pdu is null || again is null)
        {
            FuzzFailure.Unless(fault.IsFault && pdu is null && again is null, "a refused PDU has a fault, and no record");
            FuzzFailure.Unless(PduCodec.Knows(header.CommandId) != (fault.Field == "command_id"), "an unknown command is just that");
            return Verdict(taken: false);
        }
        FuzzFailure.Unless(!fault.IsFault && pdu.CommandId == header.CommandId && pdu.ToString() is not null, "a read PDU has no fault");

        var written = Encode(pdu, header.Sequence);
        FuzzFailure.Unless(written.AsSpan().SequenceEqual(Encode(again, header.Sequence)), "what lies around a PDU gets into it");
        var decoded = Decode(HeaderOf(written), written.AsSpan(PduHeader.Size), surroundings: 0xFF, out fault);
        FuzzFailure.Unless(decoded is not null, "what was written cannot be read");
        FuzzFailure.Unless(written.AsSpan().SequenceEqual(Encode(decoded!, header.Sequence)), "written, read and written it has changed");

        // Octets behind the last field are not kept, an error response may lose an empty body, an absent one is written as an empty id.
        var kept = written.AsSpan(PduHeader.Size);
        FuzzFailure.Unless(kept.IsEmpty || body.IsEmpty || body.StartsWith(kept), "written octets are not those that were read");
        return Verdict(taken: true);
    }

    IPdu? Decode(in PduHeader header, ReadOnlySpan<byte> body, byte surroundings, out PduFault fault)
    {
        var buffer = new byte[body.Length + 2 * Margin];
        buffer.AsSpan().Fill(surroundings);
        body.CopyTo(buffer.AsSpan(Margin));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var read = PduCodec.TryRead(header, buffer.AsSpan(Margin, body.Length), MaxTlvs, out var pdu, out fault);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        MostAllocated = Math.Max(MostAllocated, allocated);
        FuzzFailure.Unless(allocated <= BytesPerPdu + BytesPerOctet * body.Length, $"{allocated} bytes for {body.Length} octets");
        FuzzFailure.Unless(read == pdu is not null, "read, and yet no record");
        buffer.AsSpan().Fill(0xA5); // a PDU is owned: the transport's buffer is reused
        return pdu;
    }

    byte[] Encode(IPdu pdu, uint sequence)
    {
        output.ResetWrittenCount();
        FuzzFailure.Unless(PduCodec.TryWrite(output, pdu, sequence, out var fault), $"{fault.Field} was read and cannot be written");
        return output.WrittenSpan.ToArray();
    }

    static PduHeader HeaderOf(ReadOnlySpan<byte> octets) =>
        new(
            (uint)octets.Length,
            (CommandId)BinaryPrimitives.ReadUInt32BigEndian(octets[4..]),
            (CommandStatus)BinaryPrimitives.ReadUInt32BigEndian(octets[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(octets[12..])
        );
}
