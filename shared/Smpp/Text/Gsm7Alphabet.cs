using System.Collections.Frozen;

namespace Smpp.Text;

/// <summary>
/// A GSM 7-bit alphabet: a locking shift table and a single shift table of 3GPP TS 23.038, one septet to an octet as SMPP carries it.
/// <see cref="Default"/> has the default alphabet with its extension table; the national ones are told to the handset by elements 0x25 and
/// 0x24 of the user data header (<see cref="Header"/>).
/// </summary>
public sealed class Gsm7Alphabet
{
    /// <summary>The code before one of the single shift table.</summary>
    internal const byte Escape = 0x1B;

    const int Languages = (int)NationalLanguage.Urdu + 1;

    // In a character's code: it is one of the single shift table. And: there is none.
    const ushort Shifted = 0x100;
    const ushort NoCode = 0xFFFF;

    // 14 x 14, each made when first asked for: nearly all are never.
    static readonly Gsm7Alphabet?[] all = new Gsm7Alphabet?[Languages * Languages];

    readonly string basic;
    readonly string shifted;

    // Nearly all traffic is below U+0080: one array look-up for it.
    readonly ushort[] ascii = new ushort[0x80];
    readonly FrozenDictionary<char, ushort> codes;

    Gsm7Alphabet(NationalLanguage locking, NationalLanguage single)
    {
        (Locking, Single) = (locking, single);
        (basic, shifted) = (NationalTables.Locking(locking), NationalTables.Single(single));
        var found = new Dictionary<char, ushort>();
        // One septet before two, and the lower code where a table has a character twice.
        Collect(basic, 0);
        Collect(shifted, Shifted);
        codes = found.ToFrozenDictionary();
        for (var character = 0; character < ascii.Length; character++)
        {
            ascii[character] = codes.GetValueOrDefault((char)character, NoCode);
        }

        void Collect(string table, ushort flag)
        {
            for (var code = 0; code < NationalTables.Size; code++)
            {
                if (code != Escape && table[code] != NationalTables.None)
                {
                    found.TryAdd(table[code], (ushort)(code | flag));
                }
            }
        }
    }

    /// <summary>The default alphabet with its extension table, sections 6.2.1 and 6.2.1.1: no header announces it.</summary>
    public static Gsm7Alphabet Default { get; } = Get(NationalLanguage.Default, NationalLanguage.Default);

    /// <summary>The language of the locking shift table.</summary>
    public NationalLanguage Locking { get; }

    /// <summary>The language of the single shift table.</summary>
    public NationalLanguage Single { get; }

    /// <summary>
    /// The elements of a user data header that announce this alphabet, without the header's length octet: nothing for the default one, 3
    /// octets for each national table (3GPP TS 23.040 sections 9.2.3.24.15 and 9.2.3.24.16).
    /// </summary>
    public ReadOnlyMemory<byte> Header =>
        (Locking, Single) switch
        {
            (NationalLanguage.Default, NationalLanguage.Default) => default,
            (NationalLanguage.Default, _) => (byte[])[(byte)UserDataElementId.NationalSingleShift, 1, (byte)Single],
            (_, NationalLanguage.Default) => (byte[])[(byte)UserDataElementId.NationalLockingShift, 1, (byte)Locking],
            _ => (byte[])
                [
                    (byte)UserDataElementId.NationalSingleShift,
                    1,
                    (byte)Single,
                    (byte)UserDataElementId.NationalLockingShift,
                    1,
                    (byte)Locking,
                ],
        };

    /// <summary>Octets of <see cref="Header"/>.</summary>
    internal int HeaderLength => (Locking == NationalLanguage.Default ? 0 : 3) + (Single == NationalLanguage.Default ? 0 : 3);

    /// <summary>
    /// The alphabet of two tables. What no table is known for is taken as the default, as TS 23.038 asks of a receiver: identifiers from 14
    /// on, and a locking shift of Spanish.
    /// </summary>
    public static Gsm7Alphabet Get(NationalLanguage locking, NationalLanguage single)
    {
        locking = locking is > NationalLanguage.Urdu or NationalLanguage.Spanish ? NationalLanguage.Default : locking;
        single = single > NationalLanguage.Urdu ? NationalLanguage.Default : single;
        ref var alphabet = ref all[(int)locking * Languages + (int)single];
        // Two threads may make the same one; they are equal, and one of them stays.
        return Volatile.Read(ref alphabet) ?? Interlocked.CompareExchange(ref alphabet, new(locking, single), null) ?? alphabet;
    }

    /// <summary>
    /// The alphabet in which a text takes the fewest parts: the default one, or a language's single shift table, or both of its tables, or
    /// its locking shift table. Where two take as many, the one named first, as more handsets know it. Null when the text has a character
    /// that none of them has.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="languages">The languages that the handset can be expected to know; the default needs no mention.</param>
    public static Gsm7Alphabet? Fewest(ReadOnlySpan<char> text, params ReadOnlySpan<NationalLanguage> languages)
    {
        Gsm7Alphabet? best = null;
        var fewest = int.MaxValue;
        Try(text, Default, ref best, ref fewest);
        foreach (var language in languages)
        {
            Try(text, Get(NationalLanguage.Default, language), ref best, ref fewest);
            Try(text, Get(language, language), ref best, ref fewest);
            Try(text, Get(language, NationalLanguage.Default), ref best, ref fewest);
        }
        return best;

        static void Try(ReadOnlySpan<char> text, Gsm7Alphabet alphabet, ref Gsm7Alphabet? best, ref int fewest)
        {
            if (alphabet.CountSeptets(text) >= 0 && Segmentation.CountParts(text, alphabet) is var parts && parts < fewest)
            {
                (best, fewest) = (alphabet, parts);
            }
        }
    }

    /// <summary>Septets of one UTF-16 unit: 1, 2 with its escape, or 0 when the alphabet has none.</summary>
    public int SeptetsOf(char character) =>
        CodeOf(character) switch
        {
            NoCode => 0,
            >= Shifted => 2,
            _ => 1,
        };

    /// <summary>Septets of a text; -1 when a character is not in the alphabet. Allocates nothing.</summary>
    public int CountSeptets(ReadOnlySpan<char> text)
    {
        var septets = 0;
        foreach (var character in text)
        {
            var code = CodeOf(character);
            if (code == NoCode)
            {
                return -1;
            }
            septets += code < Shifted ? 1 : 2;
        }
        return septets;
    }

    /// <summary>Octets that <see cref="Encode(ReadOnlySpan{char})"/> makes of a text: one for each '?' that replaces a character.</summary>
    public int CountOctets(ReadOnlySpan<char> text)
    {
        var octets = 0;
        for (var i = 0; i < text.Length; i++)
        {
            octets += OctetsAt(text, ref i);
        }
        return octets;
    }

    /// <summary>Encodes; a character that is not in the alphabet becomes one '?', also one of two UTF-16 units.</summary>
    public byte[] Encode(ReadOnlySpan<char> text)
    {
        var octets = new byte[CountOctets(text)];
        Encode(text, octets);
        return octets;
    }

    /// <summary>Encodes into a buffer of the caller's, as <see cref="Encode(ReadOnlySpan{char})"/> does.</summary>
    /// <returns>The octets written.</returns>
    /// <exception cref="ArgumentException">The buffer is shorter than <see cref="CountOctets"/>.</exception>
    public int Encode(ReadOnlySpan<char> text, Span<byte> octets)
    {
        if (octets.Length < 2 * text.Length && octets.Length < CountOctets(text))
        {
            throw new ArgumentException("The buffer is shorter than the encoded text.", nameof(octets));
        }
        var position = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var code = CodeOf(text[i]);
            if (code == NoCode)
            {
                SkipPair(text, ref i);
                octets[position++] = (byte)'?';
                continue;
            }
            if (code >= Shifted)
            {
                octets[position++] = Escape;
            }
            octets[position++] = (byte)code;
        }
        return position;
    }

    /// <summary>
    /// Decodes. An escape before a code without a character in the single shift table, or at the end, becomes a space, and the code its
    /// character of the locking table (as TS 23.038 asks of receivers that do not know a table). Octets above 0x7F are no septets and become
    /// U+FFFD, as do codes without a character.
    /// </summary>
    public string Decode(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty)
        {
            return "";
        }
        return string.Create(
            CountCharacters(octets),
            new Source(this, octets),
            static (characters, source) =>
            {
                var position = 0;
                for (var i = 0; i < source.Octets.Length; i++)
                {
                    characters[position++] = source.Alphabet.DecodeAt(source.Octets, ref i);
                }
            }
        );
    }

    /// <inheritdoc />
    public override string ToString() => Locking == Single ? $"{Locking}" : $"{Locking}, single shift {Single}";

    /// <summary>Septets of the character at <paramref name="i"/>, which moves to the character's last unit.</summary>
    internal int OctetsAt(ReadOnlySpan<char> text, ref int i)
    {
        var code = CodeOf(text[i]);
        if (code == NoCode)
        {
            SkipPair(text, ref i);
            return 1;
        }
        return code < Shifted ? 1 : 2;
    }

    static void SkipPair(ReadOnlySpan<char> text, ref int i)
    {
        if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
        {
            i++;
        }
    }

    ushort CodeOf(char character) => character < ascii.Length ? ascii[character] : codes.GetValueOrDefault(character, NoCode);

    char DecodeAt(ReadOnlySpan<byte> octets, ref int i)
    {
        var code = octets[i];
        if (code > 0x7F)
        {
            return '\uFFFD';
        }
        if (code == Escape)
        {
            return IsShifted(octets, i) ? shifted[octets[++i]] : ' ';
        }
        var character = basic[code];
        return character == NationalTables.None ? '\uFFFD' : character;
    }

    // An escape behind an escape announces a further table (6.2.1.1): nobody has defined one, so it is no character.
    bool IsShifted(ReadOnlySpan<byte> octets, int escape) =>
        escape + 1 < octets.Length && octets[escape + 1] is <= 0x7F and not Escape && shifted[octets[escape + 1]] != NationalTables.None;

    int CountCharacters(ReadOnlySpan<byte> octets)
    {
        var count = 0;
        for (var i = 0; i < octets.Length; i++)
        {
            if (octets[i] == Escape && IsShifted(octets, i))
            {
                i++;
            }
            count++;
        }
        return count;
    }

    readonly ref struct Source(Gsm7Alphabet alphabet, ReadOnlySpan<byte> octets)
    {
        public Gsm7Alphabet Alphabet { get; } = alphabet;

        public ReadOnlySpan<byte> Octets { get; } = octets;
    }
}
