using System.Globalization;

namespace Smpp.Text;

/// <summary>What is wrong with a time.</summary>
public enum SmppTimeFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is not 16 characters long (or one of the short forms, where they are allowed).</summary>
    BadLength,

    /// <summary>There is something else than a digit before the last character.</summary>
    NotDigits,

    /// <summary>The last character is neither + nor - nor R.</summary>
    BadSuffix,

    /// <summary>There is no such date or time of day: a month 13, a 31 February, an hour 24.</summary>
    NoSuchTime,

    /// <summary>The offset from UTC is more than 48 quarter hours.</summary>
    BadOffset,

    /// <summary>The moment is beyond the calendar: more years from now than it has.</summary>
    OutOfRange,
}

/// <summary>A time as a moment, or why it is none.</summary>
/// <param name="Moment">The moment; null when the field was empty, and with a fault.</param>
/// <param name="IsRelative">Whether it was relative to now.</param>
/// <param name="Fault">What is wrong.</param>
public readonly record struct SmppTimeResult(DateTimeOffset? Moment, bool IsRelative = false, SmppTimeFault Fault = SmppTimeFault.None);

/// <summary>
/// Times of schedule_delivery_time, validity_period and final_date, SMPP 5.0 section 4.7.23: <c>YYMMDDhhmmsstnnp</c>, absolute with p = + or - (nn
/// quarter hours from UTC, t tenths of a second) or relative with p = R.
/// </summary>
public static class SmppTime
{
    const int Length = 16;
    const int MaxQuarters = 48;
    const string ShortFormat = "yyMMddHHmmss";

    /// <summary>
    /// Reads a time as a moment. Empty: true, and null. False when it is none of the two formats or no date that exists. A relative time
    /// counts from <paramref name="now"/>, years and months by the calendar.
    /// </summary>
    public static bool TryParse(string value, DateTimeOffset now, out DateTimeOffset? moment)
    {
        var result = Parse(value, now);
        moment = result.Moment;
        return result.Fault == SmppTimeFault.None;
    }

    /// <summary>
    /// Reads a time as a moment, or says why it is none; never throws. A relative one counts from <paramref name="now"/>: first years and months
    /// by the calendar (from 31 January a month is the end of February), then the rest by length. Its parts may be larger than a clock's (48
    /// hours is plain), and its t and nn, which are reserved, are not looked at. Two digits of a year are the year nearest to now.
    /// </summary>
    /// <param name="value">The field.</param>
    /// <param name="now">Now, in the time zone of the SMSC.</param>
    /// <param name="allowShort">
    /// Whether YYMMDDhhmm and YYMMDDhhmmss are read too, as SMPP 3.3 systems send them in final_date: in the time zone of <paramref name="now"/>.
    /// </param>
    public static SmppTimeResult Parse(ReadOnlySpan<char> value, DateTimeOffset now, bool allowShort = false)
    {
        if (value.IsEmpty)
        {
            return default;
        }
        if (allowShort && value.Length is 10 or 12)
        {
            return value.ContainsAnyExceptInRange('0', '9') ? Fail(SmppTimeFault.NotDigits) : Absolute(value, now, now.Offset);
        }
        if (value.Length != Length)
        {
            return Fail(SmppTimeFault.BadLength);
        }
        if (value[..^1].ContainsAnyExceptInRange('0', '9'))
        {
            return Fail(SmppTimeFault.NotDigits);
        }
        var sign =
            value[^1] == '+' ? 1
            : value[^1] == '-' ? -1
            : 0;
        if (sign == 0)
        {
            return value[^1] == 'R' ? Relative(value, now) : Fail(SmppTimeFault.BadSuffix);
        }
        var quarters = Two(value, 13);
        return quarters > MaxQuarters ? Fail(SmppTimeFault.BadOffset) : Absolute(value, now, TimeSpan.FromMinutes(15 * sign * quarters));
    }

    /// <summary>Writes an absolute time, in UTC, to the tenth of a second.</summary>
    public static string FormatAbsolute(DateTimeOffset moment) => FormatLocal(moment.ToUniversalTime());

    /// <summary>Writes an absolute time with its own offset from UTC, cut to a quarter hour and to 12 hours: the moment stays the same.</summary>
    public static string FormatLocal(DateTimeOffset moment)
    {
        var quarters = Math.Clamp((int)(moment.Offset.Ticks / (15 * TimeSpan.TicksPerMinute)), -MaxQuarters, MaxQuarters);
        var local = moment.ToOffset(TimeSpan.FromMinutes(15 * quarters));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{local.DateTime.ToString(ShortFormat, CultureInfo.InvariantCulture)}{local.Millisecond / 100}{Math.Abs(quarters):00}{(quarters < 0 ? '-' : '+')}"
        );
    }

    /// <summary>
    /// Writes a relative time, to the second. Exact up to 31 days; beyond that in months of 30 and years of 365 days, which no calendar has: who
    /// needs the moment exactly gives <see cref="FormatRelative(DateTimeOffset, DateTimeOffset)"/> the time now. At most 99 years.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    public static string FormatRelative(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(span.Ticks);
        var (years, months, days) = span.Days <= 31 ? (0, 0, span.Days) : (span.Days / 365, span.Days % 365 / 30, span.Days % 365 % 30);
        return Relative(Math.Min(years, 99), months, days, span);
    }

    /// <summary>Writes the time from now to a moment as a relative one that <see cref="Parse"/> reads as the same second. At most 99 years.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The moment is before now.</exception>
    public static string FormatRelative(DateTimeOffset moment, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(moment, now);
        var target = moment.ToOffset(now.Offset);
        var months = Math.Clamp((target.Year - now.Year) * 12 + target.Month - now.Month, 0, 99 * 12 + 11);
        // A year and then its months, as it is read: from 29 February the order matters.
        while (months > 0 && After(now, months) > target)
        {
            months--;
        }
        var rest = target - After(now, months);
        return Relative(months / 12, months % 12, Math.Min(rest.Days, 99), rest);
    }

    static DateTimeOffset After(DateTimeOffset now, int months) => now.AddYears(months / 12).AddMonths(months % 12);

    static string Relative(int years, int months, int days, TimeSpan rest) =>
        string.Create(CultureInfo.InvariantCulture, $"{years:00}{months:00}{days:00}{rest.Hours:00}{rest.Minutes:00}{rest.Seconds:00}000R");

    static SmppTimeResult Relative(ReadOnlySpan<char> value, DateTimeOffset now)
    {
        // 9,999 is the calendar's last year; 99 years and 99 of each other part are less than 109.
        if (now.Year > 9999 - 109)
        {
            return Fail(SmppTimeFault.OutOfRange);
        }
        var moment = now.AddYears(Two(value, 0))
            .AddMonths(Two(value, 2))
            .AddDays(Two(value, 4))
            .AddHours(Two(value, 6))
            .AddMinutes(Two(value, 8))
            .AddSeconds(Two(value, 10));
        return new SmppTimeResult(moment, IsRelative: true);
    }

    // YYMMDDhhmm, then ss and t where they are.
    static SmppTimeResult Absolute(ReadOnlySpan<char> value, DateTimeOffset now, TimeSpan offset)
    {
        var (year, month, day) = (NearestYear(Two(value, 0), now.Year), Two(value, 2), Two(value, 4));
        var (hour, minute, second) = (Two(value, 6), Two(value, 8), value.Length > 10 ? Two(value, 10) : 0);
        if (year is < 2 or > 9998)
        {
            return Fail(SmppTimeFault.OutOfRange);
        }
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return Fail(SmppTimeFault.NoSuchTime);
        }
        var tenths = value.Length > 12 ? value[12] - '0' : 0;
        return new SmppTimeResult(new DateTimeOffset(year, month, day, hour, minute, second, 100 * tenths, offset));
    }

    // From 50 years back to 49 ahead: in December 2099 a message may be scheduled for January 2100.
    static int NearestYear(int twoDigits, int now)
    {
        var year = now / 100 * 100 + twoDigits;
        return year < now - 50 ? year + 100
            : year > now + 49 ? year - 100
            : year;
    }

    static SmppTimeResult Fail(SmppTimeFault fault) => new(null, Fault: fault);

    static int Two(ReadOnlySpan<char> value, int index) => 10 * (value[index] - '0') + (value[index + 1] - '0');
}
