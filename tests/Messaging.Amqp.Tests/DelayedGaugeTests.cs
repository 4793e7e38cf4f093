using Xunit;

namespace Messaging.Amqp.Tests;

public sealed class DelayedGaugeTests
{
    [Fact]
    public void Messages_count_until_they_are_due()
    {
        var time = new SteppedTime();
        var gauge = new DelayedGauge(time);
        gauge.Add(5, TimeSpan.FromSeconds(10));
        gauge.Add(7, TimeSpan.FromSeconds(10));
        gauge.Add(1, TimeSpan.FromSeconds(60));

        Assert.Equal(13, gauge.Items());
        time.Step(11);
        Assert.Equal(1, gauge.Items());
        time.Step(60);
        Assert.Equal(0, gauge.Items());
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long _now = TimeSpan.TicksPerHour;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Step(int seconds) => _now += seconds * TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;
    }
}
