using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Aws.Sqs;

/// <summary>The checksums that SQS tells of what it stored and hands out (Amazon SQS Developer Guide, "Message metadata").</summary>
[SuppressMessage("Security", "CA5351", Justification = "SQS's own checksum against corruption; nothing is protected by it.")]
public static class MessageDigests
{
    /// <summary>Whether the digest told is that of the body; one that is not told cannot be wrong.</summary>
    public static bool BodyMatches(string body, string? digest) =>
        digest is null || string.Equals(OfBody(body), digest, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the digest told is that of the attributes; one that is not told cannot be wrong.</summary>
    public static bool AttributesMatch(Dictionary<string, MessageAttributeValue>? attributes, string? digest) =>
        digest is null || attributes is null || string.Equals(OfAttributes(attributes), digest, StringComparison.OrdinalIgnoreCase);

    /// <summary>MD5 of the body's UTF-8 bytes, in lower-case hex.</summary>
    public static string OfBody(string body) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(body)));

    /// <summary>
    /// MD5 over the attributes by name: length and bytes of name and of data type, 1 for "a string", length and bytes of the value;
    /// lengths in four bytes, the highest first.
    /// </summary>
    public static string OfAttributes(Dictionary<string, MessageAttributeValue> attributes)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (var (name, value) in attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            Append(md5, name);
            Append(md5, value.DataType);
            md5.AppendData([1]);
            Append(md5, value.StringValue ?? "");
        }
        return Convert.ToHexStringLower(md5.GetHashAndReset());
    }

    private static void Append(IncrementalHash md5, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        md5.AppendData(length);
        md5.AppendData(bytes);
    }
}
