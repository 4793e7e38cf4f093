using AdminApi.Http;
using Contracts;

namespace AdminApi.Resources;

/// <summary>Numbers as callers write them, to SMPP addresses (SMPP 3.4 section 5.2.5-5.2.9).</summary>
internal static class PhoneNumber
{
    private const int MaxDigits = 20;

    /// <summary>Up to this many digits without a plus sign are a short code; no international number is that short.</summary>
    private const int MaxShortCode = 8;

    /// <summary>3GPP TS 23.040: an alphanumeric address has at most 11 characters of 7 bits.</summary>
    private const int MaxAlphanumeric = 11;

    public static Party Destination(string field, string? text, FieldErrors errors)
    {
        if (TryRead(text, out var party))
        {
            return party;
        }

        errors.Add(field, "must be a number of 1-20 digits, with or without a leading plus sign, without blanks");
        return default;
    }

    public static Party Source(string field, string text, FieldErrors errors)
    {
        if (TryRead(text, out var party))
        {
            return party;
        }

        if (text.Length is >= 1 and <= MaxAlphanumeric && text.All(c => c is >= ' ' and <= '~') && text.Any(char.IsAsciiLetter))
        {
            return new Party(5, 0, text);
        }

        errors.Add(field, "must be a number of 1-20 digits, or a name of 1-11 printable ASCII characters with a letter in it");
        return default;
    }

    /// <summary>A number as the ledger has it.</summary>
    public static string? Normalize(string? text) => text is not null && TryRead(text, out var party) ? party.Digits : text;

    private static bool TryRead(string? text, out Party party)
    {
        party = default;
        if (text is null)
        {
            return false;
        }

        var hasPlus = text.StartsWith('+');
        var digits = hasPlus ? text[1..] : text;
        if (digits.Length is < 1 or > MaxDigits || !digits.All(char.IsAsciiDigit))
        {
            return false;
        }

        var isInternational = hasPlus || digits.Length > MaxShortCode;
        party = new Party(isInternational ? (byte)1 : (byte)0, 1, digits);
        return true;
    }
}
