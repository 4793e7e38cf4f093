using Xunit;

namespace Messaging.Amqp.Tests;

public sealed class DelayStepsTests
{
    [Fact]
    public void A_delay_is_never_cut_short_and_never_longer_by_more_than_a_quarter()
    {
        for (var milliseconds = 100.0; milliseconds < 900_000; milliseconds *= 1.013)
        {
            var delay = TimeSpan.FromMilliseconds(milliseconds);
            Assert.InRange(DelaySteps.For(delay) / delay, 1, 1.28);
        }
    }

    [Fact]
    public void There_are_few_steps_and_they_rise()
    {
        Assert.InRange(DelaySteps.All.Count, 30, 50);
        Assert.Equal(DelaySteps.All.Order(), DelaySteps.All);
        Assert.Equal(DelaySteps.All.Count, DelaySteps.All.Distinct().Count());
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(1000, 1000)]
    [InlineData(60_000, 63_000)]
    [InlineData(900_000, 900_000)]
    [InlineData(5_000_000, 900_000)]
    public void Some_that_are_used(int delay, int step) =>
        Assert.Equal(TimeSpan.FromMilliseconds(step), DelaySteps.For(TimeSpan.FromMilliseconds(delay)));
}
