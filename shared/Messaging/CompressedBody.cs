using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text.Json;

namespace Messaging;

/// <summary>
/// A body as <c>{"z":"base64 of the body's zlib stream (RFC 1950)"}</c>: still text and still JSON, so that every adapter and any
/// client of the queue carries it, and every language's library opens it.
/// </summary>
internal static class CompressedBody
{
    /// <summary>
    /// The largest body that is compressed, and so the most that a compressed one may grow to: 1 MiB, SQS's largest message. Without an
    /// end a kilobyte of zeros would fill the memory of whoever reads it.
    /// </summary>
    public const int MaxBytes = 1024 * 1024;

    private const int Wrapping = 8;

    /// <summary>The body compressed; as it is where that makes it no smaller, or where it is too large.</summary>
    public static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MaxBytes)
        {
            return body;
        }
        using var packed = new MemoryStream(body.Length / 4);
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(body.Span);
        }
        var length = Base64.GetMaxEncodedToUtf8Length((int)packed.Length);
        if (length + Wrapping >= body.Length)
        {
            return body;
        }
        var text = new byte[length + Wrapping];
        "{\"z\":\""u8.CopyTo(text);
        Base64.EncodeToUtf8(packed.GetBuffer().AsSpan(0, (int)packed.Length), text.AsSpan(6), out _, out _);
        "\"}"u8.CopyTo(text.AsSpan(6 + length));
        return text;
    }

    /// <summary>The body that was compressed; one that was not, as it is.</summary>
    /// <exception cref="FormatException">It is not what it claims to be, or grows beyond <see cref="MaxBytes"/>.</exception>
    /// <exception cref="JsonException">Not JSON, as far as was read.</exception>
    public static ReadOnlyMemory<byte> Open(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span);
        if (
            !reader.Read()
            || reader.TokenType != JsonTokenType.StartObject
            || !reader.Read()
            || reader.TokenType != JsonTokenType.PropertyName
            || !reader.ValueTextEquals("z"u8)
            || !reader.Read()
            || reader.TokenType != JsonTokenType.String
        )
        {
            return body;
        }
        try
        {
            using var packed = new MemoryStream(reader.GetBytesFromBase64(), writable: false);
            using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
            return Inflate(zlib);
        }
        catch (InvalidDataException e)
        {
            throw new FormatException("A compressed envelope does not open.", e);
        }
    }

    private static ReadOnlyMemory<byte> Inflate(ZLibStream zlib)
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        while (true)
        {
            var read = zlib.Read(buffer.GetSpan(4096));
            buffer.Advance(read);
            if (read == 0)
            {
                return buffer.WrittenMemory;
            }
            if (buffer.WrittenCount > MaxBytes)
            {
                throw new FormatException($"A compressed envelope grows beyond {MaxBytes} bytes.");
            }
        }
    }
}
