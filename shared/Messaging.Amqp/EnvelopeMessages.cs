using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>
/// An envelope as a message of AMQP and back. The body is the envelope's; the message id is its id, and headers say the rest:
/// <c>items</c>, <c>at</c> (milliseconds of Unix time), <c>receives</c> (deliveries of earlier copies) and, of a dead letter, <c>why</c>.
/// A message without them is taken as one item.
/// </summary>
internal static class EnvelopeMessages
{
    private const string Items = "items";
    private const string At = "at";
    private const string Receives = "receives";
    private const string Why = "why";
    private const int LongestReason = 1000;

    /// <summary>A new envelope.</summary>
    public static BasicProperties Properties(OutgoingEnvelope envelope, DateTimeOffset now) =>
        Properties(envelope.Id, envelope.Items, now, 0);

    /// <summary>A copy of a received one, that goes on counting.</summary>
    public static BasicProperties Again(ReceivedEnvelope envelope) =>
        Properties(envelope.Id, envelope.Items, envelope.EnqueuedAt, envelope.ReceiveCount, envelope.DeadReason);

    /// <summary>A copy that is dead.</summary>
    public static BasicProperties Dead(ReceivedEnvelope envelope, string reason, DateTimeOffset now) =>
        Properties(envelope.Id, envelope.Items, now, 0, reason);

    /// <summary>As received; the body is copied, for the client takes its buffer back.</summary>
    public static ReceivedEnvelope ToEnvelope(
        string queue,
        string handle,
        IReadOnlyBasicProperties properties,
        bool redelivered,
        ReadOnlySpan<byte> body,
        DateTimeOffset now
    )
    {
        var headers = properties.Headers;
        // A quorum queue counts its own deliveries before this one; another kind only tells whether there was one.
        var before = Number(headers, "x-delivery-count", redelivered ? 1 : 0);
        return new ReceivedEnvelope(
            queue,
            handle,
            IdOf(properties.MessageId, body),
            body.ToArray(),
            (int)Math.Clamp(Number(headers, Items, 1), 1, int.MaxValue),
            (int)Math.Clamp(Number(headers, Receives, 0) + before + 1, 1, int.MaxValue),
            Time(Number(headers, At, -1)) ?? now
        )
        {
            DeadReason = Text(headers, Why) ?? DeathOf(queue, headers),
        };
    }

    private static BasicProperties Properties(Guid id, int items, DateTimeOffset at, int receives, string? reason = null)
    {
        var headers = new Dictionary<string, object?>(4) { [Items] = items, [At] = at.ToUnixTimeMilliseconds() };
        if (receives > 0)
        {
            headers[Receives] = receives;
        }
        if (reason is not null)
        {
            headers[Why] = reason.Length <= LongestReason ? reason : reason[..LongestReason];
        }
        return new BasicProperties
        {
            MessageId = id.ToString(),
            DeliveryMode = DeliveryModes.Persistent,
            ContentType = "application/json",
            Headers = headers,
        };
    }

    // Somebody else's message: two with the same bytes are the same to us.
    private static Guid IdOf(string? messageId, ReadOnlySpan<byte> body) =>
        Guid.TryParse(messageId, out var id) ? id
        : messageId is { Length: > 0 } ? new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(messageId)).AsSpan(0, 16))
        : new Guid(SHA256.HashData(body).AsSpan(0, 16));

    // Moved by the broker itself: RabbitMQ, "Dead Letter Exchanges", x-death: the latest event first.
    private static string? DeathOf(string queue, IDictionary<string, object?>? headers) =>
        DeadLetters.IsDeadLetterQueue(queue)
        && headers?.TryGetValue("x-death", out var value) == true
        && value is IList<object> { Count: > 0 } deaths
        && deaths[0] is IDictionary<string, object?> death
            ? $"the broker gave it up: {Text(death, "reason") ?? "unknown"}"
            : null;

    private static DateTimeOffset? Time(long milliseconds) =>
        milliseconds is >= 0 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    private static long Number(IDictionary<string, object?>? headers, string name, long otherwise) =>
        headers?.GetValueOrDefault(name) switch
        {
            long number => number,
            int number => number,
            byte[] text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            _ => otherwise,
        };

    private static string? Text(IDictionary<string, object?>? headers, string name) =>
        headers?.GetValueOrDefault(name) switch
        {
            byte[] text => Encoding.UTF8.GetString(text),
            string text => text,
            _ => null,
        };

    private static object? GetValueOrDefault(this IDictionary<string, object?> headers, string name) =>
        headers.TryGetValue(name, out var value) ? value : null;
}
