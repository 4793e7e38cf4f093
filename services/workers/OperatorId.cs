using System.Globalization;
using System.Numerics;
using Persistence.Configuration;

namespace Workers;

/// <summary>
/// Operators' message ids in the one form the ledger compares. Operators write the same id with and without leading zeros, in either
/// case, and some in hexadecimal in answers and decimal in receipts.
/// </summary>
internal static class OperatorId
{
    /// <summary>The form of an id from a submit_sm_resp.</summary>
    public static string FromAnswer(string id, DlrIdFormat format) =>
        format switch
        {
            DlrIdFormat.HexToDec => HexToDecimal(id),
            DlrIdFormat.DecToHex => DecimalToHex(id),
            _ => Plain(id),
        };

    /// <summary>The form of an id from a receipt: receipts are the spelling the others are turned into.</summary>
    public static string FromReceipt(string id) => Plain(id);

    private static string Plain(string id)
    {
        var trimmed = id.AsSpan().Trim().TrimStart('0');
        return trimmed.IsEmpty ? "0" : trimmed.ToString().ToLowerInvariant();
    }

    private static string HexToDecimal(string id) =>
        // The leading zero keeps the number positive.
        BigInteger.TryParse("0" + id.Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : Plain(id);

    private static string DecimalToHex(string id) =>
        BigInteger.TryParse(id.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Plain(number.ToString("x", CultureInfo.InvariantCulture))
            : Plain(id);
}
