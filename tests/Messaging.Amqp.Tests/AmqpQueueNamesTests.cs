using System.Text;
using Xunit;

namespace Messaging.Amqp.Tests;

public sealed class AmqpQueueNamesTests
{
    private readonly AmqpQueueNames _names = new("platform.");

    [Theory]
    [InlineData("submit", "platform.submit")]
    [InlineData("dispatch-Жолтая 🚀", "platform.dispatch-Жолтая 🚀")]
    [InlineData("submit-dead", "platform.submit-dead")]
    public void A_legal_name_is_kept(string queue, string expected) => Assert.Equal(expected, _names.ToAmqp(queue));

    [Theory]
    [InlineData("")]
    [InlineData("~directory")]
    [InlineData("with\nnewline")]
    [InlineData("looks-bent_0123456789abcdef")]
    public void A_name_that_is_not_ours_to_use_is_bent(string queue)
    {
        var name = _names.ToAmqp(queue);

        Assert.Matches("^platform\\._.*_[0-9a-f]{16}$", name);
        Assert.DoesNotContain('\n', name);
    }

    [Fact]
    public void Long_names_fit_and_stay_apart()
    {
        var names = new[] { "a", "b" }.SelectMany(end => new[] { new string('漢', 200) + end, new string('x', 400) + end }).ToArray();

        var bent = names.Select(_names.ToAmqp).ToArray();

        Assert.Equal(4, bent.Distinct().Count());
        Assert.All(bent, name => Assert.InRange(Encoding.UTF8.GetByteCount(name), 200, 250));
    }

    [Theory]
    [InlineData("submit")]
    [InlineData("~")]
    public void Dead_letters_are_named_after_their_queue(string queue) =>
        Assert.Equal(_names.ToAmqp(queue) + "-dead", _names.ToAmqp(queue + "-dead"));

    [Theory]
    [InlineData("amq.")]
    [InlineData("line\n")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public void A_prefix_that_the_broker_would_not_take_is_refused(string prefix) =>
        Assert.Throws<ArgumentException>(() => new AmqpQueueNames(prefix));
}
