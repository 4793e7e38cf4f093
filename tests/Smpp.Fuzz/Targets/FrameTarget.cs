using System.Buffers;
using Smpp.Fuzz.Inputs;
using Smpp.Wire;

namespace Smpp.Fuzz.Targets;

/// <summary>The frame reader: the same frames as the slow cutter finds, however the octets are cut into segments.</summary>
sealed class FrameTarget : FuzzTarget
{
    const int MaxLength = 70 * 1024;
    const int MostPdus = 6;

    public override string Name => "frames";
    public override int Weight => 5;

    public override FuzzInput Make(Random random)
    {
        var pdus = random.Next(1, MostPdus + 1);
        return new FuzzInput(OctetStream.Make(pdus, 1, keepLength: false, random), pdus);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        var (expected, badLength) = OctetStream.Cut(octets, MaxLength);
        Check(new ReadOnlySequence<byte>(octets), expected, badLength);
        Check(OctetStream.InSegments(octets, new Random(octets.Length)), expected, badLength);
        return Verdict(!badLength);
    }

    static void Check(ReadOnlySequence<byte> buffer, List<byte[]> expected, bool badLength)
    {
        var length = buffer.Length;
        foreach (var frame in expected)
        {
            var status = FrameReader.ReadFrame(ref buffer, MaxLength, out var found);
            FuzzFailure.Unless(status == FrameStatus.Complete, $"{status} instead of a frame");
            FuzzFailure.Unless(found.Header.Length == frame.Length, "a frame is not as long as its command_length");
            FuzzFailure.Unless(found.Body.ToArray().AsSpan().SequenceEqual(frame.AsSpan(PduHeader.Size)), "a frame has another body");
            length -= frame.Length;
            FuzzFailure.Unless(buffer.Length == length, "the buffer was not moved behind the frame");
        }
        var last = FrameReader.ReadFrame(ref buffer, MaxLength, out _);
        FuzzFailure.Unless(last == (badLength ? FrameStatus.BadLength : FrameStatus.NeedMore), $"{last} behind the last frame");
        FuzzFailure.Unless(buffer.Length == length, "the buffer was moved without a frame");
    }
}
