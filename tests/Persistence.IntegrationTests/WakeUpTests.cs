using Xunit;

namespace Persistence.IntegrationTests;

public sealed class WakeUpTests
{
    private readonly WakeUp wake = new();

    [Fact]
    public async Task A_call_ends_the_wait_under_way()
    {
        var waiting = WaitAsync();
        Assert.False(waiting.IsCompleted);
        wake.Call();
        await waiting;
    }

    [Fact]
    public async Task Many_calls_before_a_wait_end_that_one_only()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(wake.Call)));

        await WaitAsync();
        var next = WaitAsync();

        Assert.False(next.IsCompleted);
        wake.Call();
        await next;
    }

    private Task WaitAsync() => wake.WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
}
