using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace Smpp.Proxy;

/// <summary>
/// Reads the header that a load balancer puts in front of a connection: PROXY protocol version 2, section 2.2. Pure: no I/O, no state.
/// Version 1 is refused: it is text of unknown length, and every balancer that speaks it also speaks 2.
/// </summary>
public static class ProxyHeaderReader
{
    /// <summary>
    /// The most octets of a header that are taken by default: 4 KB. Addresses take 232 at most, the rest is TLVs; the certificates' names of
    /// PP2_TYPE_SSL are the longest of them.
    /// </summary>
    public const int DefaultMaxLength = 4096;

    //  0                               12      13      14              16
    // +-------------------------------+-------+-------+---------------+---------------+--------
    // | signature                     |ver|cmd|fam|prt| length        | addresses     | TLVs       section 2.2
    // +-------------------------------+-------+-------+---------------+---------------+--------
    const int FixedLength = 16;
    const int InetLength = 12; // 2 x (address 4, port 2)
    const int Inet6Length = 36; // 2 x (address 16, port 2)
    const int UnixLength = 216; // 2 x path
    const int TlvHeaderLength = 3;

    const byte TypeAuthority = 0x02;
    const byte TypeCrc32C = 0x03;
    const byte TypeSsl = 0x20;
    const byte SslClientFlag = 0x01; // PP2_CLIENT_SSL

    static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>
    /// Takes a header off the front of <paramref name="buffer"/>, which is moved behind it when it is complete and else stays. What cannot be
    /// a header is told from its first wrong octet on, and a too long one from its length. Never throws, whatever the octets.
    /// </summary>
    /// <param name="buffer">What came on the connection so far.</param>
    /// <param name="maxLength">The most octets of a header, 16 and more.</param>
    /// <param name="header">The header; null unless <see cref="ProxyHeaderStatus.Complete"/>.</param>
    public static ProxyHeaderStatus Read(ref ReadOnlySequence<byte> buffer, int maxLength, out ProxyHeader? header)
    {
        header = null;
        Span<byte> start = stackalloc byte[FixedLength];
        start = start[..(int)Math.Min(buffer.Length, FixedLength)];
        buffer.Slice(0, start.Length).CopyTo(start);

        var signed = Math.Min(start.Length, Signature.Length);
        if (!start[..signed].SequenceEqual(Signature[..signed]))
        {
            return ProxyHeaderStatus.NoHeader;
        }
        if (start.Length > Signature.Length && start[12] is not (0x20 or 0x21))
        {
            return ProxyHeaderStatus.Unsupported;
        }
        if (start.Length < FixedLength)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        var length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(start[14..]);
        if (length > maxLength)
        {
            return ProxyHeaderStatus.TooLong;
        }
        if (buffer.Length < length)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var whole = rented.AsSpan(0, length);
            buffer.Slice(0, length).CopyTo(whole);
            var status = Parse(whole, out header);
            if (status == ProxyHeaderStatus.Complete)
            {
                buffer = buffer.Slice(length);
            }
            return status;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    static ProxyHeaderStatus Parse(Span<byte> whole, out ProxyHeader? header)
    {
        header = null;
        var isLocal = (whole[12] & 0x0F) == 0;
        var addresses = whole[FixedLength..];
        IPEndPoint? source = null;
        IPEndPoint? destination = null;
        // The high half is the family, whatever the transport: 0 UNSPEC, 1 INET, 2 INET6, 3 UNIX; a reserved one counts as UNSPEC.
        int? addressLength = (whole[13] >> 4) switch
        {
            1 => InetLength,
            2 => Inet6Length,
            3 => UnixLength,
            _ => null,
        };
        if (isLocal || addressLength is not { } needed)
        {
            // The receiver must ignore the family and skip what is there; with UNSPEC nothing says where TLVs would begin but the start.
            header = new ProxyHeader { IsLocal = isLocal, Length = whole.Length };
            return isLocal ? ProxyHeaderStatus.Complete : ReadTlvs(whole, FixedLength, ref header);
        }
        if (addresses.Length < needed)
        {
            return ProxyHeaderStatus.Malformed;
        }
        if (needed != UnixLength)
        {
            var size = needed == InetLength ? 4 : 16;
            source = EndPoint(addresses[..size], addresses[(2 * size)..]);
            destination = EndPoint(addresses.Slice(size, size), addresses[((2 * size) + 2)..]);
        }
        header = new ProxyHeader
        {
            IsLocal = false,
            Source = source,
            Destination = destination,
            Length = whole.Length,
        };
        return ReadTlvs(whole, FixedLength + needed, ref header);
    }

    static IPEndPoint EndPoint(ReadOnlySpan<byte> address, ReadOnlySpan<byte> port) =>
        new(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(port));

    static ProxyHeaderStatus ReadTlvs(Span<byte> whole, int position, ref ProxyHeader? header)
    {
        var read = header!;
        header = null;
        while (position < whole.Length)
        {
            if (whole.Length - position < TlvHeaderLength)
            {
                return ProxyHeaderStatus.Malformed;
            }
            var type = whole[position];
            var length = BinaryPrimitives.ReadUInt16BigEndian(whole[(position + 1)..]);
            position += TlvHeaderLength;
            if (whole.Length - position < length)
            {
                return ProxyHeaderStatus.Malformed;
            }
            var value = whole.Slice(position, length);
            switch (type)
            {
                case TypeCrc32C when length != sizeof(uint):
                    return ProxyHeaderStatus.Malformed;
                case TypeCrc32C when !IsChecksumRight(whole, value):
                    return ProxyHeaderStatus.WrongChecksum;
                case TypeAuthority:
                    read = read with { Authority = Text(value) };
                    break;
                case TypeSsl:
                    read = read with { IsTls = length > 0 && (value[0] & SslClientFlag) != 0 };
                    break;
            }
            position += length;
        }
        header = read;
        return ProxyHeaderStatus.Complete;
    }

    // Section 2.2.3: over the whole header with the checksum's own four octets taken as zero.
    static bool IsChecksumRight(Span<byte> whole, Span<byte> field)
    {
        var expected = BinaryPrimitives.ReadUInt32BigEndian(field);
        field.Clear();
        var crc = uint.MaxValue;
        foreach (var octet in whole)
        {
            crc = BitOperations.Crc32C(crc, octet);
        }
        BinaryPrimitives.WriteUInt32BigEndian(field, expected);
        return ~crc == expected;
    }

    // A name that is none counts as absent; nothing depends on it.
    static string? Text(ReadOnlySpan<byte> value) => Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : null;
}
