using Contracts;
using Persistence.Configuration;

namespace Workers;

/// <summary>Senders and recipients as an operator wants them.</summary>
internal static class AddressRewriting
{
    /// <summary>source_addr and destination_addr of submit_sm have 20 characters at most (SMPP 5.0 section 4.2.1.1).</summary>
    private const int Longest = 20;

    /// <summary>The address by the first rule that fits. A rule whose result is no address (empty or too long) leaves it as it is.</summary>
    public static Party Apply(IReadOnlyList<AddressRule> rules, Party party)
    {
        foreach (var rule in rules)
        {
            if (Fits(rule, party.Digits))
            {
                var digits = rule.Value ?? rule.Replacement + party.Digits[rule.Prefix.Length..];
                return digits.Length is > 0 and <= Longest
                    ? new Party((byte)(rule.Ton ?? party.Ton), (byte)(rule.Npi ?? party.Npi), digits)
                    : party;
            }
        }

        return party;
    }

    private static bool Fits(AddressRule rule, string address) =>
        address.StartsWith(rule.Prefix, StringComparison.Ordinal)
        && rule.When switch
        {
            AddressKind.Numeric => IsNumeric(address),
            AddressKind.Alphanumeric => address.Length > 0 && !IsNumeric(address),
            _ => true,
        };

    private static bool IsNumeric(string address)
    {
        var digits = address.AsSpan(address.StartsWith('+') ? 1 : 0);
        return !digits.IsEmpty && !digits.ContainsAnyExceptInRange('0', '9');
    }
}
