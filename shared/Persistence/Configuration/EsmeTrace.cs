namespace Persistence.Configuration;

/// <summary>That an ESME's PDUs are written down for people to read, for a while. There is one at most for each user.</summary>
public sealed class EsmeTrace
{
    /// <summary>The user whose sessions are traced.</summary>
    public required string SystemId { get; init; }

    /// <summary>Since when; a trace switched on again is a new one.</summary>
    public DateTimeOffset StartedAt { get; set; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset EndsAt { get; set; }

    /// <summary>Whether the content of messages is written down too.</summary>
    public bool Content { get; set; }

    /// <summary>Who switched it on.</summary>
    public required string StartedBy { get; set; }
}
