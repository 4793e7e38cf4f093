using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Aws.Sqs;

namespace Messaging.Sqs;

/// <summary>
/// An envelope as a message of SQS and back. The body is the envelope's, as text; three attributes say what the body cannot:
/// <c>id</c>, <c>items</c> and, of a dead letter, <c>why</c>. A message without them is taken as one item.
/// </summary>
internal static class EnvelopeMessages
{
    public static readonly List<string> AttributeNames = [Id, Items, Why, Encoded];
    public static readonly List<string> SystemAttributeNames = ["ApproximateReceiveCount", "SentTimestamp"];

    private const string Id = "id";
    private const string Items = "items";
    private const string Why = "why";
    private const string Encoded = "encoding";
    private const string Base64 = "base64";
    private const string Empty = "empty";
    private const int LongestReason = 1000;
    private const int LongestGroup = 128;
    private const int LongestDelay = 900;

    // What XML 1.0 and so SQS does not take (SendMessage, "MessageBody"), as far as it is one char: 0x00-0x1F but tab, LF and CR,
    // and U+FFFE, U+FFFF. A lone surrogate cannot come out of UTF-8.
    private static readonly SearchValues<char> Illegal = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(c => (char)c).Where(c => c is not ('\t' or '\n' or '\r')),
        '\uFFFE',
        '\uFFFF',
    ]);

    // MessageGroupId: letters, digits and punctuation of ASCII.
    private static readonly SearchValues<char> LegalGroup = SearchValues.Create([
        .. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c),
    ]);

    private static readonly UTF8Encoding Strict = new(false, true);

    /// <summary>The body as SQS takes it: as it is, or in base64 with an attribute that says so.</summary>
    public static SendMessageBatchRequestEntry ToEntry(OutgoingEnvelope envelope, string? reason, bool encode)
    {
        var text = encode ? null : Text(envelope.Body.Span);
        var attributes = new Dictionary<string, MessageAttributeValue>(4)
        {
            [Id] = new() { DataType = "String", StringValue = envelope.Id.ToString() },
            [Items] = new() { DataType = "Number", StringValue = envelope.Items.ToString(CultureInfo.InvariantCulture) },
        };
        if (text is null)
        {
            attributes[Encoded] = new() { DataType = "String", StringValue = envelope.Body.IsEmpty ? Empty : Base64 };
        }
        if (reason is not null)
        {
            attributes[Why] = new() { DataType = "String", StringValue = LegalReason(reason) };
        }
        return new SendMessageBatchRequestEntry
        {
            // Told apart within one batch only; given with its place there.
            Id = "",
            // SQS takes no empty body.
            MessageBody = text ?? (envelope.Body.IsEmpty ? Empty : Convert.ToBase64String(envelope.Body.Span)),
            MessageAttributes = attributes,
            MessageGroupId = envelope.Group is { Length: > 0 } group ? LegalGroupId(group) : null,
            DelaySeconds = Math.Min(SqsQueue.Seconds(envelope.Delay), LongestDelay),
        };
    }

    /// <summary>What SQS counts of an entry: body, and names, types and values of its attributes; bytes.</summary>
    public static int SizeOf(SendMessageBatchRequestEntry entry)
    {
        var size = Encoding.UTF8.GetByteCount(entry.MessageBody);
        foreach (var (name, value) in entry.MessageAttributes!)
        {
            size += name.Length + value.DataType.Length + Encoding.UTF8.GetByteCount(value.StringValue!);
        }
        return size;
    }

    /// <summary>As received; <paramref name="claimedAt"/> as in <see cref="ReceivedEnvelope.ClaimedAt"/>.</summary>
    public static ReceivedEnvelope ToEnvelope(string queue, Message message, long claimedAt) =>
        new(
            queue,
            message.ReceiptHandle,
            Guid.TryParse(Attribute(message, Id), out var id) ? id : IdOf(message.MessageId),
            BodyOf(message),
            int.TryParse(Attribute(message, Items), NumberStyles.None, CultureInfo.InvariantCulture, out var items) ? items : 1,
            (int)Number(message, "ApproximateReceiveCount", 1),
            DateTimeOffset.FromUnixTimeMilliseconds(Number(message, "SentTimestamp", 0))
        )
        {
            DeadReason = Attribute(message, Why),
            ClaimedAt = claimedAt,
        };

    private static string? Text(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return null;
        }
        try
        {
            var text = Strict.GetString(body);
            return text.AsSpan().ContainsAny(Illegal) ? null : text;
        }
        catch (DecoderFallbackException)
        {
            // Not UTF-8: it goes as base64.
            return null;
        }
    }

    private static byte[] BodyOf(Message message)
    {
        var encoding = Attribute(message, Encoded);
        if (encoding == Empty)
        {
            return [];
        }
        if (encoding == Base64)
        {
            var bytes = new byte[message.Body.Length];
            if (Convert.TryFromBase64String(message.Body, bytes, out var written))
            {
                return bytes[..written];
            }
        }
        return Encoding.UTF8.GetBytes(message.Body);
    }

    // Somebody else's message: SQS's own id is a UUID; where a stand-in's is not, its hash serves.
    private static Guid IdOf(string messageId) =>
        Guid.TryParse(messageId, out var id) ? id : new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(messageId)).AsSpan(0, 16));

    private static string? Attribute(Message message, string name) => message.MessageAttributes?.GetValueOrDefault(name)?.StringValue;

    private static long Number(Message message, string name, long otherwise) =>
        long.TryParse(message.Attributes?.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;

    private static string LegalReason(string reason)
    {
        var text = new StringBuilder();
        foreach (var rune in reason.EnumerateRunes())
        {
            // A lone surrogate comes out of the enumeration as U+FFFD.
            if (text.Length + rune.Utf16SequenceLength > LongestReason)
            {
                break;
            }
            text.Append(rune.IsBmp && Illegal.Contains((char)rune.Value) ? " " : rune.ToString());
        }
        return text.Length > 0 ? text.ToString() : "unknown";
    }

    private static string LegalGroupId(string group) =>
        group.Length <= LongestGroup && !group.AsSpan().ContainsAnyExcept(LegalGroup)
            ? group
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(group)));
}
