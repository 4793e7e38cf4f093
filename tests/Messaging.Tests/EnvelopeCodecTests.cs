using System.Text;
using Xunit;

namespace Messaging.Tests;

public sealed class EnvelopeCodecTests
{
    private static readonly Guid Boot = Guid.Parse("0191b2c3-0000-7000-8000-000000000001");
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly EnvelopeCodec<Sms> _codec = new(TestJson.SmsType);

    [Fact]
    public void An_envelope_survives_the_round_trip()
    {
        var body = _codec.Encode(Boot, At, [new(new Sms(1, "Привет \"🚀\"")), new(new Sms(2), 3, "no route")]);

        Assert.True(_codec.TryDecode(body, out var envelope, out _));
        Assert.Equal(Boot, envelope.BootId);
        Assert.Equal(At, envelope.At);
        Assert.Equal([new(new Sms(1, "Привет \"🚀\"")), new(new Sms(2), 3, "no route")], envelope.Items);
        Assert.Empty(envelope.Unreadable);
    }

    [Fact]
    public void The_layout_is_the_documented_one()
    {
        var body = _codec.Encode(Boot, At, [new(new Sms(1, "a")), new(new Sms(2, "b"), 3, "w")]);

        Assert.Equal(
            """{"v":1,"boot":"0191b2c3-0000-7000-8000-000000000001","at":"2026-03-01T12:00:00+00:00","items":"""
                + """[{"m":{"Id":1,"Text":"a"}},{"f":3,"why":"w","m":{"Id":2,"Text":"b"}}]}""",
            Encoding.UTF8.GetString(body)
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{\"v\":1}")]
    [InlineData("{\"v\":2,\"items\":[]}")]
    [InlineData("{\"v\":1,\"items\":[{\"m\":{\"Id\":1}")]
    [InlineData("{\"v\":1,\"items\":[]} {}")]
    [InlineData("{\"v\":1,\"boot\":\"x\",\"items\":[]}")]
    [InlineData("{\"v\":\"1\",\"items\":[]}")]
    public void A_body_that_is_no_envelope_is_told_and_never_throws(string body)
    {
        Assert.False(_codec.TryDecode(Encoding.UTF8.GetBytes(body), out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void An_item_that_does_not_fit_is_set_aside_alone()
    {
        var body =
            """{"v":1,"boot":"0191b2c3-0000-7000-8000-000000000001","at":"2026-03-01T12:00:00Z","new":{"x":[1]},"items":["""
            + """{"m":{"Id":1}},{"f":2,"m":{"Id":"one"}},{"f":1},{"m":{"Id":4},"later":[1]},7]}""";

        Assert.True(_codec.TryDecode(Encoding.UTF8.GetBytes(body), out var envelope, out _));
        Assert.Equal([1, 4], envelope.Items.Select(i => i.Value.Id));
        Assert.Equal(
            ["""{"f":2,"m":{"Id":"one"}}""", """{"f":1}""", "7"],
            envelope.Unreadable.Select(u => Encoding.UTF8.GetString(u.Json.Span))
        );
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(20260301);
        var good = _codec.Encode(Boot, At, [new(new Sms(1)), new(new Sms(2), 3, "w")]);
        for (var i = 0; i < 20_000; i++)
        {
            var body = good.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }
            var cut = body.AsMemory(0, random.Next(body.Length + 1));

            Assert.Equal(_codec.TryDecode(cut, out var envelope, out var error), envelope is not null && error is null);
        }
    }
}
