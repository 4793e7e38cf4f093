using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Testing.Load;

/// <summary>
/// What each message of the load begins with: the run's six letters, a dash, ten digits. Short enough to come back whole in a receipt's text
/// (20 characters), and the same octets in GSM 7-bit, ASCII and Latin-1.
/// </summary>
internal static class Marker
{
    public const int Length = RunLength + 1 + Digits;

    const int RunLength = 6;
    const int Digits = 10;
    const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    static readonly SearchValues<byte> letters = SearchValues.Create(Encoding.ASCII.GetBytes(Alphabet));

    public static string NewRun() => RandomNumberGenerator.GetString(Alphabet, RunLength);

    public static string Of(string run, uint number) => $"{run}-{number:D10}";

    public static void Write(Span<byte> destination, string run, uint number)
    {
        Encoding.ASCII.GetBytes(run, destination);
        destination[RunLength] = (byte)'-';
        Utf8Formatter.TryFormat(number, destination[(RunLength + 1)..], out _, new StandardFormat('D', Digits));
    }

    /// <summary>Reads the marker that the octets begin with. The run is its six octets as a number.</summary>
    public static bool TryRead(ReadOnlySpan<byte> octets, out ulong run, out uint number)
    {
        run = 0;
        number = 0;
        if (
            octets.Length < Length
            || octets[RunLength] != '-'
            || octets[..RunLength].ContainsAnyExcept(letters)
            || !Utf8Parser.TryParse(octets.Slice(RunLength + 1, Digits), out number, out var consumed)
            || consumed != Digits
        )
        {
            return false;
        }
        run = Pack(octets);
        return true;
    }

    public static ulong Pack(string run) => Pack(Encoding.ASCII.GetBytes(run));

    static ulong Pack(ReadOnlySpan<byte> octets)
    {
        var packed = 0UL;
        foreach (var octet in octets[..RunLength])
        {
            packed = packed << 8 | octet;
        }
        return packed;
    }
}
