using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Messaging;

/// <summary>
/// Envelope to bytes and back: <c>{"v":1,"boot":"…","at":"…","items":[{"f":failures,"why":"…","m":{…}}]}</c>, where f and why are
/// left out for an item that never failed. An envelope of items that cannot say why they are dead says it itself, in a why of its own.
/// A compressed one, all of it, is <c>{"z":"…"}</c>: base64 of a zlib stream.
/// </summary>
public sealed class EnvelopeCodec<T>(JsonTypeInfo<T> type)
{
    internal const int Version = 1;

    /// <summary>Writes one envelope, whatever its size.</summary>
    public byte[] Encode(Guid bootId, DateTimeOffset at, IReadOnlyList<EnvelopeItem<T>> items)
    {
        var packer = NewPacker(int.MaxValue, int.MaxValue);
        packer.Begin(bootId, at);
        foreach (var item in items)
        {
            packer.TryAdd(item);
        }
        return packer.Finish();
    }

    /// <summary>
    /// Reads a body. An item that does not fit its record lands in <see cref="Envelope{T}.Unreadable"/>; false only when the
    /// body as a whole is no envelope.
    /// </summary>
    public bool TryDecode(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out Envelope<T>? envelope, [NotNullWhen(false)] out string? error)
    {
        try
        {
            envelope = Decode(CompressedBody.Open(body));
            error = null;
            return true;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            envelope = null;
            error = e.Message;
            return false;
        }
    }

    internal EnvelopePacker<T> NewPacker(int maxItems, int maxBytes) => new(type, maxItems, maxBytes);

    private Envelope<T> Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span);
        var version = 0;
        Guid bootId = default;
        DateTimeOffset at = default;
        List<EnvelopeItem<T>>? items = null;
        List<UnreadableItem>? unreadable = null;

        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("items"u8))
            {
                items = ReadItems(ref reader, body, ref unreadable);
                continue;
            }
            var isVersion = reader.ValueTextEquals("v"u8);
            var isBoot = reader.ValueTextEquals("boot"u8);
            var isAt = reader.ValueTextEquals("at"u8);
            reader.Read();
            if (isVersion)
            {
                version = reader.GetInt32();
            }
            else if (isBoot)
            {
                bootId = reader.GetGuid();
            }
            else if (isAt)
            {
                at = reader.GetDateTimeOffset();
            }
            else
            {
                reader.Skip();
            }
        }
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
        {
            throw new JsonException("The envelope does not end where it should.");
        }
        if (version != Version)
        {
            throw new FormatException($"Envelope version {version} is not {Version}.");
        }
        return new Envelope<T>(bootId, at, items ?? throw new FormatException("The envelope has no items."), unreadable ?? []);
    }

    private List<EnvelopeItem<T>> ReadItems(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, ref List<UnreadableItem>? unreadable)
    {
        var items = new List<EnvelopeItem<T>>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            var atItem = reader;
            try
            {
                items.Add(ReadItem(ref reader));
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or NotSupportedException)
            {
                // Only this item is set aside. Where the JSON itself is broken, Skip throws and the whole body is unreadable.
                reader = atItem;
                reader.Skip();
                (unreadable ??= []).Add(new UnreadableItem(body[start..(int)reader.BytesConsumed], e.Message));
            }
        }
        return items;
    }

    private EnvelopeItem<T> ReadItem(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An item is not an object.");
        }
        var failures = 0;
        string? reason = null;
        T? value = default;
        var hasValue = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("m"u8))
            {
                reader.Read();
                value = JsonSerializer.Deserialize(ref reader, type);
                hasValue = value is not null;
            }
            else if (reader.ValueTextEquals("f"u8))
            {
                reader.Read();
                failures = reader.GetInt32();
            }
            else if (reader.ValueTextEquals("why"u8))
            {
                reader.Read();
                reason = reader.GetString();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
        return hasValue ? new EnvelopeItem<T>(value!, failures, reason) : throw new JsonException("An item has no message.");
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw new JsonException($"Expected {type}, found {reader.TokenType}.");
        }
    }
}
