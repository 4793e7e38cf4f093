using Xunit;

namespace Messaging.Tests;

public sealed class QueueGaugeTests
{
    private readonly SteppedTime _time = new();
    private readonly QueueGauge _gauge;

    public QueueGaugeTests() => _gauge = new QueueGauge(_time);

    [Fact]
    public void Messages_are_reckoned_by_what_envelopes_held_of_late()
    {
        Assert.Equal(5, _gauge.Depth(5, 0, 0).Ready);
        _gauge.Sent([Envelope(10), Envelope(10)]);
        Assert.Equal((30, 20, 10), Numbers(_gauge.Depth(3, 2, 1)));

        _gauge.Sent(Enumerable.Repeat(Envelope(100), 500));
        Assert.InRange(_gauge.Depth(1, 0, 0).Ready, 99, 100);
    }

    [Fact]
    public void The_age_counts_from_the_first_that_waits()
    {
        Assert.Equal(TimeSpan.Zero, _gauge.Depth(0, 0, 0).OldestAge);
        _gauge.Sent([Envelope(1)]);
        _time.Step(7);
        _gauge.Sent([Envelope(1)]);
        _time.Step(3);

        Assert.Equal(TimeSpan.FromSeconds(10), _gauge.Depth(2, 0, 0).OldestAge);
        Assert.Equal(TimeSpan.Zero, _gauge.Depth(0, 2, 0).OldestAge);
        Assert.Equal(TimeSpan.Zero, _gauge.Depth(1, 0, 0).OldestAge);
    }

    [Fact]
    public void What_is_received_moves_the_age_on()
    {
        _gauge.Sent([Envelope(1)]);
        _time.Step(60);
        _gauge.Received([Received(-20)]);
        _gauge.Received([Received(-40)]);

        Assert.Equal(TimeSpan.FromSeconds(20), _gauge.Depth(9, 0, 0).OldestAge);
    }

    [Fact]
    public void What_is_delayed_does_not_wait_yet()
    {
        _gauge.Sent([new OutgoingEnvelope(Guid.CreateVersion7(), default, 1, TimeSpan.FromMinutes(1))]);
        _time.Step(60);

        Assert.Equal(TimeSpan.Zero, _gauge.Depth(1, 0, 0).OldestAge);
        _time.Step(5);
        Assert.Equal(TimeSpan.FromSeconds(5), _gauge.Depth(1, 0, 0).OldestAge);
    }

    private static OutgoingEnvelope Envelope(int items) => new(Guid.CreateVersion7(), default, items);

    private ReceivedEnvelope Received(int seconds) =>
        new("q", "h", Guid.CreateVersion7(), default, 1, 1, _time.GetUtcNow().AddSeconds(seconds));

    private static (long, long, long) Numbers(QueueDepth depth) => (depth.Ready, depth.InFlight, depth.Delayed);

    private sealed class SteppedTime : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddYears(56);

        public void Step(int seconds) => _now = _now.AddSeconds(seconds);

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
