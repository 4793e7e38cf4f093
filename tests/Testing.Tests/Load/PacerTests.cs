using Testing.Load;
using Xunit;

namespace Testing.Tests.Load;

public class PacerTests
{
    readonly FakeTime time = new();

    [Fact]
    public void A_second_lets_the_rate_through()
    {
        using var pacer = new Pacer(1000, time);
        var waiting = Enumerable.Range(0, 3000).Select(_ => pacer.WaitAsync()).ToList();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1000, waiting.Count(wait => wait.IsCompleted));
        time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(2500, waiting.Count(wait => wait.IsCompleted));
    }

    [Fact]
    public void A_long_stall_is_caught_up_on_for_a_second_only()
    {
        using var pacer = new Pacer(100, time);
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(100, Enumerable.Range(0, 1000).Select(_ => pacer.WaitAsync()).Count(wait => wait.IsCompleted));
    }

    [Fact]
    public void An_open_one_holds_nobody_up()
    {
        using var pacer = new Pacer(1, time);
        var waiting = pacer.WaitAsync();
        pacer.Open();
        Assert.True(waiting.IsCompletedSuccessfully);
        Assert.True(pacer.WaitAsync().IsCompletedSuccessfully);
    }
}
