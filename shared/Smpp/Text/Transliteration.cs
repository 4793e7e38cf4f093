using System.Text;

namespace Smpp.Text;

/// <summary>One place where a text was changed, or could not be.</summary>
/// <param name="Index">Where in the original text, in UTF-16 units.</param>
/// <param name="Original">What stood there: a character with its combining marks.</param>
/// <param name="With">What stands there now, empty for what is invisible; null when nothing fits and the original was left.</param>
public readonly record struct Replacement(int Index, string Original, string? With);

/// <summary>A transliterated text.</summary>
/// <param name="Text">The text; the original's instance when nothing was changed.</param>
/// <param name="Replacements">Every place that differs or could not be changed, in order.</param>
public sealed record TransliteratedText(string Text, IReadOnlyList<Replacement> Replacements)
{
    /// <summary>Whether the alphabet has every character of <see cref="Text"/> now.</summary>
    public bool IsEncodable => Replacements.All(replacement => replacement.With is not null);
}

/// <summary>
/// Replaces what a GSM 7-bit alphabet does not have by what reads alike in it, so that a text need not travel as UCS-2 in twice the parts:
/// typographic quotes, dashes and spaces, ligatures, accents, full-width forms, Greek by its capitals. Other scripts and emoji are left: whoever
/// reads them wants them. Optional, and never silent: each change is reported, and so is what could not be changed.
/// </summary>
public static partial class Transliteration
{
    /// <summary>Transliterates.</summary>
    /// <param name="text">The text.</param>
    /// <param name="alphabet">The alphabet; null for the default one. What it has is never replaced.</param>
    public static TransliteratedText ToGsm7(string text, Gsm7Alphabet? alphabet = null)
    {
        alphabet ??= Gsm7Alphabet.Default;
        if (alphabet.CountSeptets(text) >= 0)
        {
            return new TransliteratedText(text, []);
        }
        var result = new StringBuilder(text.Length + 8);
        var replaced = new List<Replacement>();
        for (var i = 0; i < text.Length; )
        {
            var length = LengthAt(text, i);
            if (length == 1 && alphabet.SeptetsOf(text[i]) > 0)
            {
                result.Append(text[i++]);
                continue;
            }
            var original = text.Substring(i, length);
            var with = Replace(original, alphabet);
            replaced.Add(new Replacement(i, original, with));
            result.Append(with ?? original);
            i += length;
        }
        return new TransliteratedText(replaced.TrueForAll(replacement => replacement.With is null) ? text : result.ToString(), replaced);
    }

    // A character, its low surrogate, and the combining marks behind it.
    static int LengthAt(string text, int start)
    {
        var end = start + (start + 1 < text.Length && char.IsSurrogatePair(text[start], text[start + 1]) ? 2 : 1);
        while (end < text.Length && IsCombining(text[end]))
        {
            end++;
        }
        return end - start;
    }

    static bool IsCombining(char character) => character is >= '\u0300' and <= '\u036F';

    static string? Replace(string original, Gsm7Alphabet alphabet)
    {
        if (char.IsSurrogate(original[0]))
        {
            return null;
        }
        var character = original[0];
        var marks = original.AsSpan(1);
        while (!marks.IsEmpty && composed.TryGetValue((character, marks[0]), out var whole))
        {
            character = whole;
            marks = marks[1..];
        }
        // Marks that are left are dropped: the letter without them is what the table would give.
        if (alphabet.SeptetsOf(character) > 0)
        {
            return character.ToString();
        }
        // U+FF01 to U+FF5E are ASCII in full width.
        var with = character is >= '\uFF01' and <= '\uFF5E'
            ? ((char)(character - '\uFF01' + '!')).ToString()
            : replacements.GetValueOrDefault(character);
        if (with is null && IsCombining(character))
        {
            with = ""; // a mark with nothing before it that could carry it
        }
        return with is not null && alphabet.CountSeptets(with) >= 0 ? with : null;
    }
}
