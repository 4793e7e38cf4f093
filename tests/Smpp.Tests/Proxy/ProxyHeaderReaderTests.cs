using System.Buffers;
using System.Net;
using Smpp.Proxy;
using Smpp.Tests.Wire;
using Xunit;

namespace Smpp.Tests.Proxy;

public class ProxyHeaderReaderTests
{
    const string Signature = "0D0A0D0A000D0A515549540A";
    const string Addresses4 = "C0A80114 0A000001 DC04 0AD7"; // 192.168.1.20:56324 to 10.0.0.1:2775
    const string Addresses6 = "20010DB8000000000000000000000001 20010DB8000000000000000000000002 1F90 0AD7";

    [Fact]
    public void Addresses_of_ipv4_are_taken()
    {
        var header = Complete($"{Signature} 21 11 000C {Addresses4}");
        Assert.Equal(IPEndPoint.Parse("192.168.1.20:56324"), header.Source);
        Assert.Equal(IPEndPoint.Parse("10.0.0.1:2775"), header.Destination);
        Assert.Equal((false, 28), (header.IsLocal, header.Length));
    }

    [Fact]
    public void Addresses_of_ipv6_are_taken()
    {
        var header = Complete($"{Signature} 21 21 0024 {Addresses6}");
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:8080"), header.Source);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::2]:2775"), header.Destination);
    }

    [Theory]
    [InlineData("20 00 0000")] // as balancers send it with their health checks
    [InlineData("20 11 000C C0A80114 0A000001 DC04 0AD7")] // addresses of LOCAL must be ignored
    [InlineData("20 11 0003 010203")] // even where there is no room for them
    public void A_local_connection_keeps_its_own_address(string rest)
    {
        var header = Complete($"{Signature} {rest}");
        Assert.True(header.IsLocal);
        Assert.Null(header.Source);
    }

    [Theory]
    [InlineData("21 00 0000")] // UNSPEC
    [InlineData("21 F1 0000")] // a reserved family
    public void An_unknown_family_keeps_the_connections_address(string rest)
    {
        var header = Complete($"{Signature} {rest}");
        Assert.False(header.IsLocal);
        Assert.Null(header.Source);
    }

    [Fact]
    public void A_unix_socket_has_no_address_of_ours()
    {
        var header = Complete($"{Signature} 21 31 00D8 {new string('A', 216 * 2)}");
        Assert.Null(header.Source);
        Assert.Equal(232, header.Length);
    }

    [Fact]
    public void Authority_and_tls_are_kept_and_other_tlvs_skipped()
    {
        var header = Complete(
            WithLength(
                $"{Signature} 21 11",
                $"{Addresses4} EA 0003 010203 02 0009 736D70702E74657374 20 0005 01 00000000 04 0000 05 0002 ABCD"
            )
        );
        Assert.Equal("smpp.test", header.Authority);
        Assert.True(header.IsTls);
    }

    [Theory]
    [InlineData("20 0005 04 00000000")] // a certificate, but not this connection's TLS
    [InlineData("20 0000")]
    public void Without_the_flag_there_was_no_tls(string tlv) =>
        Assert.False(Complete(WithLength($"{Signature} 21 11", $"{Addresses4} {tlv}")).IsTls);

    [Fact]
    public void An_authority_that_is_no_text_counts_as_absent() =>
        Assert.Null(Complete(WithLength($"{Signature} 21 11", $"{Addresses4} 02 0002 C328")).Authority);

    // The checksum of the octets written here, computed bit by bit below: an independent statement of section 2.2.3.
    [Fact]
    public void A_right_checksum_is_accepted_and_a_wrong_one_refused()
    {
        var octets = Octets(WithLength($"{Signature} 21 11", $"{Addresses4} 03 0004 00000000 04 0001 00"));
        var checksum = SlowCrc32C(octets);
        for (var i = 0; i < 4; i++)
        {
            octets[31 + i] = (byte)(checksum >> (24 - (8 * i)));
        }
        Assert.Equal(ProxyHeaderStatus.Complete, Read(octets).Status);

        for (var i = 16; i < octets.Length; i++)
        {
            if (i is >= 28 and < 31 or 35 or 36 or 37)
            {
                continue; // types and lengths: another fault or none
            }
            var damaged = octets.ToArray();
            damaged[i] ^= 0x10;
            Assert.Equal(ProxyHeaderStatus.WrongChecksum, Read(damaged).Status);
        }
    }

    [Fact]
    public void The_checksum_of_the_specifications_polynomial_is_castagnolis() =>
        Assert.Equal(0xE3069283u, SlowCrc32C("123456789"u8.ToArray())); // RFC 3720, appendix B.4's usual check value

    [Theory]
    [InlineData("50524F5859205443503420", ProxyHeaderStatus.NoHeader)] // "PROXY TCP4 ": version 1
    [InlineData("0000001F00000009", ProxyHeaderStatus.NoHeader)] // a bind without a header
    [InlineData("0D0A0D0A000D0A515549540B", ProxyHeaderStatus.NoHeader)]
    [InlineData("0D0A0D0A000D0A515549540A 11", ProxyHeaderStatus.Unsupported)] // version 1 in binary
    [InlineData("0D0A0D0A000D0A515549540A 22", ProxyHeaderStatus.Unsupported)] // an unassigned command
    [InlineData("0D0A0D0A000D0A515549540A 21 11 FFFF", ProxyHeaderStatus.TooLong)] // told before it comes
    [InlineData("0D0A0D0A000D0A515549540A 21 11 000B C0A80114 0A000001 DC04 0A", ProxyHeaderStatus.Malformed)]
    [InlineData("0D0A0D0A000D0A515549540A 21 21 000C C0A80114 0A000001 DC04 0AD7", ProxyHeaderStatus.Malformed)]
    [InlineData("0D0A0D0A000D0A515549540A 21 11 000E C0A80114 0A000001 DC04 0AD7 0100", ProxyHeaderStatus.Malformed)]
    [InlineData("0D0A0D0A000D0A515549540A 21 11 0010 C0A80114 0A000001 DC04 0AD7 01000200", ProxyHeaderStatus.Malformed)]
    [InlineData("0D0A0D0A000D0A515549540A 21 11 0011 C0A80114 0A000001 DC04 0AD7 0300020000", ProxyHeaderStatus.Malformed)]
    public void What_is_no_header_is_told_as_such(string hex, ProxyHeaderStatus expected)
    {
        var octets = Octets(hex);
        var (status, header, rest) = Read(octets);
        Assert.Equal(expected, status);
        Assert.Null(header);
        Assert.Equal(octets.Length, rest);
    }

    [Fact]
    public void Every_beginning_needs_more_and_what_follows_is_left()
    {
        var octets = Octets(WithLength($"{Signature} 21 11", $"{Addresses4} 02 0002 4142"));
        for (var length = 0; length < octets.Length; length++)
        {
            Assert.Equal((ProxyHeaderStatus.NeedMore, length), (Read(octets[..length]).Status, (int)Read(octets[..length]).Left));
        }
        var (status, header, rest) = Read([.. octets, 1, 2, 3]);
        Assert.Equal((ProxyHeaderStatus.Complete, octets.Length, 3L), (status, header!.Length, rest));
    }

    [Fact]
    public void A_cut_anywhere_gives_the_same_header()
    {
        var octets = Octets(WithLength($"{Signature} 21 21", $"{Addresses6} 02 0002 4142"));
        var whole = Read(octets).Header;
        for (var cut = 0; cut <= octets.Length; cut++)
        {
            var buffer = Segments.Of(octets[..cut], octets[cut..]);
            Assert.Equal(
                ProxyHeaderStatus.Complete,
                ProxyHeaderReader.Read(ref buffer, ProxyHeaderReader.DefaultMaxLength, out var header)
            );
            Assert.Equal(whole, header);
        }
    }

    [Fact]
    public void No_octets_make_it_throw()
    {
        var random = new Random(20261121);
        for (var i = 0; i < 50_000; i++)
        {
            var octets = new byte[16 + random.Next(64)];
            random.NextBytes(octets);
            Octets(Signature).CopyTo(octets, 0);
            octets[12] = (byte)(0x20 | random.Next(2));
            octets[14] = 0;
            octets[15] = (byte)random.Next(64);
            var (status, header, rest) = Read(octets);
            Assert.Equal(status == ProxyHeaderStatus.Complete, header is not null);
            Assert.Equal(octets.Length - (header?.Length ?? 0), rest);
        }
    }

    static ProxyHeader Complete(string hex)
    {
        var octets = Octets(hex);
        var (status, header, rest) = Read(octets);
        Assert.Equal(ProxyHeaderStatus.Complete, status);
        Assert.Equal(0, rest);
        Assert.Equal(octets.Length, header!.Length);
        return header;
    }

    static (ProxyHeaderStatus Status, ProxyHeader? Header, long Left) Read(byte[] octets)
    {
        var buffer = new ReadOnlySequence<byte>(octets);
        var status = ProxyHeaderReader.Read(ref buffer, ProxyHeaderReader.DefaultMaxLength, out var header);
        return (status, header, buffer.Length);
    }

    static string WithLength(string start, string rest) => $"{start} {Octets(rest).Length:X4} {rest}";

    static byte[] Octets(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    static uint SlowCrc32C(byte[] octets)
    {
        var crc = uint.MaxValue;
        foreach (var octet in octets)
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
            }
        }
        return ~crc;
    }
}
