using Testing.Load;
using Xunit;

namespace Testing.Tests.Load;

public class LatencyHistogramTests
{
    [Fact]
    public void An_empty_one_has_zeros()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.Count);
        Assert.Equal(TimeSpan.Zero, histogram.Percentile(0.99));
        Assert.Equal(TimeSpan.Zero, histogram.Max);
    }

    [Fact]
    public void Percentiles_are_at_most_a_hundredth_too_high()
    {
        var histogram = new LatencyHistogram();
        for (var i = 1; i <= 100_000; i++)
        {
            histogram.Record(TimeSpan.FromMicroseconds(i * 10));
        }
        Assert.Equal(100_000, histogram.Count);
        foreach (var share in new[] { 0.001, 0.5, 0.9, 0.99, 0.999 })
        {
            var exact = TimeSpan.FromMicroseconds(share * 1_000_000);
            Assert.InRange(histogram.Percentile(share), exact, exact * 1.01);
        }
        Assert.Equal(TimeSpan.FromSeconds(1), histogram.Max);
        Assert.Equal(TimeSpan.FromSeconds(1), histogram.Percentile(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(1_000_003)]
    [InlineData(86_400_000_000)]
    public void Every_magnitude_is_counted_where_it_belongs(long microseconds)
    {
        var histogram = new LatencyHistogram();
        var value = TimeSpan.FromMicroseconds(microseconds);
        histogram.Record(value);
        histogram.Record(TimeSpan.FromDays(10));
        Assert.InRange(histogram.Percentile(0.5), value, value * 1.008);
    }

    [Fact]
    public void What_is_beyond_the_range_counts_as_its_end()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(TimeSpan.FromDays(1000));
        histogram.Record(TimeSpan.FromTicks(-1));
        Assert.Equal(2, histogram.Count);
        Assert.InRange(histogram.Max, TimeSpan.FromDays(12), TimeSpan.FromDays(13));
        Assert.Equal(TimeSpan.Zero, histogram.Percentile(0.5));
    }

    [Fact]
    public void An_interval_holds_only_what_was_recorded_in_it()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(TimeSpan.FromMilliseconds(500));
        var earlier = histogram.Copy();
        histogram.Record(TimeSpan.FromMilliseconds(2));
        var interval = histogram.Since(earlier);
        Assert.Equal(1, interval.Count);
        Assert.InRange(interval.Percentile(0.5), TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(2.02));
    }

    [Fact]
    public void Records_from_many_threads_are_all_counted()
    {
        var histogram = new LatencyHistogram();
        Parallel.For(0, 10_000, i => histogram.Record(TimeSpan.FromMicroseconds(i)));
        Assert.Equal(10_000, histogram.Count);
        Assert.Equal(TimeSpan.FromMicroseconds(9999), histogram.Max);
    }
}
