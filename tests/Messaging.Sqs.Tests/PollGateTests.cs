using Xunit;

namespace Messaging.Sqs.Tests;

public sealed class PollGateTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly PollGate _gate = new(3, TimeProvider.System);

    [Fact]
    public async Task An_idle_queue_gets_one_poll()
    {
        Assert.True(await _gate.EnterAsync(Long, None));
        Assert.False(await _gate.EnterAsync(TimeSpan.Zero, None));
        Assert.Equal(1, _gate.Polling);
    }

    [Fact]
    public async Task Each_poll_that_comes_back_full_allows_one_more_up_to_the_limit()
    {
        for (var allowed = 1; allowed <= 5; allowed++)
        {
            var entered = 0;
            while (await _gate.EnterAsync(TimeSpan.Zero, None))
            {
                entered++;
            }
            Assert.Equal(Math.Min(allowed, 3), entered);
            for (var i = 1; i < entered; i++)
            {
                _gate.Leave(more: null);
            }
            _gate.Leave(more: true);
        }
    }

    [Fact]
    public async Task A_poll_that_brings_little_takes_one_away_but_never_the_last()
    {
        await _gate.EnterAsync(Long, None);
        _gate.Leave(more: true);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await _gate.EnterAsync(Long, None));
            _gate.Leave(more: false);
        }

        Assert.True(await _gate.EnterAsync(TimeSpan.Zero, None));
        Assert.False(await _gate.EnterAsync(TimeSpan.Zero, None));
    }

    [Theory]
    [InlineData(0, 10, false)]
    [InlineData(1, 10, false)]
    [InlineData(4, 10, false)]
    [InlineData(5, 10, null)]
    [InlineData(9, 10, null)]
    [InlineData(10, 10, true)]
    [InlineData(0, 1, false)]
    [InlineData(1, 1, true)]
    public void What_a_poll_brought_tells_whether_another_would_find_something(int received, int asked, bool? more) =>
        Assert.Equal(more, PollGate.More(received, asked));

    [Fact]
    public async Task Those_who_wait_get_their_turn_in_order()
    {
        await _gate.EnterAsync(Long, None);
        var second = _gate.EnterAsync(Long, None).AsTask();
        var third = _gate.EnterAsync(Long, None).AsTask();
        _gate.Leave(more: null);

        Assert.True(await second);
        Assert.False(third.IsCompleted);
        _gate.Leave(more: null);
        Assert.True(await third);
    }

    [Fact]
    public async Task Who_is_cancelled_leaves_the_turn_to_the_next()
    {
        await _gate.EnterAsync(Long, None);
        using var cancel = new CancellationTokenSource();
        var cancelled = _gate.EnterAsync(Long, cancel.Token).AsTask();
        var next = _gate.EnterAsync(Long, None).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        _gate.Leave(more: null);

        Assert.True(await next);
        Assert.Equal(1, _gate.Polling);
    }

    [Fact]
    public async Task No_turn_is_lost_whatever_is_cancelled_when()
    {
        var workers = Enumerable.Range(0, 8).Select(n => Task.Run(() => WorkAsync(new Random(n))));
        await Task.WhenAll(workers);

        Assert.Equal(0, _gate.Polling);
        Assert.True(await _gate.EnterAsync(TimeSpan.Zero, None));

        async Task WorkAsync(Random mine)
        {
            for (var i = 0; i < 500; i++)
            {
                using var cancel = new CancellationTokenSource();
                var entering = _gate.EnterAsync(mine.Next(4) == 0 ? TimeSpan.FromMilliseconds(1) : Long, cancel.Token).AsTask();
                if (mine.Next(3) == 0)
                {
                    await cancel.CancelAsync();
                }
                try
                {
                    if (await entering)
                    {
                        await Task.Yield();
                        _gate.Leave(
                            mine.Next(3) switch
                            {
                                0 => true,
                                1 => false,
                                _ => null,
                            }
                        );
                    }
                }
                catch (OperationCanceledException)
                {
                    // As asked for.
                    Assert.True(cancel.IsCancellationRequested);
                }
            }
        }
    }
}
