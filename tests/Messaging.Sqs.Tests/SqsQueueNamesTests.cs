using System.Text.RegularExpressions;
using Xunit;

namespace Messaging.Sqs.Tests;

public sealed partial class SqsQueueNamesTests
{
    private readonly SqsQueueNames _names = new("platform-");

    public static TheoryData<string> AnyNames =>
        [
            "submit",
            "dispatch-simulator",
            "dispatch-simulator-high",
            "dispatch-a.b",
            "dispatch-a-b",
            "dispatch-Ünïcödé",
            "dispatch-運営者",
            "dispatch-🚀",
            "dispatch-with space/and:more",
            "",
            new string('x', 62),
            new string('x', 63),
            new string('y', 200),
            "looks-bent_0123456789abcdef",
        ];

    [Theory]
    [MemberData(nameof(AnyNames))]
    public void Every_name_becomes_one_that_SQS_allows(string queue)
    {
        Assert.Matches(Allowed(), _names.ToSqs(queue));
        Assert.Equal(_names.ToSqs(queue) + "-dead", _names.ToSqs(queue + "-dead"));
        Assert.Matches(Allowed(), _names.ToSqs(queue + "-dead"));
    }

    [Theory]
    [MemberData(nameof(AnyNames))]
    public void A_name_in_SQS_leads_back_by_itself_or_by_its_tag(string queue)
    {
        foreach (var name in (string[])[queue, queue + "-dead"])
        {
            var isPlain = _names.TryFromSqs(_names.ToSqs(name), out var back, out var isOurs);

            Assert.True(isOurs);
            Assert.Equal(name, isPlain ? back : SqsQueueNames.FromTag(SqsQueueNames.ToTag(name)));
        }
    }

    [Fact]
    public void Names_that_differ_stay_apart()
    {
        string[] alike =
        [
            "a.b",
            "a-b",
            "a b",
            "a:b",
            "A-B",
            new string('x', 100),
            new string('x', 101),
            new string('x', 63) + ".",
            "a-b_" + new string('0', 16),
        ];

        Assert.Equal(alike.Length, alike.Select(_names.ToSqs).Distinct().Count());
    }

    [Fact]
    public void A_plain_name_is_kept_as_people_know_it()
    {
        Assert.Equal("platform-dispatch-simulator-high", _names.ToSqs("dispatch-simulator-high"));
        Assert.Equal("submit", new SqsQueueNames("").ToSqs("submit"));
    }

    [Fact]
    public void Queues_of_others_are_told_from_ours()
    {
        Assert.False(_names.TryFromSqs("billing", out _, out var isOurs));
        Assert.False(isOurs);
    }

    [Theory]
    [InlineData("plain-name", "plain-name")]
    [InlineData("ä", "base64:w6Q=")]
    [InlineData("base64:x", "base64:YmFzZTY0Ong=")]
    public void A_tag_takes_any_name(string queue, string tag)
    {
        Assert.Equal(tag, SqsQueueNames.ToTag(queue));
        Assert.Equal(queue, SqsQueueNames.FromTag(tag));
    }

    [Fact]
    public void A_name_too_long_for_its_tag_and_a_prefix_that_SQS_refuses_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SqsQueueNames.ToTag(new string('x', 257)));
        Assert.Throws<ArgumentException>(() => new SqsQueueNames("a.b"));
        Assert.Throws<ArgumentException>(() => new SqsQueueNames(new string('p', 31)));
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,80}$")]
    private static partial Regex Allowed();
}
