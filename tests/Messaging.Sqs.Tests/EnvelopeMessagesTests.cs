using System.Text;
using Aws.Sqs;
using Xunit;

namespace Messaging.Sqs.Tests;

public sealed class EnvelopeMessagesTests
{
    public static TheoryData<byte[]> Bodies =>
        [
            Encoding.UTF8.GetBytes("{\"text\":\"Жолтая €, 漢字, 🚀\"}\r\n\t"),
            Encoding.UTF8.GetBytes("a noncharacter: \uFFFE, \uFFFF"),
            Encoding.UTF8.GetBytes("controls: \0\u0001\u001B"),
            [0xC3, 0x28, 0xFF, 0x00],
            [],
            Encoding.UTF8.GetBytes("empty"),
        ];

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_comes_back_byte_for_byte_in_characters_that_SQS_takes(byte[] body)
    {
        foreach (var encode in (bool[])[false, true])
        {
            var entry = EnvelopeMessages.ToEntry(new OutgoingEnvelope(Guid.CreateVersion7(), body, 1), null, encode);

            Assert.NotEmpty(entry.MessageBody);
            Assert.All(entry.MessageBody.EnumerateRunes(), r => Assert.True(IsLegal(r.Value), $"U+{r.Value:X}"));
            Assert.Equal(body, Received(entry).Body.ToArray());
        }
    }

    [Fact]
    public void Ordinary_bodies_stay_readable()
    {
        var entry = EnvelopeMessages.ToEntry(new OutgoingEnvelope(Guid.CreateVersion7(), "{\"a\":\"é🚀\"}"u8.ToArray(), 1), null, false);

        Assert.Equal("{\"a\":\"é🚀\"}", entry.MessageBody);
        Assert.Equal(["id", "items"], entry.MessageAttributes!.Keys.Order());
    }

    [Fact]
    public void What_the_body_does_not_say_goes_beside_it()
    {
        var sent = new OutgoingEnvelope(Guid.CreateVersion7(), "0"u8.ToArray(), 42, TimeSpan.FromMilliseconds(1200), "acme");
        var entry = EnvelopeMessages.ToEntry(sent, "why: \0 not\uFFFF", false);

        Assert.Equal(2, entry.DelaySeconds);
        Assert.Equal("acme", entry.MessageGroupId);
        var back = Received(entry);
        Assert.Equal((sent.Id, 42, "why:   not "), (back.Id, back.Items, back.DeadReason));
        Assert.Equal((3, 7L), (back.ReceiveCount, back.ClaimedAt));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123), back.EnqueuedAt);
    }

    [Fact]
    public void Nothing_is_longer_than_SQS_allows()
    {
        var sent = new OutgoingEnvelope(Guid.CreateVersion7(), "0"u8.ToArray(), 1, TimeSpan.FromHours(1), new string('g', 129));
        var entry = EnvelopeMessages.ToEntry(sent, string.Concat(Enumerable.Repeat("🚀", 900)), false);

        Assert.Equal(900, entry.DelaySeconds);
        Assert.InRange(entry.MessageGroupId!.Length, 1, 128);
        Assert.Equal(string.Concat(Enumerable.Repeat("🚀", 500)), Received(entry).DeadReason);
    }

    [Theory]
    [InlineData("ten ant")]
    [InlineData("Ünïcödé")]
    public void A_group_that_SQS_would_refuse_goes_by_its_hash(string group)
    {
        var sent = new OutgoingEnvelope(Guid.CreateVersion7(), "0"u8.ToArray(), 1, Group: group);

        Assert.Matches("^[0-9a-f]{64}$", EnvelopeMessages.ToEntry(sent, null, false).MessageGroupId);
    }

    [Fact]
    public void A_message_that_is_not_ours_is_one_item_with_an_id_of_its_own()
    {
        var id = Guid.NewGuid();
        var known = EnvelopeMessages.ToEnvelope("q", new Message { MessageId = id.ToString(), Body = "hello" }, 0);
        var other = EnvelopeMessages.ToEnvelope("q", new Message { MessageId = "no-uuid", Body = "hello" }, 0);

        Assert.Equal((id, 1, 1), (known.Id, known.Items, known.ReceiveCount));
        Assert.Equal("hello", Encoding.UTF8.GetString(known.Body.Span));
        Assert.Equal(other.Id, EnvelopeMessages.ToEnvelope("q", new Message { MessageId = "no-uuid" }, 0).Id);
        Assert.NotEqual(known.Id, other.Id);
    }

    [Fact]
    public void The_size_is_what_SQS_counts()
    {
        var entry = EnvelopeMessages.ToEntry(new OutgoingEnvelope(Guid.CreateVersion7(), "é"u8.ToArray(), 100), null, false);

        // Body 2; id + String + 36; items + Number + 3.
        Assert.Equal(2 + (2 + 6 + 36) + (5 + 6 + 3), EnvelopeMessages.SizeOf(entry));
    }

    private static bool IsLegal(int c) =>
        c is 0x9 or 0xA or 0xD || c is >= 0x20 and <= 0xD7FF || c is >= 0xE000 and <= 0xFFFD || c is >= 0x10000 and <= 0x10FFFF;

    private static ReceivedEnvelope Received(SendMessageBatchRequestEntry entry) =>
        EnvelopeMessages.ToEnvelope(
            "q",
            new Message
            {
                MessageId = "m",
                ReceiptHandle = "h",
                Body = entry.MessageBody,
                MessageAttributes = entry.MessageAttributes,
                Attributes = new() { ["ApproximateReceiveCount"] = "3", ["SentTimestamp"] = "1800000000123" },
            },
            7
        );
}
