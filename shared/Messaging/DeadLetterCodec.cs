using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Messaging;

/// <summary>
/// The envelopes of a dead-letter queue as single letters, and letters as envelopes again: without knowing the records in them, so that
/// what no record fits is kept and sent back byte for byte.
/// </summary>
public static class DeadLetterCodec
{
    private const string NoReason = "no reason was given";

    /// <summary>
    /// Everything in an envelope received from a dead-letter queue, in order: at least one letter. The order never changes, so a letter's
    /// place names it.
    /// </summary>
    public static IReadOnlyList<DeadLetter> Read(ReceivedEnvelope envelope)
    {
        try
        {
            using var document = JsonDocument.Parse(CompressedBody.Open(envelope.Body));
            if (TryReadItems(document.RootElement, envelope.DeadReason) is { Count: > 0 } letters)
            {
                return letters;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // Not JSON, compressed to something else, or strings that are no UTF-8: kept whole, below.
        }
        return [new DeadLetter(DeadLetterKind.Envelope, envelope.Body, 0, envelope.DeadReason ?? NoReason, null, null, envelope.Items)];
    }

    /// <summary>
    /// Envelopes to be sent to the queue that the letters died on: failures forgotten, the accepting process and the time of the first
    /// send kept, so that the ledger balances as if they had never been away. Each has a new id.
    /// </summary>
    /// <param name="letters">The letters.</param>
    /// <param name="options">How much goes into one envelope.</param>
    /// <param name="now">The time, for ids and for letters of which nothing tells when they were sent.</param>
    public static IReadOnlyList<(OutgoingEnvelope Envelope, IReadOnlyList<DeadLetter> Letters)> Pack(
        IReadOnlyList<DeadLetter> letters,
        EnvelopeSenderOptions options,
        DateTimeOffset now
    )
    {
        var packed = new List<(OutgoingEnvelope, IReadOnlyList<DeadLetter>)>();
        foreach (var whole in letters.Where(letter => letter.Kind == DeadLetterKind.Envelope))
        {
            packed.Add((new OutgoingEnvelope(Guid.CreateVersion7(now), whole.Body, whole.Items), [whole]));
        }
        // An envelope speaks for one accepting process and one time.
        foreach (var alike in letters.Where(l => l.Kind != DeadLetterKind.Envelope).GroupBy(l => (l.BootId, l.SentAt)))
        {
            var room = new List<DeadLetter>();
            var bytes = 0;
            foreach (var letter in alike)
            {
                if (room.Count > 0 && (room.Count >= options.MaxItems || bytes + letter.Body.Length > options.MaxBytes - Overhead))
                {
                    packed.Add((Close(room, now), room));
                    room = [];
                    bytes = 0;
                }
                room.Add(letter);
                bytes += letter.Body.Length + ItemOverhead;
            }
            packed.Add((Close(room, now), room));
        }
        return packed;
    }

    // {"v":1,"boot":"…","at":"…","items":[…]} around the items, and {"m":…}, around each.
    private const int Overhead = 128;
    private const int ItemOverhead = 7;

    private static OutgoingEnvelope Close(List<DeadLetter> letters, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("v"u8, EnvelopeCodec<object>.Version);
            writer.WriteString("boot"u8, letters[0].BootId ?? Guid.Empty);
            writer.WriteString("at"u8, letters[0].SentAt ?? now);
            writer.WriteStartArray("items"u8);
            foreach (var letter in letters)
            {
                if (letter.Kind == DeadLetterKind.Message)
                {
                    writer.WriteStartObject();
                    writer.WritePropertyName("m"u8);
                    writer.WriteRawValue(letter.Body.Span, skipInputValidation: true);
                    writer.WriteEndObject();
                }
                else
                {
                    writer.WriteRawValue(letter.Body.Span, skipInputValidation: true);
                }
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return new OutgoingEnvelope(Guid.CreateVersion7(now), buffer.WrittenMemory, letters.Count);
    }

    private static List<DeadLetter>? TryReadItems(JsonElement root, string? deadReason)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("v"u8, out var version)
            || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt32(out var number)
            || number != EnvelopeCodec<object>.Version
            || !root.TryGetProperty("items"u8, out var items)
            || items.ValueKind != JsonValueKind.Array
        )
        {
            return null;
        }
        var bootId =
            root.TryGetProperty("boot"u8, out var boot) && boot.ValueKind == JsonValueKind.String && boot.TryGetGuid(out var id)
                ? id
                : (Guid?)null;
        var sentAt =
            root.TryGetProperty("at"u8, out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var time)
                ? time
                : (DateTimeOffset?)null;
        var reason = Text(root, "why"u8) ?? deadReason;
        var letters = new List<DeadLetter>(items.GetArrayLength());
        foreach (var item in items.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("m"u8, out var message))
            {
                var failures =
                    item.TryGetProperty("f"u8, out var f) && f.ValueKind == JsonValueKind.Number && f.TryGetInt32(out var count)
                        ? count
                        : 0;
                letters.Add(
                    new DeadLetter(
                        DeadLetterKind.Message,
                        Bytes(message),
                        failures,
                        Text(item, "why"u8) ?? reason ?? NoReason,
                        bootId,
                        sentAt
                    )
                );
            }
            else
            {
                letters.Add(new DeadLetter(DeadLetterKind.Item, Bytes(item), 0, reason ?? NoReason, bootId, sentAt));
            }
        }
        return letters;
    }

    private static byte[] Bytes(JsonElement element) => JsonMarshal.GetRawUtf8Value(element).ToArray();

    private static string? Text(JsonElement element, ReadOnlySpan<byte> name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
