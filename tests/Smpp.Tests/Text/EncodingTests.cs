using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class EncodingTests
{
    [Theory]
    [InlineData(0x00, "latin1")]
    [InlineData(0x01, "ascii")]
    [InlineData(0x02, "octets")]
    [InlineData(0x03, "latin1")]
    [InlineData(0x04, "octets")]
    [InlineData(0x08, "ucs2")]
    [InlineData(0xC8, "gsm7")]
    [InlineData(0xE8, "ucs2")]
    [InlineData(0xF0, "gsm7")]
    [InlineData(0xF1, "gsm7")]
    [InlineData(0xF5, "octets")]
    public void A_data_coding_names_its_encoding(byte dataCoding, string expected) =>
        Assert.Equal(expected, SmppEncoding.FromDataCoding(dataCoding, SmppEncoding.Latin1).Name);

    [Fact]
    public void Every_character_survives_ucs2()
    {
        for (var scalar = 0; scalar <= 0x10FFFF; scalar += scalar is > 0xD700 and < 0xE000 ? 1 : 37)
        {
            if (scalar is >= 0xD800 and <= 0xDFFF)
            {
                continue;
            }
            var text = char.ConvertFromUtf32(scalar);
            Assert.Equal(text, SmppEncoding.Ucs2.Decode(SmppEncoding.Ucs2.Encode(text)));
        }
        Assert.Equal([0xD8, 0x3D, 0xDE, 0x00], SmppEncoding.Ucs2.Encode("😀"));
    }

    [Theory]
    [InlineData("hello @ €", "gsm7")]
    [InlineData("", "gsm7")]
    [InlineData("привет", "ucs2")]
    [InlineData("ê", "ucs2")] // Latin-1 has it, the GSM alphabet has not
    public void A_text_travels_in_the_narrowest_alphabet(string text, string expected) =>
        Assert.Equal(expected, MessageText.Choose(text).Name);

    [Fact]
    public void Latin1_knows_its_limits()
    {
        Assert.True(SmppEncoding.Latin1.CanEncode("ÿ"));
        Assert.False(SmppEncoding.Latin1.CanEncode("€"));
        Assert.True(SmppEncoding.Ascii.CanEncode("a"));
        Assert.False(SmppEncoding.Ascii.CanEncode("é"));
    }
}
