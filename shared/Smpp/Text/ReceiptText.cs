using System.Buffers;
using System.Globalization;
using System.Text;

namespace Smpp.Text;

/// <summary>The text of a delivery receipt: the convention of SMPP 3.4 appendix B, which every SMSC spells a little differently.</summary>
public sealed record ReceiptText
{
    const int MaxText = 20;
    const string DateFormat = "yyMMddHHmm";

    static readonly string[] keys = ["id", "sub", "dlvrd", "submit date", "done date", "stat", "err", "text"];
    static readonly SearchValues<char> blanks = SearchValues.Create(" \t\r\n");

    /// <summary>The message's id as the SMSC writes it here: not always as in submit_sm_resp.</summary>
    public string Id { get; init; } = "";

    /// <summary>Parts submitted.</summary>
    public string Sub { get; init; } = "001";

    /// <summary>Parts delivered.</summary>
    public string Dlvrd { get; init; } = "000";

    /// <summary>When it was submitted, in the SMSC's time zone.</summary>
    public DateTime? SubmitDate { get; init; }

    /// <summary>When it came to its end, in the SMSC's time zone.</summary>
    public DateTime? DoneDate { get; init; }

    /// <summary>DELIVRD, EXPIRED, DELETED, UNDELIV, ACCEPTD, UNKNOWN, REJECTD, ENROUTE; upper case.</summary>
    public string Stat { get; init; } = "";

    /// <summary>The network's error code.</summary>
    public string Err { get; init; } = "000";

    /// <summary>The beginning of the message.</summary>
    public string Text { get; init; } = "";

    /// <summary>The state of <see cref="Stat"/> as message_state (SMPP 5.0 section 4.7.15); null when it is no known word.</summary>
    public byte? MessageState =>
        Stat switch
        {
            "SCHEDLD" or "SCHEDULED" => 0,
            "ENROUTE" => 1,
            "DELIVRD" or "DELIVERED" => 2,
            "EXPIRED" => 3,
            "DELETED" => 4,
            "UNDELIV" or "UNDELIVERABLE" or "FAILED" => 5,
            "ACCEPTD" or "ACCEPTED" => 6,
            "UNKNOWN" => 7,
            "REJECTD" or "REJECTED" => 8,
            "SKIPPED" => 9,
            _ => null,
        };

    /// <summary>Reads the octets of a receipt (ASCII, whatever data_coding says).</summary>
    public static bool TryParse(ReadOnlySpan<byte> octets, out ReceiptText? receipt) =>
        TryParse(Encoding.Latin1.GetString(octets), out receipt);

    /// <summary>
    /// Reads a receipt: keys in any case and order, fields missing, blanks around the colon. True when there is a state or an id at least.
    /// </summary>
    public static bool TryParse(string octets, out ReceiptText? receipt)
    {
        receipt = null;
        var values = new string?[keys.Length];
        var rest = octets.AsSpan();
        while (TryTakeKey(ref rest, out var key))
        {
            values[key] ??= key == keys.Length - 1 ? TakeAll(ref rest) : TakeWord(ref rest);
        }
        if (string.IsNullOrEmpty(values[0]) && string.IsNullOrEmpty(values[5]))
        {
            return false;
        }
        receipt = new ReceiptText
        {
            Id = values[0] ?? "",
            Sub = values[1] ?? "",
            Dlvrd = values[2] ?? "",
            SubmitDate = ParseDate(values[3]),
            DoneDate = ParseDate(values[4]),
            Stat = values[5]?.ToUpperInvariant() ?? "",
            Err = values[6] ?? "",
            Text = values[7] ?? "",
        };
        return true;
    }

    /// <summary>The conventional text, exactly: ten-digit dates, at most 20 characters of text.</summary>
    public override string ToString()
    {
        var text = Text.Length <= MaxText ? Text : Text[..MaxText];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"id:{Id} sub:{Sub} dlvrd:{Dlvrd} submit date:{Format(SubmitDate)} done date:{Format(DoneDate)} stat:{Stat} err:{Err} text:{text}"
        );
    }

    static string Format(DateTime? date) => date?.ToString(DateFormat, CultureInfo.InvariantCulture) ?? "0000000000";

    // Skips to the next "key:" that begins a word.
    static bool TryTakeKey(ref ReadOnlySpan<char> rest, out int key)
    {
        while (!rest.IsEmpty)
        {
            rest = rest.TrimStart(" \t\r\n");
            for (key = 0; key < keys.Length; key++)
            {
                if (StartsWithKey(rest, keys[key], out var length))
                {
                    rest = rest[length..];
                    return true;
                }
            }
            var next = rest.IndexOfAny(blanks);
            rest = next < 0 ? [] : rest[next..];
        }
        key = -1;
        return false;
    }

    static bool StartsWithKey(ReadOnlySpan<char> text, string key, out int length)
    {
        length = 0;
        var position = 0;
        foreach (var character in key)
        {
            if (character == ' ')
            {
                // "submit date", "submit  date", "submit_date", "submitdate"
                while (position < text.Length && (text[position] is ' ' or '_'))
                {
                    position++;
                }
                continue;
            }
            if (position == text.Length || char.ToLowerInvariant(text[position]) != character)
            {
                return false;
            }
            position++;
        }
        while (position < text.Length && text[position] == ' ')
        {
            position++;
        }
        if (position == text.Length || text[position] != ':')
        {
            return false;
        }
        length = position + 1;
        return true;
    }

    // The next word, unless that is the next key: then the field is empty ("id: sub:001").
    static string TakeWord(ref ReadOnlySpan<char> rest)
    {
        var trimmed = rest.TrimStart(' ');
        foreach (var key in keys)
        {
            if (StartsWithKey(trimmed, key, out _))
            {
                rest = trimmed;
                return "";
            }
        }
        var end = trimmed.IndexOfAny(blanks);
        var word = end < 0 ? trimmed : trimmed[..end];
        rest = trimmed[word.Length..];
        return word.TrimEnd('\0').ToString();
    }

    static string TakeAll(ref ReadOnlySpan<char> rest)
    {
        var all = rest.TrimEnd('\0').ToString();
        rest = [];
        return all;
    }

    // 10 digits, 12 with seconds, or 14 with a century.
    static DateTime? ParseDate(string? digits)
    {
        var format = digits?.Length switch
        {
            10 => DateFormat,
            12 => "yyMMddHHmmss",
            14 => "yyyyMMddHHmmss",
            _ => null,
        };
        return format is not null && DateTime.TryParseExact(digits, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : null;
    }
}
