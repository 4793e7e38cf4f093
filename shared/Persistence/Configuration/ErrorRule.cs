using System.Globalization;

namespace Persistence.Configuration;

/// <summary>What is done about a part that the operator refused.</summary>
public enum ErrorAction
{
    /// <summary>The message failed.</summary>
    Permanent,

    /// <summary>It is tried again, some times; then at the route's next target.</summary>
    Retry,

    /// <summary>It is tried again shortly, and the bind submits more slowly. That is no try of the message.</summary>
    Throttle,

    /// <summary>It is tried at the route's next target; without one the message failed.</summary>
    Failover,
}

/// <summary>A row of a connector's error map, or of the default table.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Delay">Of a retry: the wait before each try; null: two seconds, doubling to half an hour.</param>
/// <param name="Tries">
/// Of a retry: how often it is tried in all before it goes to the route's next target, or has failed where there is none. Null: five times, and
/// where there is no next target it is tried until its validity is over.
/// </param>
public readonly record struct ErrorRule(ErrorAction Action, TimeSpan? Delay = null, int? Tries = null)
{
    /// <summary>The form of a rule, for people.</summary>
    public const string Form = "permanent, throttle, failover, retry, retry:<seconds 1-86400> or retry:<seconds>:<tries 1-1000>";

    /// <summary>Reads a rule in the <see cref="Form"/> that an error map has it in.</summary>
    public static bool TryParse(string text, out ErrorRule rule)
    {
        var words = text.Split(':');
        rule = default;
        ErrorAction? action = words[0] switch
        {
            "permanent" => ErrorAction.Permanent,
            "retry" => ErrorAction.Retry,
            "throttle" => ErrorAction.Throttle,
            "failover" => ErrorAction.Failover,
            _ => null,
        };
        if (action is not { } known || words.Length > (known == ErrorAction.Retry ? 3 : 1))
        {
            return false;
        }

        var seconds = 0;
        var tries = 0;
        if (words.Length > 1 && !TryRead(words[1], 86_400, out seconds) || words.Length > 2 && !TryRead(words[2], 1000, out tries))
        {
            return false;
        }

        rule = new ErrorRule(known, words.Length > 1 ? TimeSpan.FromSeconds(seconds) : null, words.Length > 2 ? tries : null);
        return true;
    }

    /// <summary>Reads a command_status as an error map names it: decimal, or hexadecimal behind 0x. ESME_ROK (0) is no error.</summary>
    public static bool TryParseStatus(string text, out uint status) =>
        (
            text.StartsWith("0x", StringComparison.Ordinal)
                ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out status)
                : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out status)
        )
        && status != 0;

    private static bool TryRead(string text, int max, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 1 && value <= max;
}
