using System.Globalization;

namespace Smpp.Text;

/// <summary>
/// Times of schedule_delivery_time and validity_period, SMPP 5.0 section 4.7.23: <c>YYMMDDhhmmsstnnp</c>, absolute with p = + or - (nn quarter
/// hours from UTC) or relative with p = R.
/// </summary>
public static class SmppTime
{
    const int Length = 16;

    /// <summary>
    /// Reads a time as a moment. Empty: true, and null. False when it is none of the two formats or no date that exists. A relative time
    /// counts from <paramref name="now"/>, years and months by the calendar.
    /// </summary>
    public static bool TryParse(string value, DateTimeOffset now, out DateTimeOffset? moment)
    {
        moment = null;
        if (value.Length == 0)
        {
            return true;
        }
        if (value.Length != Length || value.AsSpan(0, Length - 1).ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }
        try
        {
            moment = value[^1] switch
            {
                'R' => Relative(value, now),
                '+' => Absolute(value, now, 1),
                '-' => Absolute(value, now, -1),
                _ => null,
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            return false; // 31 February, hour 25, or beyond the calendar: the caller answers InvSched or InvExpiry
        }
        return moment is not null;
    }

    /// <summary>Writes an absolute time, in UTC.</summary>
    public static string FormatAbsolute(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyMMddHHmmss", CultureInfo.InvariantCulture)
        + (char)('0' + moment.UtcDateTime.Millisecond / 100)
        + "00+";

    /// <summary>Writes a relative time, to the second.</summary>
    public static string FormatRelative(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(span.Ticks);
        // Years and months have no fixed length; they are counted as 365 and 30 days.
        var years = span.Days / 365;
        var months = span.Days % 365 / 30;
        var days = span.Days % 365 % 30;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Math.Min(years, 99):00}{months:00}{days:00}{span.Hours:00}{span.Minutes:00}{span.Seconds:00}000R"
        );
    }

    static DateTimeOffset Relative(string value, DateTimeOffset now) =>
        now.AddYears(Two(value, 0))
            .AddMonths(Two(value, 2))
            .AddDays(Two(value, 4))
            .AddHours(Two(value, 6))
            .AddMinutes(Two(value, 8))
            .AddSeconds(Two(value, 10));

    static DateTimeOffset Absolute(string value, DateTimeOffset now, int sign)
    {
        var quarters = Two(value, 13);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quarters, 48);
        // Two digits of the year: of this century, as no message is scheduled for another.
        var century = now.Year / 100 * 100;
        return new DateTimeOffset(
            century + Two(value, 0),
            Two(value, 2),
            Two(value, 4),
            Two(value, 6),
            Two(value, 8),
            Two(value, 10),
            100 * (value[12] - '0'),
            TimeSpan.FromMinutes(15 * sign * quarters)
        );
    }

    static int Two(string value, int index) => 10 * (value[index] - '0') + (value[index + 1] - '0');
}
