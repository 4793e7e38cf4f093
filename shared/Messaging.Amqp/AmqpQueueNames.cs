using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Messaging.Amqp;

/// <summary>
/// Our queues' names as the broker allows them: at most 255 bytes of UTF-8 (AMQP 0-9-1, 4.2.5.3 short strings), not beginning with
/// <c>amq.</c> (2.1.2.1, reserved). What begins with <c>~</c> behind the prefix is the adapter's own.
/// </summary>
internal sealed partial class AmqpQueueNames
{
    private const int Longest = 255;
    private const int LongestPrefix = 60;
    private readonly string _prefix;

    public AmqpQueueNames(string prefix)
    {
        if (
            Encoding.UTF8.GetByteCount(prefix) > LongestPrefix
            || prefix.StartsWith("amq.", StringComparison.Ordinal)
            || prefix.AsSpan().ContainsAnyInRange('\0', '\x1f')
        )
        {
            throw new ArgumentException($"A prefix of queues has at most {LongestPrefix} bytes and does not begin with \"amq.\".");
        }
        _prefix = prefix;
    }

    /// <summary>The queue that holds the names of the others.</summary>
    public string Directory => _prefix + "~directory";

    /// <summary>The queue, and the exchange before it, where messages wait for so long.</summary>
    public string Delay(TimeSpan step) => string.Create(null, $"{_prefix}~delay-{(long)step.TotalMilliseconds}");

    /// <summary>The broker's name. One that is too long is cut, and told from its like by 64 bits of its hash.</summary>
    public string ToAmqp(string queue)
    {
        var dead = DeadLetters.IsDeadLetterQueue(queue);
        var name = dead ? queue[..^DeadLetters.Suffix.Length] : queue;
        var room = Longest - Encoding.UTF8.GetByteCount(_prefix) - DeadLetters.Suffix.Length;
        if (
            name.Length == 0
            || name[0] == '~'
            || Encoding.UTF8.GetByteCount(name) > room
            || name.AsSpan().ContainsAnyInRange('\0', '\x1f')
            || Bent().IsMatch(name)
            || (_prefix.Length == 0 && name.StartsWith("amq.", StringComparison.Ordinal))
        )
        {
            var hash = "_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 8));
            name = Kept(name, room - hash.Length - 1) + hash;
        }
        return _prefix + name + (dead ? DeadLetters.Suffix : "");
    }

    // Its beginning, as much as is legal and fits; a mark before it keeps it off "~" and "amq.".
    private static string Kept(string name, int bytes)
    {
        var kept = new StringBuilder("_");
        foreach (var rune in name.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
            {
                break;
            }
            kept.Append(Rune.IsControl(rune) ? "-" : rune.ToString());
        }
        return kept.ToString();
    }

    [GeneratedRegex("_[0-9a-f]{16}$")]
    private static partial Regex Bent();
}
