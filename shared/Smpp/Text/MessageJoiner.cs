using Smpp.Pdus;

namespace Smpp.Text;

/// <summary>How long and how much a <see cref="MessageJoiner"/> keeps.</summary>
public sealed record JoinOptions
{
    /// <summary>How long the rest of a message is waited for, from its first part on. Default: 30 minutes, as Kannel does.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The most messages that wait for parts. Default: 10,000, more than a busy link has open at a time.</summary>
    public int MaxMessages { get; init; } = 10_000;

    /// <summary>The most octets of content that wait. Default: 16 MiB, which 10,000 messages of ten parts take.</summary>
    public long MaxOctets { get; init; } = 16 * 1024 * 1024;
}

/// <summary>What became of a part.</summary>
public enum JoinOutcome
{
    /// <summary>It was the last one missing, or a message of its own.</summary>
    Complete,

    /// <summary>It is kept; others are missing.</summary>
    Waiting,

    /// <summary>The same part came before, with the same content: sent again. Nothing was kept.</summary>
    Duplicate,

    /// <summary>Too much waits already. Nothing was kept: the peer has to try again.</summary>
    Full,
}

/// <summary>A message whose parts are there, or some of them.</summary>
public sealed class JoinedMessage
{
    internal JoinedMessage(Address source, Address destination, ReceivedPart?[] parts) =>
        (Source, Destination, Parts) = (source, destination, parts);

    /// <summary>From whom.</summary>
    public Address Source { get; }

    /// <summary>To whom.</summary>
    public Address Destination { get; }

    /// <summary>The parts in their order; null where one is missing.</summary>
    public IReadOnlyList<ReceivedPart?> Parts { get; }

    /// <summary>How many parts are missing.</summary>
    public int Missing => Parts.Count(part => part is null);

    /// <summary>The bodies of the parts that are there, one behind the other.</summary>
    public byte[] Content()
    {
        var content = new byte[Parts.Sum(part => part?.Body.Length ?? 0)];
        var position = 0;
        foreach (var part in Parts)
        {
            part?.Body.Span.CopyTo(content.AsSpan(position));
            position += part?.Body.Length ?? 0;
        }
        return content;
    }

    /// <summary>
    /// The text of the parts that are there. Parts that are encoded alike are joined before they are decoded: some senders cut a surrogate pair or
    /// an escape sequence.
    /// </summary>
    /// <param name="defaultAlphabet">What data_coding 0 means on this link.</param>
    public string Text(SmppEncoding defaultAlphabet)
    {
        var present = Parts.OfType<ReceivedPart>().ToArray();
        return Missing == 0 && present.All(part => part.IsEncodedAs(present[0]))
            ? present[0].Decode(Content(), defaultAlphabet)
            : string.Concat(present.Select(part => part.Text(defaultAlphabet)));
    }
}

/// <summary>What became of a part, and of the messages it touched.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Message">The whole message when it is complete.</param>
/// <param name="Displaced">
/// A message that was given up for it: the same reference came with another content, so it is a new message and the old one's rest is not to be
/// expected (8-bit references come round soon).
/// </param>
public readonly record struct JoinResult(JoinOutcome Outcome, JoinedMessage? Message = null, JoinedMessage? Displaced = null);

/// <summary>
/// Joins the parts of messages, in whatever order and by whichever link they come. Bounded in messages, octets and time, and nothing is dropped
/// unsaid: what never became whole is handed out by <see cref="TakeExpired"/>. For one thread at a time.
/// </summary>
/// <param name="options">Its bounds.</param>
/// <param name="time">The clock.</param>
public sealed class MessageJoiner(JoinOptions options, TimeProvider time)
{
    readonly Dictionary<Key, Open> open = [];
    long octets;

    /// <summary>Messages that wait for parts.</summary>
    public int Count => open.Count;

    /// <summary>Adds a part. One that belongs to no message of several is complete at once.</summary>
    /// <param name="source">From whom: references count per sender and recipient.</param>
    /// <param name="destination">To whom.</param>
    /// <param name="part">The part. Its memory is kept, not copied.</param>
    public JoinResult Add(Address source, Address destination, ReceivedPart part)
    {
        if (part.Concatenation is not { IsLegal: true, Total: > 1 } place)
        {
            return new JoinResult(JoinOutcome.Complete, new JoinedMessage(source, destination, [part]));
        }
        var key = new Key(source, destination, place.Reference, place.Total);
        JoinedMessage? displaced = null;
        if (open.TryGetValue(key, out var message) && message.Parts[place.Sequence - 1] is { } earlier)
        {
            if (earlier.Body.Span.SequenceEqual(part.Body.Span))
            {
                return new JoinResult(JoinOutcome.Duplicate);
            }
            displaced = Close(key, message);
            message = null;
        }
        if (octets + part.Body.Length > options.MaxOctets || message is null && open.Count >= options.MaxMessages)
        {
            return new JoinResult(JoinOutcome.Full, Displaced: displaced);
        }
        if (message is null)
        {
            message = new Open(new ReceivedPart?[place.Total], time.GetTimestamp());
            open.Add(key, message);
        }
        message.Parts[place.Sequence - 1] = part;
        message.Octets += part.Body.Length;
        octets += part.Body.Length;
        return ++message.Present == place.Total
            ? new JoinResult(JoinOutcome.Complete, Close(key, message), displaced)
            : new JoinResult(JoinOutcome.Waiting, null, displaced);
    }

    /// <summary>Takes out the messages whose parts were waited for long enough. To be called now and then, in seconds or minutes.</summary>
    public IReadOnlyList<JoinedMessage> TakeExpired()
    {
        List<JoinedMessage>? expired = null;
        foreach (var (key, message) in open)
        {
            if (time.GetElapsedTime(message.Since) >= options.Timeout)
            {
                // Removing while enumerating is allowed for a dictionary.
                (expired ??= []).Add(Close(key, message));
            }
        }
        return expired ?? [];
    }

    JoinedMessage Close(Key key, Open message)
    {
        open.Remove(key);
        octets -= message.Octets;
        return new JoinedMessage(key.Source, key.Destination, message.Parts);
    }

    // A reference with another count is another message.
    readonly record struct Key(Address Source, Address Destination, ushort Reference, byte Total);

    sealed class Open(ReceivedPart?[] parts, long since)
    {
        public ReceivedPart?[] Parts { get; } = parts;

        public long Since { get; } = since;

        public int Present { get; set; }

        public long Octets { get; set; }
    }
}
