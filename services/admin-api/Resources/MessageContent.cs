using System.Globalization;
using AdminApi.Http;
using Smpp.Text;

namespace AdminApi.Resources;

/// <summary>How a caller wants a message to travel.</summary>
internal enum SendEncoding
{
    /// <summary>GSM 7-bit when every character is in it, else UCS-2.</summary>
    Auto,

    /// <summary>GSM 7-bit default alphabet.</summary>
    Gsm7,

    /// <summary>UCS-2 (UTF-16).</summary>
    Ucs2,

    /// <summary>ISO 8859-1.</summary>
    Latin1,

    /// <summary>8-bit data.</summary>
    Binary,
}

/// <summary>A message's octets and what they mean.</summary>
internal readonly record struct MessageContent(byte[] Octets, byte DataCoding, int Parts)
{
    /// <summary>Longer ones are refused: ten parts are 1,530 characters, and many handsets show no more.</summary>
    private const int MaxParts = 10;

    /// <summary>Encodes text or binary; says what is wrong with them otherwise.</summary>
    public static MessageContent Encode(string? text, byte[]? binary, SendEncoding encoding, FieldErrors errors)
    {
        if (binary is not null)
        {
            return EncodeBinary(text, binary, encoding, errors);
        }

        if (string.IsNullOrEmpty(text))
        {
            errors.Add("text", "is required, with one character at least; or give binary");
            return default;
        }

        if (encoding == SendEncoding.Binary)
        {
            errors.Add("encoding", "is binary: give binary (base64) instead of text");
            return default;
        }

        var chosen = encoding switch
        {
            SendEncoding.Gsm7 => SmppEncoding.Gsm7Bit,
            SendEncoding.Ucs2 => SmppEncoding.Ucs2,
            SendEncoding.Latin1 => SmppEncoding.Latin1,
            _ => MessageText.Choose(text),
        };
        if (!chosen.CanEncode(text))
        {
            errors.Add("encoding", $"does not have every character of the text: use auto or ucs2 instead of {chosen.Name}");
            return default;
        }

        return Count(chosen.Encode(text), chosen.DataCoding, "text", errors);
    }

    private static MessageContent EncodeBinary(string? text, byte[] binary, SendEncoding encoding, FieldErrors errors)
    {
        if (text is not null)
        {
            errors.Add("binary", "excludes text: give one of them");
        }

        if (encoding is not (SendEncoding.Auto or SendEncoding.Binary))
        {
            errors.Add("encoding", "must be auto or binary for binary content");
        }

        if (binary.Length == 0)
        {
            errors.Add("binary", "must have one octet at least");
        }

        return Count(binary, SmppEncoding.Octets.DataCoding, "binary", errors);
    }

    private static MessageContent Count(byte[] octets, byte dataCoding, string field, FieldErrors errors)
    {
        var parts = Segmentation.CountParts(octets, dataCoding, hasUdh: false);
        if (parts > MaxParts)
        {
            errors.Add(field, string.Create(CultureInfo.InvariantCulture, $"takes {parts} parts; {MaxParts} is the most: shorten it"));
        }

        return new MessageContent(octets, dataCoding, parts);
    }
}
