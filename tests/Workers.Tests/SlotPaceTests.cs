using Testing;
using Xunit;

namespace Workers.Tests;

public sealed class SlotPaceTests
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);

    private readonly FakeTime time = new();

    [Fact]
    public void Without_a_limit_a_bind_submits_at_once()
    {
        var pace = new SlotPace(time);
        pace.Close();

        Assert.Equal(TimeSpan.Zero, pace.Wait());
        Assert.Equal(double.PositiveInfinity, pace.Rate);
    }

    [Fact]
    public void A_new_bind_with_a_limit_waits_until_the_others_know_of_it_and_begins_with_an_empty_bucket()
    {
        var pace = new SlotPace(time);
        pace.Close();
        pace.Share(50, 10);
        Assert.True(pace.Wait() > TimeSpan.Zero);

        pace.Open(Settle);
        Assert.Equal(0, Run(pace, TimeSpan.FromSeconds(2.9)));
        Assert.Equal(0, pace.Rate);

        time.Advance(TimeSpan.FromSeconds(0.1));
        var first = Run(pace, TimeSpan.FromSeconds(1));
        Assert.InRange(first, 48, 50);
    }

    [Theory]
    [InlineData(50.0, 1)]
    [InlineData(16.666, 1)]
    [InlineData(12.5, 3)]
    [InlineData(1000.0, 1)]
    public void What_is_sent_keeps_to_the_share_counted_in_parts_though_the_pump_wakes_late(double rate, int parts)
    {
        var pace = Paced(rate);
        Run(pace, TimeSpan.FromSeconds(2), parts);

        var sent = Run(pace, TimeSpan.FromSeconds(10), parts);

        Assert.InRange(sent, (rate * 10 * 0.99) - parts, (rate * 10 * 1.01) + parts);
    }

    [Fact]
    public void A_lower_share_counts_at_once_and_what_is_owed_stays_owed()
    {
        var pace = Paced(100);
        Run(pace, TimeSpan.FromSeconds(2));
        pace.Take(100);

        pace.Share(10, 1);

        Assert.Equal(0, Run(pace, TimeSpan.FromSeconds(8)));
        Assert.InRange(Run(pace, TimeSpan.FromSeconds(10)), 60, 101);
    }

    [Theory]
    [InlineData(50.0, 20)]
    [InlineData(null, 20)]
    [InlineData(null, 400)]
    [InlineData(200.0, 100)]
    public void A_throttled_bind_offers_at_most_a_fifth_more_than_the_operator_takes_and_uses_most_of_it(double? share, int allowed)
    {
        var pace = new SlotPace(time);
        pace.Share(share, (share ?? 0) / 10);
        pace.Open(TimeSpan.Zero);
        var smsc = new Operator(time, allowed);

        Run(pace, TimeSpan.FromMinutes(2), answer: () => Answer(pace, smsc), atMost: 2000);

        Assert.InRange(smsc.Offered, 0, 1.2 * allowed * 120);
        Assert.InRange(smsc.Taken, 0.6 * allowed * 120, allowed * 121);
    }

    [Fact]
    public void When_the_operator_takes_everything_again_the_pace_comes_back_within_a_minute_and_a_half()
    {
        var pace = Paced(50);
        var refusing = new Operator(time, 0);
        Run(pace, TimeSpan.FromSeconds(30), answer: () => Answer(pace, refusing));
        Assert.InRange(pace.Rate, 0.1, 2.5);
        var taking = new Operator(time, 1000);

        Run(pace, TimeSpan.FromSeconds(90), answer: () => Answer(pace, taking));

        Assert.Equal(50, pace.Rate);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(500.0)]
    public void An_operator_that_took_nothing_for_some_seconds_has_most_of_its_traffic_back_within_fifteen(double? share)
    {
        var pace = new SlotPace(time);
        pace.Share(share, 50);
        pace.Open(TimeSpan.Zero);
        Run(pace, TimeSpan.FromSeconds(3), answer: pace.Accepted, atMost: 9);
        var refusing = new Operator(time, 0);
        Run(pace, TimeSpan.FromSeconds(5), answer: () => Answer(pace, refusing), atMost: 9);
        Assert.InRange(pace.Rate, 0.1, 50);

        Run(pace, TimeSpan.FromSeconds(15), answer: pace.Accepted, atMost: 9);

        Assert.InRange(pace.Rate, 200, double.PositiveInfinity);
    }

    [Fact]
    public void An_operator_that_throttled_an_unlimited_connector_for_a_moment_has_no_limit_in_the_end()
    {
        var pace = new SlotPace(time);
        Run(pace, TimeSpan.FromSeconds(1), answer: pace.Accepted, atMost: 10);
        pace.Throttled();
        Assert.InRange(pace.Rate, 200, 300);

        Run(pace, TimeSpan.FromMinutes(4), answer: pace.Accepted, atMost: 1);

        Assert.Equal(double.PositiveInfinity, pace.Rate);
    }

    private static void Answer(SlotPace pace, Operator smsc)
    {
        if (smsc.Takes())
        {
            pace.Accepted();
        }
        else
        {
            pace.Throttled();
        }
    }

    private SlotPace Paced(double rate)
    {
        var pace = new SlotPace(time);
        pace.Close();
        pace.Share(rate, rate / 10);
        pace.Open(TimeSpan.Zero);
        return pace;
    }

    /// <summary>A pump as the workers have it: looks every 20 ms, and is up to 20 ms late.</summary>
    private int Run(SlotPace pace, TimeSpan during, int parts = 1, Action? answer = null, int atMost = int.MaxValue)
    {
        var sent = 0;
        var end = time.GetUtcNow() + during;
        for (var turn = 0; time.GetUtcNow() < end; turn++)
        {
            for (var i = 0; i < atMost && pace.Wait() == TimeSpan.Zero; i++)
            {
                pace.Take(parts);
                sent += parts;
                answer?.Invoke();
            }

            time.Advance(TimeSpan.FromMilliseconds(20 + (turn % 3 * 10)));
        }

        return sent;
    }

    /// <summary>Takes so many in each second of the clock and throttles the rest.</summary>
    private sealed class Operator(FakeTime time, int allowed)
    {
        private long second;
        private int inSecond;

        public int Offered { get; private set; }

        public int Taken { get; private set; }

        public bool Takes()
        {
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            inSecond = now == second ? inSecond + 1 : 1;
            second = now;
            Offered++;
            if (inSecond > allowed)
            {
                return false;
            }

            Taken++;
            return true;
        }
    }
}
