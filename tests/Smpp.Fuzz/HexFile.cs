using System.Globalization;

namespace Smpp.Fuzz;

/// <summary>Octets for people: two hexadecimal digits each, blanks anywhere, and behind a # on any line a comment.</summary>
static class HexFile
{
    const int OctetsPerLine = 16;

    public static byte[] Parse(string text)
    {
        var digits = text.Split('\n').SelectMany(line => line.Split('#')[0]).Where(character => !char.IsWhiteSpace(character));
        return Convert.FromHexString([.. digits]);
    }

    public static string Format(IEnumerable<string> comments, byte[] octets) =>
        string.Concat(comments.SelectMany(comment => comment.Split('\n')).Select(comment => $"# {comment.TrimEnd()}\n"))
        + string.Concat(octets.Chunk(OctetsPerLine).Select(line => string.Join(' ', line.Select(Digits)) + "\n"));

    static string Digits(byte octet) => octet.ToString("x2", CultureInfo.InvariantCulture);
}
