using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Persistence.Configuration;

/// <summary>
/// Where a connector's password is kept instead of in the database: <c>env:NAME</c>, the variable <c>PLATFORM_SECRET_NAME</c> of the workers; or
/// a secret of AWS Secrets Manager by name or ARN, with <c>#key</c> where it is a JSON object.
/// </summary>
/// <param name="Variable">The environment variable; null: it is a secret of AWS.</param>
/// <param name="SecretId">The secret's name or ARN.</param>
/// <param name="Key">Its member, where the secret is a JSON object.</param>
public sealed partial record SecretReference(string? Variable, string? SecretId, string? Key)
{
    /// <summary>Before the name of every variable that may be referred to: whoever configures connectors must not read the others.</summary>
    public const string VariablePrefix = "PLATFORM_SECRET_";

    /// <summary>What a reference looks like, for people.</summary>
    public const string Form =
        "env:NAME (the workers' variable PLATFORM_SECRET_NAME), or the name or ARN of a secret of AWS Secrets Manager, with #key where it is a JSON object";

    /// <summary>Reads a reference.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SecretReference? reference)
    {
        reference = null;
        if (text is null || Pattern().Match(text) is not { Success: true } match)
        {
            return false;
        }

        reference = match.Groups["name"] is { Success: true } name
            ? new SecretReference(VariablePrefix + name.Value, null, null)
            : new SecretReference(null, match.Groups["id"].Value, match.Groups["key"] is { Success: true } key ? key.Value : null);
        return true;
    }

    // Names: 1 to 512 of letters, digits and /_+=.@- (AWS Secrets Manager API Reference, CreateSecret).
    [GeneratedRegex(
        @"^(env:(?<name>[A-Z0-9_]{1,100})|(?<id>(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512})(#(?<key>.{1,200}))?)\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Pattern();
}
