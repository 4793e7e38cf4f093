using System.Buffers;
using System.Buffers.Binary;

namespace Smpp.Wire;

/// <summary>What <see cref="FrameReader.ReadFrame"/> found.</summary>
public enum FrameStatus
{
    /// <summary>A whole PDU.</summary>
    Complete,

    /// <summary>The beginning of one, so far legal.</summary>
    NeedMore,

    /// <summary>A command_length outside 16..max: where the next PDU begins is unknowable.</summary>
    BadLength,
}

/// <summary>One PDU still in the transport's buffer: borrowed, valid only until the reader advances.</summary>
/// <param name="Header">The header; after <see cref="FrameStatus.BadLength"/> what could be read of it.</param>
/// <param name="Body">What follows the header.</param>
public readonly record struct Frame(PduHeader Header, ReadOnlySequence<byte> Body);

/// <summary>Cuts a stream of bytes into PDUs. Pure: no I/O, no state.</summary>
public static class FrameReader
{
    /// <summary>Takes one frame off the front of <paramref name="buffer"/>, which is moved behind it when it is complete.</summary>
    public static FrameStatus ReadFrame(ref ReadOnlySequence<byte> buffer, int maxLength, out Frame frame)
    {
        frame = default;
        if (buffer.Length < sizeof(uint))
        {
            return FrameStatus.NeedMore;
        }

        Span<byte> header = stackalloc byte[PduHeader.Size];
        var available = (int)Math.Min(buffer.Length, PduHeader.Size);
        buffer.Slice(0, available).CopyTo(header);

        // The length meets its cap before anything waits for, or makes room for, that many bytes.
        var length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length < PduHeader.Size || length > (uint)maxLength)
        {
            frame = new Frame(PduHeader.Read(header), default);
            return FrameStatus.BadLength;
        }
        if (buffer.Length < length)
        {
            return FrameStatus.NeedMore;
        }

        frame = new Frame(PduHeader.Read(header), buffer.Slice(PduHeader.Size, length - PduHeader.Size));
        buffer = buffer.Slice(length);
        return FrameStatus.Complete;
    }
}
