using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Messaging;

/// <summary>Writes one envelope at a time, item by item, up to its limits. Reused; not thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The writer writes to memory; it holds nothing to dispose of.")]
internal sealed class EnvelopePacker<T>(JsonTypeInfo<T> type, int maxItems, int maxBytes)
{
    // Relaxed: bodies are read by our parser and by people in a dead-letter queue, never by a browser. Cyrillic stays two bytes a letter.
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly EnvelopeBuffer _buffer = new();
    private readonly Utf8JsonWriter _writer = new(Stream.Null, WriterOptions);

    public int Count { get; private set; }

    public void Begin(Guid bootId, DateTimeOffset at)
    {
        _buffer.CutBack(0);
        Count = 0;
        _writer.Reset(_buffer);
        _writer.WriteStartObject();
        _writer.WriteNumber("v"u8, EnvelopeCodec<T>.Version);
        _writer.WriteString("boot"u8, bootId);
        _writer.WriteString("at"u8, at);
        _writer.WritePropertyName("items"u8);
        _writer.WriteStartArray();
        _writer.Flush();
    }

    /// <summary>False when the envelope is full; an item too large for any envelope is taken alone.</summary>
    /// <exception cref="Exception">The item does not serialise; the envelope is as it was.</exception>
    public bool TryAdd(in EnvelopeItem<T> item)
    {
        if (Count >= maxItems)
        {
            return false;
        }
        var mark = BeginItem();
        try
        {
            _writer.WriteStartObject();
            if (item.Failures != 0)
            {
                _writer.WriteNumber("f"u8, item.Failures);
            }
            if (item.Reason is not null)
            {
                _writer.WriteString("why"u8, item.Reason);
            }
            _writer.WritePropertyName("m"u8);
            JsonSerializer.Serialize(_writer, item.Value, type);
            _writer.WriteEndObject();
            _writer.Flush();
        }
        catch
        {
            _buffer.CutBack(mark);
            throw;
        }
        return EndItem(mark);
    }

    /// <summary>The same for an item that could not be read: its bytes go on as they came.</summary>
    public bool TryAddRaw(ReadOnlyMemory<byte> json)
    {
        if (Count >= maxItems)
        {
            return false;
        }
        var mark = BeginItem();
        _buffer.Append(json.Span);
        return EndItem(mark);
    }

    /// <param name="because">Why the items are on their way to the dead letters, where they cannot say it themselves.</param>
    public byte[] Finish(string? because = null)
    {
        _buffer.Append("]"u8);
        if (because is not null)
        {
            _buffer.Append(",\"why\":\""u8);
            // By way of bytes: a parser's words may quote half a surrogate pair, which these replace.
            _buffer.Append(JsonEncodedText.Encode(Encoding.UTF8.GetBytes(because)).EncodedUtf8Bytes);
            _buffer.Append("\""u8);
        }
        _buffer.Append("}"u8);
        return _buffer.ToArray();
    }

    private int BeginItem()
    {
        var mark = _buffer.Length;
        if (Count > 0)
        {
            _buffer.Append(","u8);
        }
        _writer.Reset(_buffer);
        return mark;
    }

    private bool EndItem(int mark)
    {
        if (Count > 0 && _buffer.Length + 2 > maxBytes)
        {
            _buffer.CutBack(mark);
            return false;
        }
        Count++;
        return true;
    }
}
