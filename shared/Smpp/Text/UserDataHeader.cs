using System.Buffers.Binary;

namespace Smpp.Text;

/// <summary>One element of a user data header.</summary>
/// <param name="Id">The information element identifier.</param>
/// <param name="Data">Its data.</param>
public readonly record struct UserDataElement(byte Id, ReadOnlyMemory<byte> Data);

/// <summary>Which part of which message.</summary>
/// <param name="Reference">The message's reference, 8 or 16 bits.</param>
/// <param name="Total">How many parts it has.</param>
/// <param name="Sequence">Which one this is, from 1.</param>
public readonly record struct Concatenation(ushort Reference, byte Total, byte Sequence);

/// <summary>The user data header: 3GPP TS 23.040 section 9.2.3.24. Present when esm_class bit 6 is set.</summary>
public sealed class UserDataHeader
{
    const byte Concatenation8 = 0x00;
    const byte Concatenation16 = 0x08;
    const byte Ports16 = 0x05;

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
                Concatenation? read = element.Id switch
                {
                    Concatenation8 when data.Length == 3 => new Concatenation(data[0], data[1], data[2]),
                    Concatenation16 when data.Length == 4 => new Concatenation(
                        BinaryPrimitives.ReadUInt16BigEndian(data),
                        data[2],
                        data[3]
                    ),
                    _ => null,
                };
                if (read is { Sequence: > 0 } legal && legal.Sequence <= legal.Total)
                {
                    found = legal;
                }
            }
            return found;
        }
    }

    /// <summary>Destination and source port of an application port element (16-bit).</summary>
    public (ushort Destination, ushort Source)? Ports
    {
        get
        {
            foreach (var element in Elements)
            {
                if (element is { Id: Ports16, Data.Length: 4 })
                {
                    var data = element.Data.Span;
                    return (BinaryPrimitives.ReadUInt16BigEndian(data), BinaryPrimitives.ReadUInt16BigEndian(data[2..]));
                }
            }
            return null;
        }
    }

    /// <summary>Reads the header at the beginning of the content. False when it does not fit into it or its elements not into it.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> content, out UserDataHeader? header)
    {
        header = null;
        var span = content.Span;
        if (span.IsEmpty || span[0] + 1 > span.Length)
        {
            return false;
        }
        var end = span[0] + 1;
        var elements = new List<UserDataElement>(2);
        for (var position = 1; position < end; )
        {
            if (position + 2 > end || position + 2 + span[position + 1] > end)
            {
                return false;
            }
            var length = span[position + 1];
            elements.Add(new UserDataElement(span[position], content.Slice(position + 2, length)));
            position += 2 + length;
        }
        header = new UserDataHeader(elements, end);
        return true;
    }

    /// <summary>A header with an 8-bit concatenation element: 6 octets, what every handset reads.</summary>
    public static byte[] Concatenate8(byte reference, byte total, byte sequence) => [5, Concatenation8, 3, reference, total, sequence];

    /// <summary>A header with a 16-bit concatenation element: 7 octets, so a part carries 152 septets, 66 units or 133 octets.</summary>
    public static byte[] Concatenate16(ushort reference, byte total, byte sequence) =>
        [6, Concatenation16, 4, (byte)(reference >> 8), (byte)reference, total, sequence];
}
