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

    [Fact]
    public void A_seat_is_reserved_only_where_nothing_older_may_be_there_and_nobody_looks()
    {
        var seat = signal.Sit(10);
        Assert.Null(signal.Reserve(1));

        Assert.True(Ask(out _));
        Assert.Null(signal.Reserve(1));
        signal.Looked(isDrained: true);

        Assert.Same(seat, signal.Reserve(1));
    }

    [Fact]
    public void A_seat_is_reserved_once_for_who_waits_longest_and_has_room()
    {
        Look(isDrained: true);
        var narrow = signal.Sit(1);
        var first = signal.Sit(5);
        var second = signal.Sit(5);

        Assert.Same(first, signal.Reserve(5));
        Assert.Same(second, signal.Reserve(2));
        Assert.Null(signal.Reserve(2));
        Assert.Same(narrow, signal.Reserve(1));
        Assert.False(signal.Leave(first));
    }

    [Fact]
    public void Who_left_gets_nothing()
    {
        Look(isDrained: true);
        var seat = signal.Sit(1);

        Assert.True(signal.Leave(seat));

        Assert.Null(signal.Reserve(1));
        Assert.True(seat.TryLeave());
        Assert.False(seat.TryBring([]));
    }

    private bool Ask(out Task changed) => signal.TryLook(anyway: false, Poll, out changed, out _);

    private void Look(bool isDrained)
    {
        Assert.True(Ask(out _));
        signal.Looked(isDrained);
    }
}
