using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Messaging.Sqs;

/// <summary>
/// Our queues' names as SQS allows them: at most 80 letters, digits, dashes and underscores (Amazon SQS API Reference,
/// CreateQueue). A dead-letter queue's name is always its queue's with <c>-dead</c> behind it.
/// </summary>
internal sealed partial class SqsQueueNames
{
    /// <summary>The tag that holds a queue's own name.</summary>
    public const string Tag = "platform:queue";

    private const int Longest = 80;
    private const int LongestPrefix = 30;
    private const int LongestTag = 256;
    private const string EncodedTag = "base64:";
    private static readonly SearchValues<char> Legal = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    );
    private readonly string _prefix;

    public SqsQueueNames(string prefix)
    {
        if (prefix.Length > LongestPrefix || prefix.AsSpan().ContainsAnyExcept(Legal))
        {
            throw new ArgumentException($"A prefix of SQS queues has at most {LongestPrefix} letters, digits, dashes and underscores.");
        }
        _prefix = prefix;
    }

    public string Prefix => _prefix;

    /// <summary>The name in SQS. One that SQS does not allow is cut and bent, and told from its like by 64 bits of its hash.</summary>
    public string ToSqs(string queue)
    {
        var dead = DeadLetters.IsDeadLetterQueue(queue);
        var name = dead ? queue[..^DeadLetters.Suffix.Length] : queue;
        var room = Longest - _prefix.Length - DeadLetters.Suffix.Length;
        if (name.Length == 0 || name.Length > room || name.AsSpan().ContainsAnyExcept(Legal) || Bent().IsMatch(name))
        {
            var hash = "_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 8));
            var kept = name.AsSpan(0, Math.Min(name.Length, room - hash.Length));
            name = string.Concat(string.Concat(kept.ToArray().Select(c => Legal.Contains(c) ? c : '-')), hash);
        }
        return _prefix + name + (dead ? DeadLetters.Suffix : "");
    }

    /// <summary>Our name of a queue in SQS; false when only its tag can tell, or when it is none of ours.</summary>
    public bool TryFromSqs(string sqsName, out string queue, out bool isOurs)
    {
        isOurs = sqsName.StartsWith(_prefix, StringComparison.Ordinal);
        queue = isOurs ? sqsName[_prefix.Length..] : "";
        return isOurs && !Bent().IsMatch(DeadLetters.IsDeadLetterQueue(queue) ? queue[..^DeadLetters.Suffix.Length] : queue);
    }

    /// <summary>A tag's value takes letters, digits, blanks and <c>_.:/=+-@</c>; other names are written in base64.</summary>
    /// <exception cref="ArgumentException">The name does not fit into 256 characters.</exception>
    public static string ToTag(string queue)
    {
        var value = TagValue().IsMatch(queue) ? queue : EncodedTag + Convert.ToBase64String(Encoding.UTF8.GetBytes(queue));
        return value.Length <= LongestTag
            ? value
            : throw new ArgumentException($"A queue's name of {queue.Length} characters is too long.");
    }

    public static string FromTag(string value) =>
        value.StartsWith(EncodedTag, StringComparison.Ordinal)
            ? Encoding.UTF8.GetString(Convert.FromBase64String(value[EncodedTag.Length..]))
            : value;

    [GeneratedRegex("_[0-9a-f]{16}$")]
    private static partial Regex Bent();

    [GeneratedRegex("^(?!base64:)[A-Za-z0-9_.:/=+@-]+$")]
    private static partial Regex TagValue();
}
