namespace Persistence.Configuration;

/// <summary>A customer: the tenant that messages, limits and reports belong to.</summary>
public sealed class Account
{
    /// <summary>Slug: 1-40 characters of a-z, 0-9 and dash. Never reused for another customer.</summary>
    public required string Id { get; init; }

    /// <summary>The customer's name for people.</summary>
    public required string Name { get; set; }

    /// <summary>A disabled account's users cannot bind or send.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Messages a second over all its users, counted in parts; null is unlimited, 0 is none.</summary>
    public int? RatePerSecond { get; set; }

    /// <summary>How many parts may be sent at once above the rate; null is one second's worth.</summary>
    public int? Burst { get; set; }

    /// <summary>How the account pays.</summary>
    public CreditMode CreditMode { get; set; } = CreditMode.None;
}

/// <summary>How an account pays for its messages.</summary>
public enum CreditMode
{
    /// <summary>Nothing is counted against a balance.</summary>
    None,

    /// <summary>Refused when the balance is used up.</summary>
    Prepaid,

    /// <summary>Counted, never refused.</summary>
    Postpaid,
}
