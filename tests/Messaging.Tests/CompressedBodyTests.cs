using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.Tests;

public sealed class CompressedBodyTests
{
    private static readonly EnvelopeCodec<Sms> Codec = new(TestJson.SmsType);
    private static readonly EnvelopeItem<Sms>[] Items =
    [
        .. Enumerable.Range(0, 100).Select(i => new EnvelopeItem<Sms>(new Sms(i, $"Код {i}"))),
    ];
    private static readonly byte[] Body = Codec.Encode(Guid.NewGuid(), DateTimeOffset.UnixEpoch, Items);

    [Fact]
    public void A_compressed_envelope_is_smaller_still_JSON_and_says_the_same()
    {
        var compressed = CompressedBody.Compress(Body);

        Assert.InRange(compressed.Length, 1, Body.Length / 2);
        Assert.StartsWith("{\"z\":\"", Encoding.UTF8.GetString(compressed.Span), StringComparison.Ordinal);
        Assert.Equal(Body, CompressedBody.Open(compressed).ToArray());
        Assert.True(Codec.TryDecode(compressed, out var envelope, out var error), error);
        Assert.Equal(Items, envelope.Items);
    }

    [Fact]
    public void What_compression_makes_no_smaller_stays_as_it_is()
    {
        var noise = new byte[10_000];
        new Random(3).NextBytes(noise);
        byte[] text = Encoding.ASCII.GetBytes(Convert.ToBase64String(noise));

        Assert.Equal(text, CompressedBody.Compress(text).ToArray());
    }

    [Theory]
    [InlineData("{\"z\":\"AAAA\"}")]
    [InlineData("{\"z\":\"not base64\"}")]
    [InlineData("{\"z\":\"\"}")]
    public void What_does_not_open_is_unreadable_and_kept_whole(string body)
    {
        Assert.False(Codec.TryDecode(Encoding.UTF8.GetBytes(body), out _, out var error));

        Assert.NotEmpty(error);
        var letter = Assert.Single(DeadLetterCodec.Read(Dead(Encoding.UTF8.GetBytes(body))));
        Assert.Equal((DeadLetterKind.Envelope, body), (letter.Kind, Encoding.UTF8.GetString(letter.Body.Span)));
    }

    [Fact]
    public void A_bomb_is_not_opened()
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (var megabytes = 0; megabytes < 100; megabytes++)
            {
                zlib.Write(new byte[1024 * 1024]);
            }
        }
        var bomb = Encoding.ASCII.GetBytes($"{{\"z\":\"{Convert.ToBase64String(packed.ToArray())}\"}}");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.False(Codec.TryDecode(bomb, out _, out var error));

        Assert.Contains("grows beyond", error, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
        Assert.Equal(DeadLetterKind.Envelope, Assert.Single(DeadLetterCodec.Read(Dead(bomb))).Kind);
    }

    [Fact]
    public void The_largest_body_that_is_compressed_opens_again()
    {
        var largest = Encoding.ASCII.GetBytes(new string('a', CompressedBody.MaxBytes));

        Assert.Equal(largest, CompressedBody.Open(CompressedBody.Compress(largest)).ToArray());
        byte[] larger = [.. largest, (byte)'a'];
        Assert.Equal(larger.Length, CompressedBody.Compress(larger).Length);
    }

    [Fact]
    public void The_letters_of_a_compressed_envelope_are_readable()
    {
        var letters = DeadLetterCodec.Read(Dead(CompressedBody.Compress(Body)));

        Assert.Equal(100, letters.Count);
        Assert.Equal("{\"Id\":7,\"Text\":\"Код 7\"}", Encoding.UTF8.GetString(letters[7].Body.Span));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    public async Task A_send_is_compressed_where_that_saves_a_billed_unit(int envelopes, bool compressed)
    {
        var time = new ManualTime();
        var queue = new InMemoryQueue(time);
        await using var sender = new EnvelopeSender<Sms>(
            queue,
            "submit",
            TestJson.SmsType,
            EnvelopeSenderOptions.ForBilledCalls(),
            Guid.NewGuid(),
            time,
            NullLogger.Instance
        );
        var text = new string('x', 500);

        var outcome = await sender.SendAllAsync([.. Enumerable.Range(0, envelopes * 100).Select(i => new Sms(i, text))], default);

        Assert.Equal(SendOutcome.Stored, outcome);
        var sent = queue.Peek("submit");
        Assert.Equal(envelopes, sent.Count);
        Assert.All(sent, one => Assert.Equal(compressed, one.Body.Span.StartsWith("{\"z\""u8)));
        Assert.Equal(
            Enumerable.Range(0, envelopes * 100),
            sent.SelectMany(one =>
            {
                Assert.True(Codec.TryDecode(one.Body, out var envelope, out var error), error);
                return envelope.Items.Select(item => item.Value.Id);
            })
        );
    }

    private static ReceivedEnvelope Dead(ReadOnlyMemory<byte> body) =>
        new("submit-dead", "1", Guid.NewGuid(), body, 1, 1, DateTimeOffset.UnixEpoch);
}
