namespace Persistence.Configuration;

/// <summary>One change of the configuration. The highest number is the running version.</summary>
public sealed class ConfigVersion
{
    /// <summary>The version.</summary>
    public long Id { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>Who changed what: one row a changed entity.</summary>
public sealed class AuditEntry
{
    /// <summary>Sequence.</summary>
    public long Id { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who: the admin key, a member of staff, an API key, or "system".</summary>
    public required string Actor { get; init; }

    /// <summary>created, updated or deleted.</summary>
    public required string Action { get; init; }

    /// <summary>What kind of thing.</summary>
    public required string Entity { get; init; }

    /// <summary>Which one.</summary>
    public required string EntityId { get; init; }

    /// <summary>Its properties before, as JSON, secrets left out; null when it was created.</summary>
    public string? Before { get; init; }

    /// <summary>Its properties after, as JSON, secrets left out; null when it was deleted.</summary>
    public string? After { get; init; }
}
