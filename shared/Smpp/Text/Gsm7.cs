using System.Collections.Frozen;

namespace Smpp.Text;

/// <summary>
/// The GSM 7-bit default alphabet and its extension table, 3GPP TS 23.038 section 6.2.1, one septet to an octet as SMPP carries it.
/// </summary>
public static class Gsm7
{
    const byte Escape = 0x1B;
    const byte NotMapped = 0xFF;

    // Row by row of the standard's table; \u001B holds the place of the escape.
    const string Alphabet =
        "@£$¥èéùìòÇ\nØø\rÅå" // 0x00
        + "Δ_ΦΓΛΩΠΨΣΘΞ\u001BÆæßÉ" // 0x10
        + " !\"#¤%&'()*+,-./" // 0x20
        + "0123456789:;<=>?" // 0x30
        + "¡ABCDEFGHIJKLMNO" // 0x40
        + "PQRSTUVWXYZÄÖÑÜ§" // 0x50
        + "¿abcdefghijklmno" // 0x60
        + "pqrstuvwxyzäöñüà"; // 0x70

    static readonly (byte Code, char Character)[] extension =
    [
        (0x0A, '\f'),
        (0x14, '^'),
        (0x28, '{'),
        (0x29, '}'),
        (0x2F, '\\'),
        (0x3C, '['),
        (0x3D, '~'),
        (0x3E, ']'),
        (0x40, '|'),
        (0x65, '€'),
    ];

    static readonly FrozenDictionary<char, byte> basicCodes = Alphabet
        .Select((character, code) => (character, code: (byte)code))
        .Where(pair => pair.code != Escape)
        .ToFrozenDictionary(pair => pair.character, pair => pair.code);

    static readonly FrozenDictionary<char, byte> extendedCodes = extension.ToFrozenDictionary(pair => pair.Character, pair => pair.Code);

    static readonly char[] extendedCharacters = BuildExtension();

    // ASCII is nearly all traffic: one array look-up for it. 0xFF: not in the basic table.
    static readonly byte[] asciiCodes = BuildAscii();

    /// <summary>Septets of one character: 1, 2 with its escape, or 0 when the alphabet has none.</summary>
    public static int SeptetsOf(char character) =>
        TryBasic(character, out _) ? 1
        : extendedCodes.ContainsKey(character) ? 2
        : 0;

    /// <summary>Septets of a text; -1 when a character is not in the alphabet.</summary>
    public static int CountSeptets(ReadOnlySpan<char> text)
    {
        var septets = 0;
        foreach (var character in text)
        {
            var more = SeptetsOf(character);
            if (more == 0)
            {
                return -1;
            }
            septets += more;
        }
        return septets;
    }

    /// <summary>Encodes; a character that is not in the alphabet becomes '?'.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text)
    {
        var length = 0;
        foreach (var character in text)
        {
            length += Math.Max(1, SeptetsOf(character));
        }
        var octets = new byte[length];
        var position = 0;
        foreach (var character in text)
        {
            if (TryBasic(character, out var code))
            {
                octets[position++] = code;
            }
            else if (extendedCodes.TryGetValue(character, out code))
            {
                octets[position++] = Escape;
                octets[position++] = code;
            }
            else
            {
                octets[position++] = (byte)'?';
            }
        }
        return octets;
    }

    /// <summary>
    /// Decodes. An escape before a code without an extension, or at the end, becomes a space, and the code its basic character
    /// (as TS 23.038 asks of receivers that do not know a table). Octets above 0x7F are no septets and become U+FFFD.
    /// </summary>
    public static string Decode(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty)
        {
            return "";
        }
        return string.Create(
            CountCharacters(octets),
            octets,
            static (characters, octets) =>
            {
                var position = 0;
                for (var i = 0; i < octets.Length; i++)
                {
                    characters[position++] = DecodeAt(octets, ref i);
                }
            }
        );
    }

    static char DecodeAt(ReadOnlySpan<byte> octets, ref int i)
    {
        var code = octets[i];
        if (code > 0x7F)
        {
            return '\uFFFD';
        }
        if (code != Escape)
        {
            return Alphabet[code];
        }
        if (!IsExtended(octets, i))
        {
            return ' ';
        }
        return extendedCharacters[octets[++i]];
    }

    static bool IsExtended(ReadOnlySpan<byte> octets, int escape) =>
        escape + 1 < octets.Length && octets[escape + 1] <= 0x7F && extendedCharacters[octets[escape + 1]] != '\0';

    static int CountCharacters(ReadOnlySpan<byte> octets)
    {
        var count = 0;
        for (var i = 0; i < octets.Length; i++)
        {
            if (octets[i] == Escape && IsExtended(octets, i))
            {
                i++;
            }
            count++;
        }
        return count;
    }

    static bool TryBasic(char character, out byte code)
    {
        if (character < asciiCodes.Length)
        {
            code = asciiCodes[character];
            return code != NotMapped;
        }
        return basicCodes.TryGetValue(character, out code);
    }

    static char[] BuildExtension()
    {
        var characters = new char[128];
        foreach (var (code, character) in extension)
        {
            characters[code] = character;
        }
        return characters;
    }

    static byte[] BuildAscii()
    {
        var codes = new byte[128];
        for (var character = 0; character < codes.Length; character++)
        {
            codes[character] = basicCodes.GetValueOrDefault((char)character, NotMapped);
        }
        return codes;
    }
}
