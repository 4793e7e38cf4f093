using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Contracts;

/// <summary>
/// The platform's id of a message: a version-7 UUID (RFC 9562 section 5.7), made once by the process that accepts the message and
/// never renamed. Its text form is 32 lower-case hexadecimal digits, over SMPP and over REST alike.
/// </summary>
/// <param name="Value">The UUID. Its leading 48 bits are milliseconds since 1970, so ids sort by time of acceptance.</param>
[JsonConverter(typeof(MessageIdJsonConverter))]
public readonly record struct MessageId(Guid Value)
{
    /// <summary>Makes a new id stamped with <paramref name="now"/>.</summary>
    public static MessageId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    /// <summary>Reads the 32-digit form. Dashes are not accepted: there is one spelling.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MessageId id)
    {
        var parsed = Guid.TryParseExact(text, "N", out var value);
        id = new MessageId(value);
        return parsed;
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("N");
}

/// <summary>Writes a <see cref="MessageId"/> as its 32 digits.</summary>
public sealed class MessageIdJsonConverter : JsonConverter<MessageId>
{
    /// <inheritdoc />
    public override MessageId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        MessageId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException("A message id has 32 hexadecimal digits.");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, MessageId value, JsonSerializerOptions options)
    {
        Span<byte> digits = stackalloc byte[32];
        value.Value.TryFormat(digits, out _, "N");
        writer.WriteStringValue(digits);
    }
}
