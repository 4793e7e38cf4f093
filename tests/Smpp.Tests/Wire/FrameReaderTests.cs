using System.Buffers;
using Smpp.Pdus;
using Smpp.Wire;
using Testing;
using Xunit;

namespace Smpp.Tests.Wire;

public class FrameReaderTests
{
    const int Max = 1024;

    static readonly byte[] stream =
    [
        .. RawPeer.Bytes(EnquireLink.Instance, 1),
        .. RawPeer.Bytes(new SubmitSm { Destination = new Address(1, 1, "436641234567"), ShortMessage = "hello"u8.ToArray() }, 2),
        .. RawPeer.Bytes(SubmitSmResp.Accepted("abc"), 3),
    ];

    [Fact]
    public void Splitting_the_stream_at_any_byte_gives_the_same_frames()
    {
        var whole = ReadAll(new ReadOnlySequence<byte>(stream));
        Assert.Equal([1u, 2u, 3u], whole.Select(frame => frame.Sequence));

        for (var at = 0; at <= stream.Length; at++)
        {
            Assert.Equal(whole, ReadAll(Segments.Of(stream[..at], stream[at..])));
        }
    }

    [Fact]
    public void One_byte_at_a_time_gives_the_same_frames()
    {
        Assert.Equal(ReadAll(new ReadOnlySequence<byte>(stream)), ReadAll(Segments.Of([.. stream.Select(octet => new[] { octet })])));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(15u)]
    [InlineData(Max + 1u)]
    [InlineData(0x47455420u)] // "GET "
    [InlineData(0x16030100u)] // a TLS ClientHello
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0xFFFFFFFFu)]
    public void An_impossible_length_is_refused_before_anything_waits_for_its_bytes(uint length)
    {
        var buffer = new ReadOnlySequence<byte>([(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
        Assert.Equal(FrameStatus.BadLength, FrameReader.ReadFrame(ref buffer, Max, out var frame));
        Assert.Equal(length, frame.Header.Length);
    }

    [Theory]
    [InlineData(16u)]
    [InlineData((uint)Max)]
    public void A_length_at_the_limits_waits_for_its_bytes(uint length)
    {
        var buffer = new ReadOnlySequence<byte>([0, 0, (byte)(length >> 8), (byte)length]);
        Assert.Equal(FrameStatus.NeedMore, FrameReader.ReadFrame(ref buffer, Max, out _));
    }

    static List<(CommandId, uint Sequence, string Body)> ReadAll(ReadOnlySequence<byte> buffer)
    {
        var frames = new List<(CommandId, uint, string)>();
        while (FrameReader.ReadFrame(ref buffer, Max, out var frame) == FrameStatus.Complete)
        {
            frames.Add((frame.Header.CommandId, frame.Header.Sequence, Convert.ToHexString(frame.Body.ToArray())));
        }
        Assert.True(buffer.IsEmpty);
        return frames;
    }
}
