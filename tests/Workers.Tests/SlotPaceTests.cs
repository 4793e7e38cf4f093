using Testing;
using Xunit;

namespace Workers.Tests;

public sealed class SlotPaceTests
{
    private readonly FakeTime time = new();

    [Fact]
    public void Without_a_limit_a_bind_submits_at_once()
    {
        var pace = new SlotPace(time);
        pace.Unlimit();

        Assert.Equal(TimeSpan.Zero, pace.Wait());
        Assert.Equal((double.PositiveInfinity, 0), (pace.Rate, pace.Granted));

        pace.Close();
        Assert.Equal(TimeSpan.Zero, pace.Wait());
    }

    [Fact]
    public void A_new_bind_with_a_limit_waits_for_its_share_and_begins_with_an_empty_bucket()
    {
        var pace = new SlotPace(time);
        pace.Limit();

        Assert.Equal(0, Run(pace, TimeSpan.FromSeconds(3)));
        Assert.Equal((0, 0), (pace.Rate, pace.Granted));

        pace.Share(50, 10);
        Assert.InRange(Run(pace, TimeSpan.FromSeconds(1)), 48, 50);
        Assert.Equal((50, 50), (pace.Rate, pace.Granted));
    }

    [Fact]
    public void What_a_sum_of_shares_leaves_by_rounding_is_no_share()
    {
        var pace = new SlotPace(time);
        pace.Limit();

        pace.Share(50 - (50 / 3.0 * 2) - (50 / 3.0) + 7e-15, 1);
        Assert.Equal((0, 0), (Run(pace, TimeSpan.FromSeconds(5)), pace.Granted));

        pace.Share(12.5, 1.25);
        Assert.InRange(Run(pace, TimeSpan.FromSeconds(2)), 24, 25);
    }

    [Fact]
    public void A_bind_that_was_lost_has_no_share_and_an_empty_bucket_when_it_is_back()
    {
        var pace = Paced(50);
        Run(pace, TimeSpan.FromSeconds(2));
        time.Advance(TimeSpan.FromSeconds(5));

        pace.Close();
        Assert.Equal(0, Run(pace, TimeSpan.FromSeconds(1)));

        pace.Share(50, 10);
        Assert.InRange(Run(pace, TimeSpan.FromSeconds(1)), 48, 50);
    }

    [Fact]
    public void A_limit_where_there_was_none_stops_the_bind_until_it_has_its_share_of_it()
    {
        var pace = new SlotPace(time);
        pace.Unlimit();
        pace.Limit();
        Assert.Equal((0, 0), (Run(pace, TimeSpan.FromSeconds(1)), pace.Granted));

        pace.Share(20, 1);
        pace.Limit();
        Assert.Equal(20, pace.Granted);

        pace.Unlimit();
        Assert.Equal(TimeSpan.Zero, pace.Wait());
    }

    [Fact]
    public void A_bind_that_slowed_down_stays_slow_though_its_share_changes()
    {
        var pace = Paced(50);
        Run(pace, TimeSpan.FromSeconds(2), answer: pace.Accepted, atMost: 1);
        pace.Throttled();
        var slow = pace.Rate;
        Assert.InRange(slow, 1, 40);

        pace.Close();
        pace.Share(100, 10);

        Assert.Equal((slow, 100), (pace.Rate, pace.Granted));
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
        var pace = Paced(share);
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
        var pace = Paced(share);
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
        var pace = Paced(null);
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

    private SlotPace Paced(double? rate)
    {
        var pace = new SlotPace(time);
        if (rate is { } limited)
        {
            pace.Share(limited, limited / 10);
        }
        else
        {
            pace.Unlimit();
        }

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
