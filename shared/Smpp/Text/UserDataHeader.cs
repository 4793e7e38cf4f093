using System.Buffers.Binary;

namespace Smpp.Text;

/// <summary>One element of a user data header.</summary>
/// <param name="Id">The information element identifier: <see cref="UserDataElementId"/> names the standard's.</param>
/// <param name="Data">Its data, at most 255 octets.</param>
public readonly record struct UserDataElement(byte Id, ReadOnlyMemory<byte> Data);

/// <summary>What is wrong with a user data header.</summary>
public enum UserDataHeaderFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The content is empty: not even a length octet.</summary>
    Missing,

    /// <summary>The header is longer than the content.</summary>
    LongerThanContent,

    /// <summary>An element is longer than what is left of the header, or only its identifier is there.</summary>
    ElementTooLong,
}

/// <summary>The user data header: 3GPP TS 23.040 section 9.2.3.24. Present when esm_class bit 6 is set.</summary>
public sealed class UserDataHeader
{
    /// <summary>Octets of a header with an 8-bit concatenation element alone.</summary>
    public const int Concatenation8Length = 6;

    /// <summary>Octets of a header with a 16-bit concatenation element alone.</summary>
    public const int Concatenation16Length = 7;

    UserDataHeader(IReadOnlyList<UserDataElement> elements, int length)
    {
        Elements = elements;
        Length = length;
    }

    /// <summary>Every element, in order, unknown ones included.</summary>
    public IReadOnlyList<UserDataElement> Elements { get; }

    /// <summary>Octets of the header in the content, its length octet included.</summary>
    public int Length { get; }

    /// <summary>The concatenation element, 8-bit or 16-bit; the last one counts, as the standard has it. Null without a legal one.</summary>
    public Concatenation? Concatenation
    {
        get
        {
            Concatenation? found = null;
            foreach (var element in Elements)
            {
                var data = element.Data.Span;
                Concatenation? read = (UserDataElementId)element.Id switch
                {
                    UserDataElementId.Concatenation8 when data.Length == 3 => new Concatenation(data[0], data[1], data[2]),
                    UserDataElementId.Concatenation16 when data.Length == 4 => new Concatenation(
                        BinaryPrimitives.ReadUInt16BigEndian(data),
                        data[2],
                        data[3]
                    ),
                    _ => null,
                };
                found = read is { IsLegal: true } ? read : found;
            }
            return found;
        }
    }

    /// <summary>Destination and source port of an application port element, 16-bit or 8-bit; the last one counts.</summary>
    public (ushort Destination, ushort Source)? Ports
    {
        get
        {
            (ushort, ushort)? found = null;
            foreach (var element in Elements)
            {
                var data = element.Data.Span;
                found = (UserDataElementId)element.Id switch
                {
                    UserDataElementId.Ports16 when data.Length == 4 => (
                        BinaryPrimitives.ReadUInt16BigEndian(data),
                        BinaryPrimitives.ReadUInt16BigEndian(data[2..])
                    ),
                    UserDataElementId.Ports8 when data.Length == 2 => (data[0], data[1]),
                    _ => found,
                };
            }
            return found;
        }
    }

    /// <summary>The GSM 7-bit alphabet that elements 0x25 (locking) and 0x24 (single shift) choose; the default one without them.</summary>
    public Gsm7Alphabet Alphabet
    {
        get
        {
            var (locking, single) = (NationalLanguage.Default, NationalLanguage.Default);
            foreach (var element in Elements)
            {
                if (element.Data.Length != 1)
                {
                    continue;
                }
                var language = (NationalLanguage)element.Data.Span[0];
                locking = element.Id == (byte)UserDataElementId.NationalLockingShift ? language : locking;
                single = element.Id == (byte)UserDataElementId.NationalSingleShift ? language : single;
            }
            return Gsm7Alphabet.Get(locking, single);
        }
    }

    /// <summary>The header that has these elements, in this order.</summary>
    /// <exception cref="ArgumentException">An element or all of them together are longer than 255 octets.</exception>
    public static UserDataHeader Of(params IReadOnlyList<UserDataElement> elements)
    {
        var length = 0;
        foreach (var element in elements)
        {
            length += 2 + element.Data.Length;
        }
        return length <= byte.MaxValue
            ? new UserDataHeader(elements, 1 + length)
            : throw new ArgumentException($"The elements take {length} octets; a header has 255 at most.", nameof(elements));
    }

    /// <summary>Reads the header at the beginning of the content. False when it does not fit into it or its elements not into it.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> content, out UserDataHeader? header) => TryParse(content, out header, out _);

    /// <summary>Reads the header at the beginning of the content, or says why there is none; never throws.</summary>
    /// <param name="content">short_message, or message_payload.</param>
    /// <param name="header">The header, its elements being slices of the content; null when there is none.</param>
    /// <param name="fault">What is wrong with it.</param>
    public static bool TryParse(ReadOnlyMemory<byte> content, out UserDataHeader? header, out UserDataHeaderFault fault)
    {
        header = null;
        var span = content.Span;
        if (span.IsEmpty)
        {
            fault = UserDataHeaderFault.Missing;
            return false;
        }
        if (span[0] + 1 > span.Length)
        {
            fault = UserDataHeaderFault.LongerThanContent;
            return false;
        }
        var end = span[0] + 1;
        var elements = new List<UserDataElement>(2);
        for (var position = 1; position < end; )
        {
            if (position + 2 > end || position + 2 + span[position + 1] > end)
            {
                fault = UserDataHeaderFault.ElementTooLong;
                return false;
            }
            var length = span[position + 1];
            elements.Add(new UserDataElement(span[position], content.Slice(position + 2, length)));
            position += 2 + length;
        }
        header = new UserDataHeader(elements, end);
        fault = UserDataHeaderFault.None;
        return true;
    }

    /// <summary>The header's octets, its length octet first: what was parsed comes out octet for octet.</summary>
    public byte[] ToArray()
    {
        var octets = new byte[Length];
        octets[0] = (byte)(Length - 1);
        var position = 1;
        foreach (var (id, data) in Elements)
        {
            octets[position++] = id;
            octets[position++] = (byte)data.Length;
            data.Span.CopyTo(octets.AsSpan(position));
            position += data.Length;
        }
        return octets;
    }

    /// <summary>A header with an 8-bit concatenation element: 6 octets, what every handset reads.</summary>
    public static byte[] Concatenate8(byte reference, byte total, byte sequence) =>
        [Concatenation8Length - 1, (byte)UserDataElementId.Concatenation8, 3, reference, total, sequence];

    /// <summary>A header with a 16-bit concatenation element: 7 octets, so a part carries 152 septets, 66 units or 133 octets.</summary>
    public static byte[] Concatenate16(ushort reference, byte total, byte sequence) =>
        [Concatenation16Length - 1, (byte)UserDataElementId.Concatenation16, 4, (byte)(reference >> 8), (byte)reference, total, sequence];
}
