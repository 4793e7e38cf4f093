using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Smpp.Text;

public sealed partial record ReceiptText
{
    // The words and numbers that nearly every receipt has: their strings exist already.
    static readonly string[] stats =
    [
        "DELIVRD",
        "UNDELIV",
        "EXPIRED",
        "REJECTD",
        "ACCEPTD",
        "ENROUTE",
        "UNKNOWN",
        "DELETED",
        "DELIVERED",
        "FAILED",
    ];

    static readonly string[] numbers = ["000", "001", "0", "1", "002", "003", "2", "3", "00", "01"];

    /// <summary>Reads the octets of a receipt (ASCII, whatever data_coding says).</summary>
    public static bool TryParse(ReadOnlySpan<byte> octets, out ReceiptText? receipt) => Parser<byte>.TryParse(octets, out receipt);

    /// <summary>
    /// Reads a receipt: keys in any case and order ("submit date", "submit_date", "submitdate"), fields and values missing, blanks around the
    /// colon, fields parted by blanks, commas or semicolons, unknown fields between, dates of 10, 12 or 14 digits or with dashes. True when there
    /// is a state or an id at least. The text is all that follows its key, unless the id or the state is still to come.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ReceiptText? receipt) =>
        Parser<ushort>.TryParse(MemoryMarshal.Cast<char, ushort>(text), out receipt);

    enum Key
    {
        None,
        Id,
        Sub,
        Dlvrd,
        SubmitDate,
        DoneDate,
        Stat,
        Err,
        Text,
    }

    // Once for octets and once for UTF-16 units, without copying the one to the other.
    ref struct Parser<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        readonly ReadOnlySpan<T> all;
        int position;
        ReadOnlySpan<T> id;
        ReadOnlySpan<T> sub;
        ReadOnlySpan<T> dlvrd;
        ReadOnlySpan<T> submitDate;
        ReadOnlySpan<T> doneDate;
        ReadOnlySpan<T> stat;
        ReadOnlySpan<T> err;
        ReadOnlySpan<T> text;
        int seen;

        Parser(ReadOnlySpan<T> all) => this.all = all;

        public static bool TryParse(ReadOnlySpan<T> octets, out ReceiptText? receipt)
        {
            var parser = new Parser<T>(octets);
            parser.Read();
            receipt = parser.id.IsEmpty && parser.stat.IsEmpty ? null : parser.Receipt();
            return receipt is not null;
        }

        readonly ReceiptText Receipt() =>
            new()
            {
                Id = Materialise(id),
                Sub = Materialise(sub, numbers),
                Dlvrd = Materialise(dlvrd, numbers),
                SubmitDate = Date(submitDate),
                DoneDate = Date(doneDate),
                Stat = Materialise(stat, stats).ToUpperInvariant(),
                Err = Materialise(err, numbers),
                Text = Materialise(text),
            };

        void Read()
        {
            while (TakeKey() is var key and not Key.None)
            {
                var value =
                    key == Key.Text ? TakeText()
                    : key is Key.SubmitDate or Key.DoneDate ? TakeDate()
                    : TakeWord();
                // The first of a field counts.
                if ((seen & 1 << (int)key) == 0)
                {
                    seen |= 1 << (int)key;
                    Field(key) = value;
                }
            }
        }

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        ref ReadOnlySpan<T> Field(Key key)
        {
            switch (key)
            {
                case Key.Id:
                    return ref id;
                case Key.Sub:
                    return ref sub;
                case Key.Dlvrd:
                    return ref dlvrd;
                case Key.SubmitDate:
                    return ref submitDate;
                case Key.DoneDate:
                    return ref doneDate;
                case Key.Stat:
                    return ref stat;
                case Key.Err:
                    return ref err;
                default:
                    return ref text;
            }
        }

        // Skips to the next "key:" that begins a word, and behind it.
        Key TakeKey()
        {
            while (true)
            {
                while (position < all.Length && IsSeparator(At(position)))
                {
                    position++;
                }
                if (position == all.Length)
                {
                    return Key.None;
                }
                if (KeyAt(position, out var end) is var key and not Key.None)
                {
                    position = end;
                    return key;
                }
                SkipWord();
            }
        }

        // The next word, unless that is the next key: then the field is empty ("id: sub:001").
        ReadOnlySpan<T> TakeWord()
        {
            SkipBlanks();
            if (KeyAt(position, out _) != Key.None)
            {
                return [];
            }
            var start = position;
            SkipWord();
            return all[start..position];
        }

        // A word; "2026-01-02 03:04:05" is one too.
        ReadOnlySpan<T> TakeDate()
        {
            var date = TakeWord();
            if (date.Length != 10 || !IsDash(date[4]) || position + 2 >= all.Length || !IsDigit(At(position + 1)))
            {
                return date;
            }
            var start = position - date.Length;
            position++;
            SkipWord();
            return all[start..position];
        }

        // Behind the text there is nothing, as a rule, and what looks like a field there is the message's own; but with the id or the state
        // still missing, it is cut at the next field.
        ReadOnlySpan<T> TakeText()
        {
            const int Enough = 1 << (int)Key.Id | 1 << (int)Key.Stat;
            var start = position;
            position = all.Length;
            if ((seen & Enough) != Enough)
            {
                for (var at = start; at < all.Length; at++)
                {
                    if (
                        (at == start || IsSeparator(At(at - 1)))
                        && KeyAt(at, out _) is var key and not (Key.None or Key.Text)
                        && (seen & 1 << (int)key) == 0
                    )
                    {
                        position = at;
                        break;
                    }
                }
            }
            var taken = all[start..position];
            while (!taken.IsEmpty && (T.IsZero(taken[^1]) || position < all.Length && IsBlank(Value(taken[^1]))))
            {
                taken = taken[..^1];
            }
            return taken;
        }

        readonly Key KeyAt(int start, out int end)
        {
            end = start;
            // Each key by its first letter: one comparison tells most words apart.
            var key =
                start == all.Length
                    ? Key.None
                    : (At(start) | 0x20) switch
                    {
                        'i' => Matches("id", ref end) ? Key.Id : Key.None,
                        's' => Matches("sub", ref end) ? (EndsKey(end, out _) ? Key.Sub : DateKey("mit", ref end, Key.SubmitDate))
                        : Matches("stat", ref end) ? Key.Stat
                        : Key.None,
                        'd' => Matches("dlvrd", ref end) ? Key.Dlvrd
                        : Matches("done", ref end) ? DateKey("", ref end, Key.DoneDate)
                        : Key.None,
                        'e' => Matches("err", ref end) ? Key.Err : Key.None,
                        't' => Matches("text", ref end) ? Key.Text : Key.None,
                        _ => Key.None,
                    };
            return key != Key.None && EndsKey(end, out end) ? key : Key.None;
        }

        readonly Key DateKey(string rest, ref int end, Key key)
        {
            if (!Matches(rest, ref end))
            {
                return Key.None;
            }
            while (end < all.Length && At(end) is ' ' or '_')
            {
                end++;
            }
            return Matches("date", ref end) ? key : Key.None;
        }

        // Moves behind the letters when they are there, in either case.
        readonly bool Matches(string letters, ref int position)
        {
            if (all.Length - position < letters.Length)
            {
                return false;
            }
            for (var i = 0; i < letters.Length; i++)
            {
                if ((At(position + i) | 0x20) != letters[i])
                {
                    return false;
                }
            }
            position += letters.Length;
            return true;
        }

        // Blanks and a colon.
        readonly bool EndsKey(int position, out int end)
        {
            while (position < all.Length && At(position) == ' ')
            {
                position++;
            }
            end = position + 1;
            return position < all.Length && At(position) == ':';
        }

        void SkipBlanks()
        {
            while (position < all.Length && IsBlank(At(position)))
            {
                position++;
            }
        }

        void SkipWord()
        {
            while (position < all.Length && !IsSeparator(At(position)))
            {
                position++;
            }
        }

        readonly int At(int index) => Value(all[index]);

        static int Value(T unit) => int.CreateTruncating(unit);

        static bool IsBlank(int unit) => unit is ' ' or '\t' or '\r' or '\n';

        static bool IsSeparator(int unit) => unit <= ';' && (IsBlank(unit) || unit is ',' or ';' or '\0');

        static bool IsDigit(int unit) => unit is >= '0' and <= '9';

        static bool IsDash(T unit) => Value(unit) is '-' or '/' or '.';

        static string Materialise(ReadOnlySpan<T> value, string[] known)
        {
            foreach (var candidate in known)
            {
                if (Equals(value, candidate))
                {
                    return candidate;
                }
            }
            return Materialise(value);
        }

        static bool Equals(ReadOnlySpan<T> value, string candidate)
        {
            if (value.Length != candidate.Length)
            {
                return false;
            }
            for (var i = 0; i < candidate.Length; i++)
            {
                if (Value(value[i]) != candidate[i])
                {
                    return false;
                }
            }
            return true;
        }

        static string Materialise(ReadOnlySpan<T> value) =>
            value.IsEmpty ? ""
            : typeof(T) == typeof(byte) ? Encoding.Latin1.GetString(MemoryMarshal.AsBytes(value))
            : new string(MemoryMarshal.Cast<T, char>(value));

        // 10 digits, 12 with seconds or a century, 14 with both; dashes, colons and so on between them are nothing.
        static DateTime? Date(ReadOnlySpan<T> value)
        {
            Span<int> digits = stackalloc int[14];
            var count = 0;
            foreach (var unit in value)
            {
                var digit = Value(unit);
                if (IsDigit(digit))
                {
                    if (count == digits.Length)
                    {
                        return null;
                    }
                    digits[count++] = digit - '0';
                }
                else if (digit is not ('-' or '/' or '.' or ':' or ' ' or 'T' or 'Z'))
                {
                    return null;
                }
            }
            return count switch
            {
                10 => Moment(2000 + Two(digits, 0), digits[2..10]),
                12 => Moment(2000 + Two(digits, 0), digits[2..]) ?? Moment(100 * Two(digits, 0) + Two(digits, 2), digits[4..12]),
                14 => Moment(100 * Two(digits, 0) + Two(digits, 2), digits[4..]),
                _ => null,
            };
        }

        // MMddHHmm and ss.
        static DateTime? Moment(int year, ReadOnlySpan<int> digits)
        {
            var (month, day, hour, minute) = (Two(digits, 0), Two(digits, 2), Two(digits, 4), Two(digits, 6));
            var second = digits.Length >= 10 ? Two(digits, 8) : 0;
            var exists =
                year > 0
                && month is >= 1 and <= 12
                && day >= 1
                && day <= DateTime.DaysInMonth(year, month)
                && hour <= 23
                && minute <= 59
                && second <= 59;
            return exists ? new DateTime(year, month, day, hour, minute, second) : null;
        }

        static int Two(ReadOnlySpan<int> digits, int index) => 10 * digits[index] + digits[index + 1];
    }
}
