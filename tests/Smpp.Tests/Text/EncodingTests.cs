using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class EncodingTests
{
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
    public void One_octet_sets_know_their_limits()
    {
        Assert.True(SmppEncoding.Latin1.CanEncode("ÿ"));
        Assert.False(SmppEncoding.Latin1.CanEncode("€"));
        Assert.True(SmppEncoding.Ascii.CanEncode("a"));
        Assert.False(SmppEncoding.Ascii.CanEncode("é"));
        Assert.True(SmppEncoding.Cyrillic.CanEncode("Привет, №1"));
        Assert.False(SmppEncoding.Cyrillic.CanEncode("Ґ"));
        Assert.True(SmppEncoding.Hebrew.CanEncode("שלום"));
        Assert.False(SmppEncoding.Hebrew.CanEncode("é"));
        Assert.False(SmppEncoding.Octets.CanEncode("a"));
    }

    // An unpaired surrogate is no UTF-16: it is said beforehand, and becomes U+FFFD rather than being passed on.
    [Fact]
    public void An_unpaired_surrogate_becomes_the_replacement_character()
    {
        (string, string)[] cases =
        [
            ("a\uD83Db", "a\uFFFDb"),
            ("\uDE00\uD83D", "\uFFFD\uFFFD"),
            ("\uD83D\uD83D\uDE00", "\uFFFD😀"),
            ("😀\uDE00", "😀\uFFFD"),
        ];
        foreach (var (text, expected) in cases)
        {
            Assert.False(SmppEncoding.Ucs2.CanEncode(text));
            Assert.True(SmppEncoding.Ucs2.CanEncode(expected));
            Assert.Equal(expected, SmppEncoding.Ucs2.Decode(SmppEncoding.Ucs2.Encode(text)));
            var raw = text.SelectMany(unit => new[] { (byte)(unit >> 8), (byte)unit }).ToArray();
            Assert.Equal(expected, SmppEncoding.Ucs2.Decode(raw));
        }
    }

    [Fact]
    public void A_last_octet_without_its_second_becomes_the_replacement_character() =>
        Assert.Equal("a\uFFFD", SmppEncoding.Ucs2.Decode([0, 0x61, 0]));

    // The tables of .NET are another transcription of the same standards.
    [Theory]
    [InlineData("cyrillic", 28595)]
    [InlineData("hebrew", 28598)]
    public void The_upper_half_is_the_standards(string name, int codePage)
    {
        var encoding = name == "cyrillic" ? SmppEncoding.Cyrillic : SmppEncoding.Hebrew;
        var reference = System.Text.CodePagesEncodingProvider.Instance.GetEncoding(codePage)!;
        for (var octet = 0; octet <= 0xFF; octet++)
        {
            var expected = reference.GetString([(byte)octet]);
            // .NET shows codes without a character as private ones.
            expected = expected[0] is >= '\uE000' and <= '\uF8FF' ? "\uFFFD" : expected;
            // .NET has ISO 8859-8 of 1988; the edition of 1999 made the overline a macron and added the two direction marks.
            expected = (name, octet) switch
            {
                ("hebrew", 0xAF) => "\u00AF",
                ("hebrew", 0xFD) => "\u200E",
                ("hebrew", 0xFE) => "\u200F",
                _ => expected,
            };
            Assert.Equal((octet, expected), (octet, encoding.Decode([(byte)octet])));
            Assert.Equal(expected == "\uFFFD" ? [(byte)'?'] : [(byte)octet], encoding.Encode(expected));
        }
    }

    [Fact]
    public void A_character_without_a_code_is_one_question_mark()
    {
        SmppEncoding[] narrow =
        [
            SmppEncoding.Ascii,
            SmppEncoding.Latin1,
            SmppEncoding.Cyrillic,
            SmppEncoding.Hebrew,
            SmppEncoding.Gsm7Bit,
            SmppEncoding.Octets,
        ];
        foreach (var encoding in narrow)
        {
            Assert.Equal("a??b"u8.ToArray(), encoding.Encode("a😀日b"));
        }
    }

    [Fact]
    public void Whatever_can_be_encoded_survives_and_whatever_comes_decodes()
    {
        SmppEncoding[] all =
        [
            SmppEncoding.Gsm7Bit,
            SmppEncoding.Ascii,
            SmppEncoding.Latin1,
            SmppEncoding.Cyrillic,
            SmppEncoding.Hebrew,
            SmppEncoding.Ucs2,
        ];
        foreach (var encoding in all)
        {
            Texts.Hold(
                Texts.Of("a", "?", "é", "ж", "ש", "😀", "€", "\u0085"),
                text => !encoding.CanEncode(text) || encoding.Decode(encoding.Encode(text)) == text
            );
            Texts.Hold(Texts.Octets, octets => encoding.Decode(octets).Length <= octets.Length);
        }
    }
}
