using System.Globalization;
using FsCheck.Fluent;
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
    [InlineData("261121130000948+", "2026-11-21T01:00:00.9Z")]
    [InlineData("000001000000000R", "2026-11-22T12:00:00Z")]
    [InlineData("000000010203000R", "2026-11-21T13:02:03Z")]
    [InlineData("010200000000000R", "2028-01-21T12:00:00Z")]
    [InlineData("000000480000000R", "2026-11-23T12:00:00Z")] // 48 hours
    [InlineData("000000000000000R", "2026-11-21T12:00:00Z")]
    [InlineData("760101000000000+", "2076-01-01T00:00:00Z", true)]
    [InlineData("750101000000000+", "2075-01-01T00:00:00Z")]
    public void Absolute_and_relative_times_are_moments(string value, string expected, bool isPast = false)
    {
        Assert.True(SmppTime.TryParse(value, now, out var moment));
        var wanted = DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture);
        Assert.Equal(isPast ? wanted.AddYears(-100) : wanted, moment);
        Assert.Equal(value.EndsWith('R'), SmppTime.Parse(value, now).IsRelative);
    }

    [Theory]
    [InlineData("2026-01-31T00:00:00Z", "000100000000000R", "2026-02-28T00:00:00Z")]
    [InlineData("2024-02-29T00:00:00Z", "010000000000000R", "2025-02-28T00:00:00Z")]
    [InlineData("2026-01-31T00:00:00Z", "000101000000000R", "2026-03-01T00:00:00Z")]
    [InlineData("2099-12-31T23:00:00Z", "000101000000000+", "2100-01-01T00:00:00Z")]
    public void Months_and_centuries_are_the_calendars(string from, string value, string expected)
    {
        Assert.True(SmppTime.TryParse(value, DateTimeOffset.Parse(from, CultureInfo.InvariantCulture), out var moment));
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), moment);
    }

    [Fact]
    public void Nothing_is_no_time() => Assert.True(SmppTime.TryParse("", now, out var moment) && moment is null);

    [Theory]
    [InlineData("261121130000000", SmppTimeFault.BadLength)]
    [InlineData("26112113000000000+", SmppTimeFault.BadLength)]
    [InlineData("261121130000", SmppTimeFault.BadLength)]
    [InlineData("261121130000000X", SmppTimeFault.BadSuffix)]
    [InlineData("261121130000000r", SmppTimeFault.BadSuffix)]
    [InlineData("260231130000000+", SmppTimeFault.NoSuchTime)]
    [InlineData("261321130000000+", SmppTimeFault.NoSuchTime)]
    [InlineData("260021130000000+", SmppTimeFault.NoSuchTime)]
    [InlineData("261121250000000+", SmppTimeFault.NoSuchTime)]
    [InlineData("261121240000000+", SmppTimeFault.NoSuchTime)]
    [InlineData("261121236000000+", SmppTimeFault.NoSuchTime)]
    [InlineData("261121235960000+", SmppTimeFault.NoSuchTime)]
    [InlineData("261121130000049+", SmppTimeFault.BadOffset)]
    [InlineData("261121130000049-", SmppTimeFault.BadOffset)]
    [InlineData("26112113000000 +", SmppTimeFault.NotDigits)]
    [InlineData("tomorrow evening", SmppTimeFault.NotDigits)]
    public void What_is_no_time_is_refused_and_says_why(string value, SmppTimeFault expected)
    {
        Assert.False(SmppTime.TryParse(value, now, out var moment));
        Assert.Null(moment);
        Assert.Equal(expected, SmppTime.Parse(value, now).Fault);
    }

    [Fact]
    public void Beyond_the_calendar_is_a_fault() =>
        Assert.Equal(SmppTimeFault.OutOfRange, SmppTime.Parse("990000000000000R", DateTimeOffset.MaxValue).Fault);

    [Theory]
    [InlineData("2611211301", "2026-11-21T13:01:00+02:00")]
    [InlineData("261121130102", "2026-11-21T13:01:02+02:00")]
    public void Short_forms_of_old_systems_are_in_the_smscs_zone_where_they_are_allowed(string value, string expected)
    {
        var zone = now.ToOffset(TimeSpan.FromHours(2));
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), SmppTime.Parse(value, zone, allowShort: true).Moment);
        Assert.Equal(SmppTimeFault.BadLength, SmppTime.Parse(value, zone).Fault);
        Assert.Equal(SmppTimeFault.NotDigits, SmppTime.Parse("26112a1301", zone, allowShort: true).Fault);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        Assert.True(SmppTime.TryParse(SmppTime.FormatAbsolute(now), now, out var absolute));
        Assert.Equal(now, absolute);
        Assert.True(SmppTime.TryParse(SmppTime.FormatRelative(new TimeSpan(2, 3, 4, 5)), now, out var relative));
        Assert.Equal(now + new TimeSpan(2, 3, 4, 5), relative);
        Assert.Equal("000031000000000R", SmppTime.FormatRelative(TimeSpan.FromDays(31)));
        Assert.Equal("000102000000000R", SmppTime.FormatRelative(TimeSpan.FromDays(32)));
        Assert.StartsWith("99", SmppTime.FormatRelative(TimeSpan.MaxValue), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-21T13:00:00.5+01:45", "261121130000507+")]
    [InlineData("2026-11-21T13:00:00-09:30", "261121130000038-")]
    [InlineData("2026-11-21T13:00:00+13:00", "261121120000048+")]
    public void A_local_time_keeps_its_offset(string moment, string expected) =>
        Assert.Equal(expected, SmppTime.FormatLocal(DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture)));

    [Fact]
    public void Any_moment_survives_in_each_form()
    {
        var arguments =
            from start in Gen.Choose(0, 40 * 365 * 24 * 3600 / 10)
            from ahead in Gen.Choose(0, 9 * 365 * 24 * 360)
            from quarters in Gen.Choose(-48, 48)
            select (Start: start, Ahead: ahead, Quarters: quarters);
        var zero = new DateTimeOffset(2020, 1, 31, 23, 59, 59, TimeSpan.Zero);
        Texts.Hold(
            arguments.ToArbitrary(),
            a =>
            {
                var from = zero.AddSeconds(10L * a.Start).ToOffset(TimeSpan.FromMinutes(15 * a.Quarters));
                var moment = from.AddSeconds(10L * a.Ahead + 7);
                Assert.Equal(moment, SmppTime.Parse(SmppTime.FormatAbsolute(moment), from).Moment);
                Assert.Equal(moment, SmppTime.Parse(SmppTime.FormatLocal(moment), from).Moment);
                Assert.Equal(moment.Offset, SmppTime.Parse(SmppTime.FormatLocal(moment), from).Moment!.Value.Offset);
                return SmppTime.Parse(SmppTime.FormatRelative(moment, from), from).Moment == moment;
            }
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => SmppTime.FormatRelative(now.AddTicks(-1), now));
    }

    [Fact]
    public void Sixteen_characters_of_anything_never_throw() =>
        Texts.Hold(
            Gen.Elements("0123456789+-R ".ToCharArray()).ArrayOf(16).Select(characters => new string(characters)).ToArbitrary(),
            value => SmppTime.Parse(value, now) is var result && (result.Moment is null) == (result.Fault != SmppTimeFault.None)
        );
}
