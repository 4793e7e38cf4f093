using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Testing.Load;

/// <summary>How the text of an id became a key, and becomes text again.</summary>
internal enum IdForm : byte
{
    Hex,
    Uuid,
    Decimal,
    Short,

    /// <summary>Too long for a key: only recognised, not written out again.</summary>
    Hashed,
}

/// <summary>A message id in 16 octets. The form follows from the text, so equal texts have equal keys and different ones do not.</summary>
internal readonly record struct MessageKey(ulong High, ulong Low)
{
    const int ShortLength = 15; // and an octet for the length

    public static MessageKey Of(ReadOnlySpan<char> id, out IdForm form)
    {
        var lowerCase = id.IndexOfAnyInRange('A', 'Z') < 0;
        if (lowerCase && id.Length == 32 && Guid.TryParseExact(id, "N", out var guid))
        {
            form = IdForm.Hex;
            return Of(guid);
        }
        if (lowerCase && id.Length == 36 && Guid.TryParseExact(id, "D", out guid))
        {
            form = IdForm.Uuid;
            return Of(guid);
        }
        if (
            id.Length is > 0 and <= 39
            && id[0] is >= '1' and <= '9'
            && UInt128.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        )
        {
            form = IdForm.Decimal;
            return new MessageKey((ulong)(number >> 64), (ulong)number);
        }
        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        if (id.Length <= ShortLength)
        {
            form = IdForm.Short;
            Encoding.Latin1.GetBytes(id, octets);
            octets[ShortLength] = (byte)id.Length;
            return Of(octets);
        }
        form = IdForm.Hashed;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.Latin1.GetBytes(id.ToString()), hash);
        return Of(hash);
    }

    /// <summary>The id; a hash says that it is one.</summary>
    public string ToText(IdForm form)
    {
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(octets, High);
        BinaryPrimitives.WriteUInt64BigEndian(octets[8..], Low);
        return form switch
        {
            IdForm.Hex => new Guid(octets, bigEndian: true).ToString("N"),
            IdForm.Uuid => new Guid(octets, bigEndian: true).ToString("D"),
            IdForm.Decimal => new UInt128(High, Low).ToString(CultureInfo.InvariantCulture),
            IdForm.Short => Encoding.Latin1.GetString(octets[..octets[ShortLength]]),
            _ => $"hash:{Convert.ToHexStringLower(octets)}",
        };
    }

    static MessageKey Of(Guid guid)
    {
        Span<byte> octets = stackalloc byte[16];
        guid.TryWriteBytes(octets, bigEndian: true, out _);
        return Of(octets);
    }

    static MessageKey Of(ReadOnlySpan<byte> octets) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt64BigEndian(octets[8..]));
}
