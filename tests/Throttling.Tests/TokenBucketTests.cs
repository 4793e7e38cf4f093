using Testing;
using Xunit;

namespace Throttling.Tests;

public sealed class TokenBucketTests
{
    private readonly FakeTime time = new();

    [Fact]
    public void A_bucket_is_full_at_first_and_then_gives_its_rate()
    {
        var bucket = new TokenBucket(new RateLimit(10, 5), time);

        Assert.Equal(5, Taken(bucket, 20));
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, Taken(bucket, 20));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Taken(bucket, 20));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, Taken(bucket, 20));
    }

    [Theory]
    [InlineData(7e-15, 1.05)]
    [InlineData(1e-300, 5)]
    [InlineData(1e-6, 1e9)]
    public void A_rate_of_next_to_nothing_gives_none(double perSecond, double burst)
    {
        var bucket = new TokenBucket(new RateLimit(perSecond, burst), time, isEmpty: true);

        bucket.Take(1);

        Assert.Equal((Timeout.InfiniteTimeSpan, false), (bucket.Wait(), bucket.TryTake(1)));
    }

    [Fact]
    public void The_largest_bucket_gives_its_rate_once_it_is_empty()
    {
        var bucket = new TokenBucket(new RateLimit(1.1 / 86_400, double.MaxValue), time, isEmpty: true);
        time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(1, Taken(bucket, 20));
    }

    [Fact]
    public void A_take_gets_all_or_nothing()
    {
        var bucket = new TokenBucket(new RateLimit(10, 5), time);
        Assert.True(bucket.TryTake(3));

        Assert.False(bucket.TryTake(3));

        Assert.True(bucket.TryTake(2));
        Assert.False(bucket.TryTake(1));
    }

    [Fact]
    public void More_than_the_burst_is_given_from_a_full_bucket_only_and_owed()
    {
        var bucket = new TokenBucket(new RateLimit(10, 2), time);
        Assert.True(bucket.TryTake(1));
        Assert.False(bucket.TryTake(12));

        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(bucket.TryTake(12));

        // 12 tokens from a bucket of 2: one is there again after 1.1 s.
        time.Advance(TimeSpan.FromMilliseconds(1099));
        Assert.False(bucket.TryTake(1));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(bucket.TryTake(1));
    }

    [Fact]
    public void A_rate_of_none_gives_none_and_a_changed_rate_counts_at_once()
    {
        var bucket = new TokenBucket(new RateLimit(0, 1), time);
        time.Advance(TimeSpan.FromDays(1));
        Assert.False(bucket.TryTake(1));

        bucket.Limit = new RateLimit(100, 100);
        Assert.Equal(100, Taken(bucket, 1000));

        bucket.Limit = new RateLimit(0, 1);
        time.Advance(TimeSpan.FromDays(1));
        Assert.False(bucket.TryTake(1));
    }

    [Fact]
    public void A_bucket_made_empty_gives_its_rate_from_the_start_and_says_how_long_to_wait()
    {
        var bucket = new TokenBucket(new RateLimit(2.5, 5), time, isEmpty: true);

        Assert.Equal(TimeSpan.FromMilliseconds(400), bucket.Wait());
        time.Advance(TimeSpan.FromMilliseconds(400));
        Assert.Equal(TimeSpan.Zero, bucket.Wait());
        Assert.Equal(1, Taken(bucket, 20));
        Assert.Equal(Timeout.InfiniteTimeSpan, new TokenBucket(new RateLimit(0, 1), time).Wait());
    }

    [Fact]
    public void What_is_taken_beyond_what_is_there_is_owed_also_under_another_limit()
    {
        var bucket = new TokenBucket(new RateLimit(10, 1), time);
        bucket.Take(6);
        Assert.Equal(TimeSpan.FromMilliseconds(600), bucket.Wait());

        bucket.Limit = new RateLimit(100, 3);

        Assert.Equal(TimeSpan.FromMilliseconds(60), bucket.Wait());
    }

    [Fact]
    public void The_debt_of_a_slow_rate_does_not_hold_up_the_faster_one_that_replaces_it()
    {
        var bucket = new TokenBucket(new RateLimit(1, 1000), time);
        Assert.Equal(1000, Taken(bucket, 2000));

        bucket.Limit = new RateLimit(100, 10);

        Assert.False(bucket.TryTake(1));
        time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True(bucket.TryTake(1));
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        var bucket = new TokenBucket(new RateLimit(10, 5), time);
        Assert.True(bucket.TryTake(5));

        bucket.GiveBack(5);

        Assert.True(bucket.TryTake(5));
        Assert.False(bucket.TryTake(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Over_any_time_no_more_than_the_burst_and_the_rate_is_given_and_no_less_where_it_is_asked_for(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 40; round++)
        {
            var limit = new RateLimit(random.Next(1, 3000), random.Next(1, 500));
            var bucket = new TokenBucket(limit, time);
            var given = new List<(double At, int Tokens)>();
            var at = 0.0;
            for (var step = 0; step < 200; step++)
            {
                var pause = random.Next(0, 20);
                time.Advance(TimeSpan.FromMilliseconds(pause));
                at += pause / 1000.0;
                var tokens = random.Next(1, (int)limit.Burst + 1);
                if (bucket.TryTake(tokens))
                {
                    given.Add((at, tokens));
                }
                else
                {
                    // A refusal is right: a reference bucket, kept as a plain count, does not have so many either.
                    Assert.True(Reference(limit, given, at) < tokens + 0.01, $"{limit} refused {tokens} at {at}");
                }
            }

            for (var from = 0; from < given.Count; from++)
            {
                var sum = 0;
                for (var to = from; to < given.Count; to++)
                {
                    sum += given[to].Tokens;
                    Assert.True(sum <= limit.Burst + (limit.PerSecond * (given[to].At - given[from].At)) + 0.001);
                }
            }
        }
    }

    [Fact]
    public async Task Takers_at_once_get_no_token_twice()
    {
        var bucket = new TokenBucket(new RateLimit(1, 10_000), time);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Taken(bucket, 5000))));
        Assert.Equal(10_000, taken.Sum());
    }

    [Fact]
    public void A_take_allocates_nothing()
    {
        var bucket = new TokenBucket(new RateLimit(1000, 1000), time);
        bucket.TryTake(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            bucket.TryTake(1);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(null, null, null, null)]
    [InlineData(null, 5, null, null)]
    [InlineData(0, null, 0, 1)]
    [InlineData(7, null, 7, 7)]
    [InlineData(7, 20, 7, 20)]
    public void A_limit_is_what_the_configuration_says_with_a_second_s_worth_of_burst(int? rate, int? burst, int? perSecond, int? most) =>
        Assert.Equal(perSecond is { } value ? new RateLimit(value, most!.Value) : null, RateLimit.Of(rate, burst));

    private static int Taken(TokenBucket bucket, int tries) => Enumerable.Range(0, tries).Count(_ => bucket.TryTake(1));

    private static double Reference(RateLimit limit, List<(double At, int Tokens)> given, double now)
    {
        var tokens = (double)limit.Burst;
        // The clock counts whole ticks: the time per token is rounded up to one.
        var rate = 1.0 / (Math.Ceiling((double)TimeSpan.TicksPerSecond / limit.PerSecond) / TimeSpan.TicksPerSecond);
        var last = 0.0;
        foreach (var (at, count) in given)
        {
            tokens = Math.Min(limit.Burst, tokens + ((at - last) * rate)) - count;
            last = at;
        }

        return Math.Min(limit.Burst, tokens + ((now - last) * rate));
    }
}
