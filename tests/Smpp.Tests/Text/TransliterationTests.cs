using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class TransliterationTests
{
    [Theory]
    [InlineData("“Don’t” – he said…", "\"Don't\" - he said...")]
    [InlineData("a\u00A0b\u2009c\u200Bd\uFEFF", "a b cd")]
    [InlineData("Crème brûlée, ça va, São Paulo", "Crème brulée, ca va, Sao Paulo")]
    [InlineData("Cre\u0301me bru\u0302le\u0301e", "Créme brulée")] // combining marks
    [InlineData("œuf ﬁn Œuvre ĳs", "oeuf fin OEuvre ijs")]
    [InlineData("Łódź, Đà Nẵng, İstanbul’da", "Lodz, Dà Nang, Istanbul'da")]
    [InlineData("½ × 2 ≤ 3 ™ №", "1/2 x 2 <= 3 TM No")]
    [InlineData("Ｈｅｌｌｏ！", "Hello!")]
    [InlineData("Καλημέρα", "KAΛHMEPA")]
    [InlineData("ß Ä ñ à @ € [ü]", "ß Ä ñ à @ € [ü]")]
    [InlineData("\tx\u2028y", " x\ny")]
    [InlineData("\u0301x", "x")]
    public void What_reads_alike_replaces_what_the_alphabet_has_not(string text, string expected)
    {
        var result = Transliteration.ToGsm7(text);
        Assert.Equal(expected, result.Text);
        Assert.True(result.IsEncodable);
        Assert.True(SmppEncoding.Gsm7Bit.CanEncode(result.Text));
    }

    [Fact]
    public void Every_change_is_reported_where_it_was_made()
    {
        var result = Transliteration.ToGsm7("a“b\u200Bc😀e\u0302 Ж");
        Assert.Equal("a\"bc😀e Ж", result.Text);
        Assert.Equal(
            [new(1, "“", "\""), new(3, "\u200B", ""), new(5, "😀", null), new(7, "e\u0302", "e"), new(10, "Ж", null)],
            result.Replacements
        );
        Assert.False(result.IsEncodable);
    }

    [Fact]
    public void What_the_alphabet_has_stays()
    {
        const string Turkish = "Şığ";
        Assert.Equal("Sig", Transliteration.ToGsm7(Turkish).Text);
        var national = Transliteration.ToGsm7(Turkish, Gsm7Alphabet.Get(NationalLanguage.Default, NationalLanguage.Turkish));
        Assert.Same(Turkish, national.Text);
        Assert.Empty(national.Replacements);
    }

    [Fact]
    public void Every_character_of_the_basic_plane_is_kept_or_reported_and_its_replacement_is_in_the_alphabet()
    {
        for (var character = 0; character <= 0xFFFF; character++)
        {
            var text = ((char)character).ToString();
            var result = Transliteration.ToGsm7(text);
            if (Gsm7.SeptetsOf((char)character) > 0)
            {
                Assert.Empty(result.Replacements);
                continue;
            }
            var replacement = Assert.Single(result.Replacements);
            Assert.Equal((0, text, result.Text), (replacement.Index, replacement.Original, replacement.With ?? text));
            Assert.True(replacement.With is null || Gsm7.CountSeptets(replacement.With) >= 0);
        }
    }

    [Fact]
    public void The_replacements_account_for_the_whole_difference() =>
        Texts.Hold(
            Texts.Of("a", "é", "ê", "“", "😀", "\uD83D", "\u0301", "\u200B", "Ж", "ﬃ", "€"),
            text =>
            {
                var result = Transliteration.ToGsm7(text);
                var rebuilt = text;
                foreach (var (index, original, with) in result.Replacements.Reverse())
                {
                    Assert.Equal(original, rebuilt.Substring(index, original.Length));
                    rebuilt = rebuilt[..index] + (with ?? original) + rebuilt[(index + original.Length)..];
                }
                Assert.Equal(rebuilt, result.Text);
                return result.IsEncodable == (Gsm7.CountSeptets(result.Text) >= 0);
            }
        );
}
