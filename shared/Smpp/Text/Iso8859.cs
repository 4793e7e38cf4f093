using System.Collections.Frozen;

namespace Smpp.Text;

/// <summary>A part of ISO 8859 whose lower half is ASCII and C1: the upper half, 0xA0 to 0xFF, as one string of 96 characters.</summary>
sealed class Iso8859
{
    const int Upper = 0xA0;

    // ISO/IEC 8859-5:1999.
    const string CyrillicUpper =
        "\u00A0ЁЂЃЄЅІЇЈЉЊЋЌ\u00ADЎЏ"
        + "АБВГДЕЖЗИЙКЛМНОП"
        + "РСТУФХЦЧШЩЪЫЬЭЮЯ"
        + "абвгдежзийклмноп"
        + "рстуфхцчшщъыьэюя"
        + "№ёђѓєѕіїјљњћќ§ўџ";

    // ISO/IEC 8859-8:1999; U+FFFD where it has no character.
    const string HebrewUpper =
        "\u00A0\uFFFD¢£¤¥¦§¨©×«¬\u00AD®¯"
        + "°±²³´µ¶·¸¹÷»¼½¾\uFFFD"
        + "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"
        + "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\u2017"
        + "\u05D0\u05D1\u05D2\u05D3\u05D4\u05D5\u05D6\u05D7\u05D8\u05D9\u05DA\u05DB\u05DC\u05DD\u05DE\u05DF"
        + "\u05E0\u05E1\u05E2\u05E3\u05E4\u05E5\u05E6\u05E7\u05E8\u05E9\u05EA\uFFFD\uFFFD\u200E\u200F\uFFFD";

    readonly string upper;
    readonly FrozenDictionary<char, byte> codes;

    Iso8859(string upper)
    {
        this.upper = upper;
        codes = upper
            .Select((character, index) => (Character: character, Code: (byte)(Upper + index)))
            .Where(pair => pair.Character != '\uFFFD')
            .ToFrozenDictionary(pair => pair.Character, pair => pair.Code);
    }

    public static Iso8859 Cyrillic { get; } = new(CyrillicUpper);

    public static Iso8859 Hebrew { get; } = new(HebrewUpper);

    public bool CanEncode(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (character >= Upper && !codes.ContainsKey(character))
            {
                return false;
            }
        }
        return true;
    }

    // One '?' for a character without a code, also for one of two UTF-16 units.
    public byte[] Encode(ReadOnlySpan<char> text)
    {
        var octets = new byte[text.Length];
        var position = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            octets[position++] =
                character < Upper ? (byte)character
                : codes.TryGetValue(character, out var code) ? code
                : (byte)'?';
            i += i + 1 < text.Length && char.IsSurrogatePair(character, text[i + 1]) ? 1 : 0;
        }
        return position == octets.Length ? octets : octets[..position];
    }

    public string Decode(ReadOnlySpan<byte> octets) =>
        string.Create(
            octets.Length,
            octets,
            (characters, octets) =>
            {
                for (var i = 0; i < octets.Length; i++)
                {
                    characters[i] = octets[i] < Upper ? (char)octets[i] : upper[octets[i] - Upper];
                }
            }
        );
}
