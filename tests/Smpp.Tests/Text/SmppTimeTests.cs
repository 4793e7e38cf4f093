using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class SmppTimeTests
{
    static readonly DateTimeOffset now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("261121130000000+", "2026-11-21T13:00:00Z")]
    [InlineData("261121130000504+", "2026-11-21T12:00:00.5Z")]
    [InlineData("261121130000004-", "2026-11-21T14:00:00Z")]
    [InlineData("000001000000000R", "2026-11-22T12:00:00Z")]
    [InlineData("000000010203000R", "2026-11-21T13:02:03Z")]
    [InlineData("010200000000000R", "2028-01-21T12:00:00Z")]
    public void Absolute_and_relative_times_are_moments(string value, string expected)
    {
        Assert.True(SmppTime.TryParse(value, now, out var moment));
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), moment);
    }

    [Fact]
    public void Nothing_is_no_time() => Assert.True(SmppTime.TryParse("", now, out var moment) && moment is null);

    [Theory]
    [InlineData("261121130000000")]
    [InlineData("261121130000000X")]
    [InlineData("260231130000000+")]
    [InlineData("261121250000000+")]
    [InlineData("261121130000049+")]
    [InlineData("26112113000000 +")]
    [InlineData("tomorrow evening")]
    public void What_is_no_time_is_refused(string value) => Assert.False(SmppTime.TryParse(value, now, out _));

    [Fact]
    public void What_is_written_is_read_back()
    {
        Assert.True(SmppTime.TryParse(SmppTime.FormatAbsolute(now), now, out var absolute));
        Assert.Equal(now, absolute);
        Assert.True(SmppTime.TryParse(SmppTime.FormatRelative(new TimeSpan(2, 3, 4, 5)), now, out var relative));
        Assert.Equal(now + new TimeSpan(2, 3, 4, 5), relative);
    }
}
