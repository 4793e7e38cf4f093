using Xunit;

namespace Workers.Tests;

public sealed class LaneShareTests
{
    [Fact]
    public void The_high_lane_goes_first_and_the_normal_one_has_a_tenth_while_both_wait()
    {
        var taken = Take(highWaits: 10_000, normalWaits: 10_000, turns: 1000);

        Assert.Equal(100, taken.Normal);
        Assert.Equal(900, taken.High);
    }

    [Theory]
    [InlineData(0, 500, 500)]
    [InlineData(500, 0, 0)]
    public void What_one_lane_does_not_use_the_other_has(int high, int normal, int expectedNormal)
    {
        Assert.Equal(expectedNormal, Take(high, normal, 500).Normal);
    }

    [Fact]
    public void The_floor_is_counted_in_parts()
    {
        var share = new LaneShare();
        var parts = (High: 0, Normal: 0);
        for (var i = 0; i < 1000; i++)
        {
            var isNormal = share.IsNormalNext(true, true);
            var size = isNormal ? 4 : 1;
            share.Took(isNormal, size, otherWaits: true);
            parts = isNormal ? (parts.High, parts.Normal + size) : (parts.High + size, parts.Normal);
        }

        Assert.InRange(parts.Normal / (double)(parts.Normal + parts.High), 0.095, 0.105);
    }

    [Fact]
    public void What_was_sent_while_the_other_lane_was_empty_gives_it_no_claim()
    {
        var share = new LaneShare();
        for (var i = 0; i < 1000; i++)
        {
            share.Took(isNormal: false, 1, otherWaits: false);
        }

        Assert.False(share.IsNormalNext(true, true));
        share.Took(isNormal: false, 1, otherWaits: true);
        Assert.False(share.IsNormalNext(true, true));
    }

    private static (int High, int Normal) Take(int highWaits, int normalWaits, int turns)
    {
        var share = new LaneShare();
        var taken = (High: 0, Normal: 0);
        for (var i = 0; i < turns; i++)
        {
            var isNormal = share.IsNormalNext(taken.High < highWaits, taken.Normal < normalWaits);
            taken = isNormal ? (taken.High, taken.Normal + 1) : (taken.High + 1, taken.Normal);
            share.Took(isNormal, 1, isNormal ? taken.High < highWaits : taken.Normal < normalWaits);
        }

        return taken;
    }
}
