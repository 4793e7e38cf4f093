using System.Security.Claims;

namespace AdminApi.Authentication;

/// <summary>Who may do what, and who the caller is.</summary>
internal static class Access
{
    /// <summary>Policy: everything.</summary>
    public const string Admin = "admin";

    /// <summary>Policy: sending and seeing messages; a customer only its own account's.</summary>
    public const string Messages = "messages";

    /// <summary>The admin key's name in the audit log.</summary>
    public const string AdminKeyName = "admin-key";

    private const string AccountClaim = "account";
    private const string CustomerRole = "customer";

    public static ClaimsPrincipal AdminKeyHolder(string scheme) => Principal(scheme, AdminKeyName, Admin);

    public static ClaimsPrincipal Customer(string scheme, Guid key, string account)
    {
        var customer = Principal(scheme, $"api-key:{key:N}", CustomerRole);
        customer.Identities.First().AddClaim(new Claim(AccountClaim, account));
        return customer;
    }

    /// <summary>The account a customer is bound to; null for those who may name any.</summary>
    public static string? Account(this ClaimsPrincipal caller) => caller.FindFirstValue(AccountClaim);

    /// <summary>The caller's name in the audit log.</summary>
    public static string Name(this ClaimsPrincipal caller) =>
        caller.Identity?.Name ?? throw new InvalidOperationException("the endpoint must require a caller");

    private static ClaimsPrincipal Principal(string scheme, string name, string role) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role)], scheme));
}
