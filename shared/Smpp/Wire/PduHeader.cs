using System.Buffers.Binary;

namespace Smpp.Wire;

/// <summary>The header of every PDU, SMPP 5.0 section 3.2.1.</summary>
/// <param name="Length">command_length, this header included.</param>
/// <param name="CommandId">command_id.</param>
/// <param name="Status">command_status; zero in requests.</param>
/// <param name="Sequence">sequence_number.</param>
public readonly record struct PduHeader(uint Length, CommandId CommandId, CommandStatus Status, uint Sequence)
{
    /// <summary>Octets of a header.</summary>
    public const int Size = 16;

    //  0               4               8               12              16
    // +---------------+---------------+---------------+---------------+
    // | command_length| command_id    | command_status| sequence_no   |   big-endian, section 3.2.1
    // +---------------+---------------+---------------+---------------+
    internal static PduHeader Read(ReadOnlySpan<byte> source) =>
        new(
            BinaryPrimitives.ReadUInt32BigEndian(source),
            (CommandId)BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
            (CommandStatus)BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[12..])
        );

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], (uint)CommandId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], (uint)Status);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], Sequence);
    }
}
