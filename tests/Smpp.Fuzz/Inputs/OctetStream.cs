using System.Buffers;
using System.Buffers.Binary;

namespace Smpp.Fuzz.Inputs;

/// <summary>PDUs behind each other, as a connection carries them.</summary>
static class OctetStream
{
    const int HeaderSize = 16;

    /// <summary>So many PDUs with rising sequence numbers, most of them mutated, some of the corpus, and now and then the stream itself.</summary>
    public static byte[] Make(int pdus, uint firstSequence, bool keepLength, Random random)
    {
        var stream = new List<byte>();
        for (var i = 0; i < pdus; i++)
        {
            if (random.Next(16) == 0)
            {
                stream.AddRange(PduMutator.MutateAny([.. Corpus.Octets[random.Next(Corpus.Octets.Count)]], random));
                continue;
            }
            var command = PduShape.Commands[random.Next(PduShape.Commands.Count)];
            stream.AddRange(PduMutator.Make(command, firstSequence + (uint)i, keepLength, random));
        }
        return random.Next(8) == 0 ? PduMutator.MutateAny([.. stream], random) : [.. stream];
    }

    /// <summary>
    /// The slow second opinion on where PDUs begin and end: whole frames, and whether the octets behind them are a length that cannot be.
    /// </summary>
    public static (List<byte[]> Frames, bool BadLength) Cut(ReadOnlySpan<byte> octets, int maxLength)
    {
        var frames = new List<byte[]>();
        while (octets.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(octets);
            if (length is < HeaderSize || length > maxLength)
            {
                return (frames, true);
            }
            if (octets.Length < length)
            {
                break;
            }
            frames.Add(octets[..(int)length].ToArray());
            octets = octets[(int)length..];
        }
        return (frames, false);
    }

    /// <summary>The same octets in segments of 1 to 40, some of them empty.</summary>
    public static ReadOnlySequence<byte> InSegments(ReadOnlyMemory<byte> octets, Random random)
    {
        var first = new Segment(default, 0);
        var last = first;
        for (var at = 0; at < octets.Length; )
        {
            var length = Math.Min(octets.Length - at, random.Next(41));
            last = last.Append(octets.Slice(at, length));
            at += length;
        }
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
