namespace Persistence.Configuration;

/// <summary>A customer's key for the REST API. The secret itself is shown once and never stored.</summary>
public sealed class ApiKey
{
    /// <summary>Names the key; the secret starts with it.</summary>
    public required Guid Id { get; init; }

    /// <summary>The account whose messages it may send and see.</summary>
    public required string AccountId { get; init; }

    /// <summary>What it is for, for people.</summary>
    public required string Name { get; set; }

    /// <summary>SHA-256 of the secret, which has 256 random bits of its own.</summary>
    public required byte[] SecretHash { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was revoked; null while it works.</summary>
    public DateTimeOffset? RevokedAt { get; set; }
}
