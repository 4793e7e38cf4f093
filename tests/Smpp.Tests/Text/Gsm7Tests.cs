using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class Gsm7Tests
{
    // 3GPP TS 23.038 section 6.2.1, column by column, by Unicode name's code point.
    static readonly int[] table =
    [
        0x40,
        0xA3,
        0x24,
        0xA5,
        0xE8,
        0xE9,
        0xF9,
        0xEC,
        0xF2,
        0xC7,
        0x0A,
        0xD8,
        0xF8,
        0x0D,
        0xC5,
        0xE5,
        0x394,
        0x5F,
        0x3A6,
        0x393,
        0x39B,
        0x3A9,
        0x3A0,
        0x3A8,
        0x3A3,
        0x398,
        0x39E,
        -1,
        0xC6,
        0xE6,
        0xDF,
        0xC9,
        0x20,
        0x21,
        0x22,
        0x23,
        0xA4,
        0x25,
        0x26,
        0x27,
        0x28,
        0x29,
        0x2A,
        0x2B,
        0x2C,
        0x2D,
        0x2E,
        0x2F,
        0x30,
        0x31,
        0x32,
        0x33,
        0x34,
        0x35,
        0x36,
        0x37,
        0x38,
        0x39,
        0x3A,
        0x3B,
        0x3C,
        0x3D,
        0x3E,
        0x3F,
        0xA1,
        0x41,
        0x42,
        0x43,
        0x44,
        0x45,
        0x46,
        0x47,
        0x48,
        0x49,
        0x4A,
        0x4B,
        0x4C,
        0x4D,
        0x4E,
        0x4F,
        0x50,
        0x51,
        0x52,
        0x53,
        0x54,
        0x55,
        0x56,
        0x57,
        0x58,
        0x59,
        0x5A,
        0xC4,
        0xD6,
        0xD1,
        0xDC,
        0xA7,
        0xBF,
        0x61,
        0x62,
        0x63,
        0x64,
        0x65,
        0x66,
        0x67,
        0x68,
        0x69,
        0x6A,
        0x6B,
        0x6C,
        0x6D,
        0x6E,
        0x6F,
        0x70,
        0x71,
        0x72,
        0x73,
        0x74,
        0x75,
        0x76,
        0x77,
        0x78,
        0x79,
        0x7A,
        0xE4,
        0xF6,
        0xF1,
        0xFC,
        0xE0,
    ];

    static readonly (byte Code, int Character)[] extension =
    [
        (0x0A, 0x0C),
        (0x14, 0x5E),
        (0x28, 0x7B),
        (0x29, 0x7D),
        (0x2F, 0x5C),
        (0x3C, 0x5B),
        (0x3D, 0x7E),
        (0x3E, 0x5D),
        (0x40, 0x7C),
        (0x65, 0x20AC),
    ];

    [Fact]
    public void All_basic_characters_have_the_standards_code()
    {
        Assert.Equal(128, table.Length);
        for (var code = 0; code < table.Length; code++)
        {
            if (table[code] >= 0)
            {
                var text = ((char)table[code]).ToString();
                Assert.Equal([(byte)code], Gsm7.Encode(text));
                Assert.Equal(text, Gsm7.Decode([(byte)code]));
                Assert.Equal(1, Gsm7.CountSeptets(text));
            }
        }
    }

    [Fact]
    public void The_ten_extended_characters_take_an_escape()
    {
        Assert.Equal(10, extension.Length);
        foreach (var (code, character) in extension)
        {
            var text = ((char)character).ToString();
            Assert.Equal([0x1B, code], Gsm7.Encode(text));
            Assert.Equal(text, Gsm7.Decode([0x1B, code]));
            Assert.Equal(2, Gsm7.CountSeptets(text));
        }
    }

    [Fact]
    public void No_other_character_of_the_basic_plane_is_in_the_alphabet()
    {
        var known = table.Concat(extension.Select(pair => pair.Character)).ToHashSet();
        for (var character = 0; character <= 0xFFFF; character++)
        {
            Assert.Equal(known.Contains(character), Gsm7.SeptetsOf((char)character) > 0);
        }
    }

    [Fact]
    public void The_at_sign_is_code_zero_and_no_end_of_text() => Assert.Equal("a@b", Gsm7.Decode([0x61, 0x00, 0x62]));

    [Theory]
    [InlineData("1B", " ")]
    [InlineData("611B", "a ")]
    [InlineData("1B61", " a")]
    [InlineData("1B1B65", " €")]
    [InlineData("80", "\uFFFD")]
    public void What_has_no_character_still_decodes(string hex, string expected) =>
        Assert.Equal(expected, Gsm7.Decode(Convert.FromHexString(hex)));

    [Fact]
    public void An_unknown_character_becomes_a_question_mark() => Assert.Equal("a?b"u8.ToArray(), Gsm7.Encode("aЖb"));
}
