using System.Buffers.Binary;
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

    /// <summary>
    /// Makes a new id for a message to this recipient. Its last 16 bits number the messages to one recipient: what the parts of a long message say
    /// they belong together by (3GPP TS 23.040 section 9.2.3.24.1) comes from there, the same over retries and processes, and no two of 256
    /// messages in a row to one handset have the same 8 bits.
    /// </summary>
    public static MessageId New(DateTimeOffset now, Party recipient)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[14..], PartReferences.Next(recipient));
        return new MessageId(new Guid(bytes, bigEndian: true));
    }

    /// <summary>The last 16 bits: the message's number among those to its recipient.</summary>
    public ushort PartReference
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Value.TryWriteBytes(bytes, bigEndian: true, out _);
            return BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        }
    }

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

/// <summary>
/// Numbers messages by recipient, for their ids. Recipients share 16,384 counters (64 KB): two of them on one counter only skip numbers. The
/// start is random, so that processes, and one that starts again, do not give the same numbers in step.
/// </summary>
internal static class PartReferences
{
    private static readonly int[] counters = Start();

    public static ushort Next(Party recipient)
    {
        var slot = (uint)string.GetHashCode(recipient.Digits.AsSpan().TrimStart('+')) % (uint)counters.Length;
        return (ushort)Interlocked.Increment(ref counters[slot]);
    }

    private static int[] Start()
    {
        var start = new int[16_384];
        for (var i = 0; i < start.Length; i++)
        {
            start[i] = Random.Shared.Next();
        }

        return start;
    }
}
