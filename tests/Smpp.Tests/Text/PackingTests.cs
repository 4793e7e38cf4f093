using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class PackingTests
{
    [Theory]
    [InlineData("hello", 0, "E8329BFD06")]
    [InlineData("hellohello", 0, "E8329BFD4697D9EC37")]
    [InlineData("How are you?", 0, "C8F71D14969741F977FD07")]
    [InlineData("@@@@@@@@", 0, "00000000000000")]
    [InlineData("a", 1, "C2")]
    public void Known_texts_pack_to_known_octets(string text, int fillBits, string hex)
    {
        var septets = Gsm7.Encode(text);
        var packed = Gsm7.Pack(septets, fillBits);
        Assert.Equal(hex, Convert.ToHexString(packed));
        Assert.Equal(Reference(septets, fillBits), Convert.ToHexString(packed));
        Assert.Equal(text, Gsm7.Decode(Gsm7.Unpack(packed, septets.Length, fillBits)));
    }

    // 3GPP TS 23.040 section 9.2.3.24: header octets, and the bits to the next septet.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 3)]
    [InlineData(6, 1)]
    [InlineData(7, 0)]
    [InlineData(9, 5)]
    [InlineData(12, 2)]
    [InlineData(14, 0)]
    public void The_text_begins_on_a_septet_boundary(int headerOctets, int expected)
    {
        Assert.Equal(expected, Gsm7.FillBits(headerOctets));
        Assert.Equal(0, (headerOctets * 8 + expected) % 7);
    }

    [Fact]
    public void What_is_packed_unpacks_with_any_fill_bits()
    {
        Texts.Hold(
            Texts.Octets,
            octets =>
            {
                var septets = octets.Select(octet => (byte)(octet & 0x7F)).ToArray();
                for (var fillBits = 0; fillBits < 7; fillBits++)
                {
                    var packed = Gsm7.Pack(octets, fillBits);
                    Assert.Equal(Reference(septets, fillBits), Convert.ToHexString(packed));
                    Assert.Equal(Gsm7.PackedLength(septets.Length, fillBits), packed.Length);
                    Assert.Equal(septets, Gsm7.Unpack(packed, septets.Length, fillBits));
                    Assert.True(Gsm7.Unpack(packed, int.MaxValue, fillBits).Length >= septets.Length);
                }
                return true;
            }
        );
    }

    [Theory]
    [InlineData("1234567", "1234567")] // seven spare bits: nothing
    [InlineData("1234567@", "1234567")] // the one text that reads the same
    [InlineData("12345678", "12345678")]
    [InlineData("123456@", "123456@")]
    [InlineData("", "")]
    public void Spare_bits_are_no_at_sign(string text, string expected) =>
        Assert.Equal(expected, Gsm7.Decode(Gsm7.UnpackAll(Gsm7.Pack(Gsm7.Encode(text)))));

    [Fact]
    public void There_are_at_most_six_fill_bits()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Gsm7.Pack([1], 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gsm7.Unpack([1], 1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gsm7.Unpack([1], -1));
        Assert.Empty(Gsm7.Unpack([], 5, 6));
    }

    // The slow way: a string of bits, each septet's lowest first, cut into octets.
    static string Reference(byte[] septets, int fillBits)
    {
        var bits = Enumerable
            .Repeat(0, fillBits)
            .Concat(septets.SelectMany(septet => Enumerable.Range(0, 7).Select(bit => septet >> bit & 1)));
        return Convert.ToHexString([.. bits.Chunk(8).Select(octet => (byte)octet.Select((bit, place) => bit << place).Sum())]);
    }
}
