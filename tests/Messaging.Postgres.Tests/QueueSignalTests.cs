using Messaging.Tests;
using Xunit;

namespace Messaging.Postgres.Tests;

public sealed class QueueSignalTests
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly ManualTime time = new();
    private readonly QueueSignal signal;

    public QueueSignalTests() => signal = new QueueSignal(time);

    [Fact]
    public void A_queue_nobody_has_looked_into_may_hold_something() => Assert.True(Ask(out _));

    [Fact]
    public void Where_the_last_look_left_nothing_and_nothing_came_nobody_looks()
    {
        Look(isDrained: true);

        Assert.False(Ask(out var changed));
        Assert.False(changed.IsCompleted);
    }

    [Fact]
    public void One_wake_makes_one_of_several_receivers_look()
    {
        Look(isDrained: true);
        Assert.False(Ask(out var first));
        Assert.False(Ask(out var second));

        signal.Wake();

        Assert.True(first.IsCompleted && second.IsCompleted);
        Assert.True(Ask(out _));
        Assert.False(Ask(out _));
        signal.Looked(isDrained: true);
        Assert.False(Ask(out _));
    }

    [Fact]
    public void What_a_look_left_is_the_next_ones()
    {
        Assert.True(Ask(out _));
        Assert.False(Ask(out var next));

        signal.Looked(isDrained: false);

        Assert.True(next.IsCompleted);
        Assert.True(Ask(out _));
    }

    [Fact]
    public void What_comes_during_a_look_is_looked_for_after_it()
    {
        Assert.True(Ask(out _));
        signal.Wake();
        Assert.False(Ask(out var next));

        signal.Looked(isDrained: true);

        Assert.True(next.IsCompleted);
        Assert.True(Ask(out _));
    }

    [Fact]
    public void What_becomes_visible_by_time_alone_is_looked_for_every_so_often()
    {
        Look(isDrained: true);
        Assert.False(signal.TryLook(anyway: false, Poll, out _, out var wait));
        Assert.Equal(Poll, wait);

        time.Advance(Poll);

        Assert.True(Ask(out _));
    }

    [Fact]
    public void Who_must_look_looks_beside_another()
    {
        Assert.True(Ask(out _));

        Assert.True(signal.TryLook(anyway: true, Poll, out _, out _));
        signal.Looked(isDrained: true);

        Assert.False(Ask(out _));
        signal.Looked(isDrained: true);
        Assert.False(Ask(out _));
    }

    private bool Ask(out Task changed) => signal.TryLook(anyway: false, Poll, out changed, out _);

    private void Look(bool isDrained)
    {
        Assert.True(Ask(out _));
        signal.Looked(isDrained);
    }
}
