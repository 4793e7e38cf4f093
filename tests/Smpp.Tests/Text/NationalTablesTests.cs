using System.Globalization;
using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class NationalTablesTests
{
    public static TheoryData<NationalLanguage> Languages => [.. Enum.GetValues<NationalLanguage>()];

    [Theory]
    [MemberData(nameof(Languages))]
    public void Every_code_of_both_tables_is_as_the_standard_prints_it(NationalLanguage language)
    {
        if (NationalTableSheets.Locking[(int)language] is { } locking)
        {
            AssertTable(locking, NationalTables.Locking(language));
        }
        else
        {
            Assert.Same(NationalTables.Locking(NationalLanguage.Default), NationalTables.Locking(language));
        }
        AssertTable(NationalTableSheets.Single[(int)language]!, NationalTables.Single(language));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void Every_character_of_a_language_survives_in_its_alphabet_and_takes_one_or_two_septets(NationalLanguage language)
    {
        var alphabet = Gsm7Alphabet.Get(language, language);
        var characters = (NationalTables.Locking(language) + NationalTables.Single(language))
            .Where(c => c is not ('\0' or '\u001B'))
            .ToHashSet();
        Assert.True(characters.Count >= 128);
        foreach (var character in characters)
        {
            var text = character.ToString();
            var octets = alphabet.Encode(text);
            Assert.Equal(alphabet.SeptetsOf(character), octets.Length);
            Assert.Equal(NationalTables.Locking(language).Contains(character, StringComparison.Ordinal) ? 1 : 2, octets.Length);
            Assert.Equal(text, alphabet.Decode(octets));
        }
        var whole = new string([.. characters]);
        Assert.Equal(whole, alphabet.Decode(alphabet.Encode(whole)));
        var wrong = Enumerable.Range(0, 0x10000).Where(unit => characters.Contains((char)unit) != alphabet.SeptetsOf((char)unit) > 0);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_pair_of_tables_decodes_any_octets_and_has_a_question_mark()
    {
        var octets = Enumerable.Range(0, 256).SelectMany(code => new byte[] { (byte)code, 0x1B, (byte)code }).ToArray();
        foreach (var locking in Enum.GetValues<NationalLanguage>())
        {
            foreach (var single in Enum.GetValues<NationalLanguage>())
            {
                var alphabet = Gsm7Alphabet.Get(locking, single);
                Assert.DoesNotContain('\0', alphabet.Decode(octets));
                Assert.Equal("?"u8.ToArray(), alphabet.Encode("?"));
                Assert.Same(alphabet, Gsm7Alphabet.Get(locking, single));
            }
        }
    }

    [Theory]
    [InlineData(NationalLanguage.Turkish, "Şığ", "1C")] // Ş is in the locking table
    [InlineData(NationalLanguage.Turkish, "ı", "07")]
    [InlineData(NationalLanguage.Portuguese, "ãõ", "7B7C")]
    [InlineData(NationalLanguage.Hindi, "न", "2F")]
    [InlineData(NationalLanguage.Urdu, "ا", "00")]
    [InlineData(NationalLanguage.Kannada, "ಡ", "24")] // the print's slip: see NationalTables
    [InlineData(NationalLanguage.Kannada, "ಪ", "3D")]
    public void Known_characters_have_known_codes(NationalLanguage language, string text, string beginning) =>
        Assert.StartsWith(beginning, Convert.ToHexString(Gsm7Alphabet.Get(language, language).Encode(text)), StringComparison.Ordinal);

    [Fact]
    public void A_header_announces_the_alphabet_and_is_read_back()
    {
        Assert.True(Gsm7Alphabet.Default.Header.IsEmpty);
        foreach (var locking in Enum.GetValues<NationalLanguage>())
        {
            foreach (var single in Enum.GetValues<NationalLanguage>())
            {
                var alphabet = Gsm7Alphabet.Get(locking, single);
                Assert.Equal(alphabet.HeaderLength, alphabet.Header.Length);
                byte[] content = [(byte)alphabet.Header.Length, .. alphabet.Header.Span];
                Assert.True(UserDataHeader.TryParse(content, out var header));
                Assert.Same(alphabet, header!.Alphabet);
            }
        }
    }

    [Theory]
    [InlineData("03240103" + "1B65")] // a known table
    [InlineData("0324010E" + "1B65")] // a reserved one: the default
    [InlineData("03250102" + "1B65")] // Spanish has no locking table: the default
    public void Unknown_tables_are_the_default_ones(string hex)
    {
        Assert.True(UserDataHeader.TryParse(Convert.FromHexString(hex), out var header));
        Assert.Equal("€", header!.Alphabet.Decode([0x1B, 0x65]));
    }

    [Fact]
    public void The_alphabet_with_the_fewest_parts_is_found()
    {
        Assert.Same(Gsm7Alphabet.Default, Gsm7Alphabet.Fewest("hello", NationalLanguage.Turkish));
        Assert.Null(Gsm7Alphabet.Fewest("привет", NationalLanguage.Turkish, NationalLanguage.Hindi));
        Assert.Null(Gsm7Alphabet.Fewest("ş"));
        Assert.Equal("Default, single shift Turkish", Gsm7Alphabet.Fewest("kuş", NationalLanguage.Turkish)!.ToString());
        // 100 ş: 200 septets with an escape each, 100 in the locking table.
        Assert.Equal("Turkish", Gsm7Alphabet.Fewest(new string('ş', 100), NationalLanguage.Turkish)!.ToString());
        Assert.Equal("Hindi", Gsm7Alphabet.Fewest("नमस्ते ABC", NationalLanguage.Urdu, NationalLanguage.Hindi)!.ToString());
    }

    static void AssertTable(string sheet, string table)
    {
        var rows = sheet.Split('\n').Select(row => row.Split(' ')).ToArray();
        Assert.Equal(16, rows.Length);
        Assert.Equal(128, table.Length);
        for (var code = 0; code < 128; code++)
        {
            var cell = rows[code & 15][code >> 4];
            var expected = cell == "-" ? '\0' : (char)int.Parse(cell, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Assert.True(expected == table[code], $"0x{code:X2}: {cell} is U+{(int)table[code]:X4}");
        }
    }
}
