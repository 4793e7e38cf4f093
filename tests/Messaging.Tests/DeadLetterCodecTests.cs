using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.Tests;

public sealed class DeadLetterCodecTests
{
    private const string Boot = "11111111-2222-3333-4444-555555555555";
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_envelope_is_read_as_its_messages_with_their_own_reasons_and_failures()
    {
        var letters = Read(
            $$$"""{"v":1,"boot":"{{{Boot}}}","at":"2026-01-30T10:00:00+00:00","items":[{"f":11,"why":"no route","m":{"id":"a","text":"я"}},{"m":{"id":"b"}}]}""",
            "received 21 times"
        );

        Assert.Equal([DeadLetterKind.Message, DeadLetterKind.Message], letters.Select(letter => letter.Kind));
        Assert.Equal(["""{"id":"a","text":"я"}""", """{"id":"b"}"""], letters.Select(Text));
        Assert.Equal([11, 0], letters.Select(letter => letter.Failures));
        Assert.Equal(["no route", "received 21 times"], letters.Select(letter => letter.Reason));
        Assert.All(letters, letter => Assert.Equal((Guid.Parse(Boot), Now.AddHours(-26)), (letter.BootId, letter.SentAt)));
    }

    [Theory]
    [InlineData("this is no envelope")]
    [InlineData("")]
    [InlineData("""{"v":2,"items":[{"m":1}]}""")]
    [InlineData("""{"v":1,"items":[]}""")]
    [InlineData("""["v",1]""")]
    [InlineData("""{"v":1,"items":[{"m":1}]""")]
    [InlineData("""{"v":1,"items":[{"why":"\ud800","m":1}]}""")]
    public void What_is_no_envelope_is_one_letter_byte_for_byte(string body)
    {
        var letter = Assert.Single(Read(body, "unreadable: of course"));

        Assert.Equal((DeadLetterKind.Envelope, body, "unreadable: of course"), (letter.Kind, Text(letter), letter.Reason));
    }

    [Fact]
    public void An_item_that_is_no_message_goes_there_and_back_byte_for_byte()
    {
        const string Odd = """{ "f":3, "message":"m is missing" }""";
        var letter = Assert.Single(
            Read($$"""{"v":1,"boot":"{{Boot}}","at":"2026-01-31T12:00:00+00:00","items":[{{Odd}}],"why":"unreadable: no m"}""")
        );
        Assert.Equal((DeadLetterKind.Item, Odd, "unreadable: no m"), (letter.Kind, Text(letter), letter.Reason));

        var (envelope, _) = Assert.Single(DeadLetterCodec.Pack([letter], new EnvelopeSenderOptions(), Now));

        Assert.Equal(
            $$"""{"v":1,"boot":"{{Boot}}","at":"2026-01-31T12:00:00+00:00","items":[{{Odd}}]}""",
            Encoding.UTF8.GetString(envelope.Body.Span)
        );
    }

    [Fact]
    public void Letters_go_back_as_readable_envelopes_with_failures_forgotten_and_their_origin_kept()
    {
        var codec = new EnvelopeCodec<Sms>(TestJson.SmsType);
        var body = codec.Encode(
            Guid.Parse(Boot),
            Now.AddDays(-1),
            [new EnvelopeItem<Sms>(new Sms(1, "one"), 11, "broken"), new EnvelopeItem<Sms>(new Sms(2, "two"))]
        );
        var letters = DeadLetterCodec.Read(Received(body, null));

        var (envelope, packed) = Assert.Single(DeadLetterCodec.Pack(letters, new EnvelopeSenderOptions(), Now));

        Assert.Equal(letters, packed);
        Assert.Equal(2, envelope.Items);
        Assert.True(codec.TryDecode(envelope.Body, out var decoded, out var error), error);
        Assert.Equal((Guid.Parse(Boot), Now.AddDays(-1)), (decoded.BootId, decoded.At));
        Assert.Equal([1, 2], decoded.Items.Select(item => item.Value.Id));
        Assert.All(decoded.Items, item => Assert.Equal((0, null), (item.Failures, item.Reason)));
    }

    [Fact]
    public void Envelopes_are_full_at_their_limits_and_never_mix_origins()
    {
        var options = new EnvelopeSenderOptions { MaxItems = 2, MaxBytes = 400 };
        var boots = new[] { Guid.NewGuid(), Guid.NewGuid() };
        var letters = new List<DeadLetter>
        {
            Letter("1", boots[0]),
            Letter("2", boots[1]),
            Letter("3", boots[0]),
            Letter("4", boots[0]),
            Letter($"\"{new string('x', 300)}\"", boots[1]),
            new(DeadLetterKind.Envelope, "??"u8.ToArray(), 0, "unreadable", null, null, 7),
        };

        var packed = DeadLetterCodec.Pack(letters, options, Now);

        Assert.Equal(letters.Count, packed.Sum(one => one.Letters.Count));
        Assert.Equal(packed.Count, packed.Select(one => one.Envelope.Id).Distinct().Count());
        Assert.All(packed, one => Assert.Equal(one.Letters.Sum(letter => letter.Items), one.Envelope.Items));
        Assert.All(packed, one => Assert.Single(one.Letters.Select(letter => letter.BootId).Distinct()));
        Assert.Equal([1, 2, 1, 1, 1], packed.Select(one => one.Letters.Count));
        Assert.Equal("??", Encoding.UTF8.GetString(packed[0].Envelope.Body.Span));
    }

    [Fact]
    public async Task What_a_reader_sets_aside_as_unreadable_says_why_in_the_dead_letters()
    {
        var queue = new InMemoryQueue(TimeProvider.System);
        const string Body =
            """{"v":1,"boot":"11111111-2222-3333-4444-555555555555","at":"2026-01-31T12:00:00+00:00","items":[{"m":{"Id":1,"Text":"good"}},{"m":17}]}""";
        await queue.SendAsync("sms", [new OutgoingEnvelope(Guid.NewGuid(), Encoding.UTF8.GetBytes(Body), 2)], default);
        await using (
            var reader = new EnvelopeReader<Sms>(
                queue,
                "sms",
                TestJson.SmsType,
                new EnvelopeReaderOptions(),
                TimeProvider.System,
                NullLogger.Instance
            )
        )
        {
            Assert.Single(await reader.ReceiveAsync(1, TimeSpan.Zero, default)).CompleteRest();
            await reader.StopAsync(TimeSpan.FromSeconds(10));
        }

        var dead = Assert.Single(await queue.ReceiveAsync(DeadLetters.QueueFor("sms"), 10, TimeSpan.Zero, default));
        var letter = Assert.Single(DeadLetterCodec.Read(dead));
        Assert.Equal("17", Text(letter));
        Assert.StartsWith("unreadable: ", letter.Reason, StringComparison.Ordinal);
        Assert.True(letter.Reason.Length > "unreadable: ".Length);
    }

    private static DeadLetter Letter(string body, Guid boot) =>
        new(DeadLetterKind.Message, Encoding.UTF8.GetBytes(body), 11, "broken", boot, Now);

    private static IReadOnlyList<DeadLetter> Read(string body, string? reason = null) =>
        DeadLetterCodec.Read(Received(Encoding.UTF8.GetBytes(body), reason));

    private static ReceivedEnvelope Received(byte[] body, string? reason) =>
        new("sms-dead", "1", Guid.NewGuid(), body, 1, 1, Now) { DeadReason = reason };

    private static string Text(DeadLetter letter) => Encoding.UTF8.GetString(letter.Body.Span);
}
