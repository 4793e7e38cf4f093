using System.Globalization;
using System.Numerics;
using Persistence.Configuration;

namespace Persistence.Ledger;

/// <summary>
/// Operators' message ids in the form the ledger compares. Operators write the same id with and without leading zeros, blanks and 0x, in
/// either case, and some in hexadecimal in answers and in decimal in receipts, or the other way round. The ledger keeps what the answer said;
/// it is the receipt's id that is converted. So a connector whose <see cref="DlrIdFormat"/> was wrong finds what it sent before it was put right.
/// </summary>
public static class OperatorId
{
    private static readonly DlrIdFormat[] formats = Enum.GetValues<DlrIdFormat>();

    /// <summary>The form of an id from a submit_sm_resp or data_sm_resp (SMPP 5.0 section 4.2.1.2). Empty for an empty id: nothing is found by it.</summary>
    public static string FromAnswer(string id) => Plain(id);

    /// <summary>The form in which the id of a receipt is looked up first: as the connector is configured.</summary>
    public static string FromReceipt(string id, DlrIdFormat format) =>
        format switch
        {
            DlrIdFormat.HexToDec => DecimalToHex(id),
            DlrIdFormat.DecToHex => HexToDecimal(id),
            _ => Plain(id),
        };

    /// <summary>
    /// All that the id of a receipt can mean, each with the configuration under which it means that: at most three, none of them twice, none
    /// empty. "1F" is itself, or 31 where answers are decimal.
    /// </summary>
    public static List<(DlrIdFormat Format, string CanonicalId)> Readings(string id)
    {
        var readings = new List<(DlrIdFormat Format, string CanonicalId)>(formats.Length);
        foreach (var format in formats)
        {
            var canonical = FromReceipt(id, format);
            if (canonical.Length > 0 && !readings.Exists(reading => reading.CanonicalId == canonical))
            {
                readings.Add((format, canonical));
            }
        }

        return readings;
    }

    private static string Plain(string id)
    {
        var digits = Digits(id);
        return digits.IsEmpty ? ""
            : digits.TrimStart('0') is { IsEmpty: false } significant ? significant.ToString().ToLowerInvariant()
            : "0";
    }

    private static string HexToDecimal(string id) =>
        // The leading zero keeps the number positive.
        BigInteger.TryParse($"0{Digits(id)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
        && !Digits(id).IsEmpty
            ? number.ToString(CultureInfo.InvariantCulture)
            : Plain(id);

    private static string DecimalToHex(string id) =>
        BigInteger.TryParse(Digits(id), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Plain(number.ToString("x", CultureInfo.InvariantCulture))
            : Plain(id);

    private static ReadOnlySpan<char> Digits(string id)
    {
        var trimmed = id.AsSpan().Trim();
        return trimmed.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? trimmed[2..] : trimmed;
    }
}
