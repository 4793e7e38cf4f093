namespace Persistence.Configuration;

/// <summary>Which connectors take which messages. Routes are tried by priority, lowest number first; the first that matches decides.</summary>
public sealed class Route
{
    /// <summary>Slug: 1-40 characters of a-z, 0-9 and dash.</summary>
    public required string Id { get; init; }

    /// <summary>Order; lower is earlier. Equal priorities go by id.</summary>
    public int Priority { get; set; } = 100;

    /// <summary>What a message must be like; what is absent matches anything.</summary>
    public RouteMatch Match { get; set; } = new();

    /// <summary>Where it goes.</summary>
    public List<RouteTarget> Targets { get; set; } = [];

    /// <summary>How one of several targets is chosen.</summary>
    public RouteStrategy Strategy { get; set; } = RouteStrategy.Failover;

    /// <summary>A disabled route is passed over.</summary>
    public bool Enabled { get; set; } = true;
}

/// <summary>The conditions of a route; all that are given must hold.</summary>
public sealed record RouteMatch
{
    /// <summary>The account's id.</summary>
    public string? Account { get; init; }

    /// <summary>The SMPP user.</summary>
    public string? SystemId { get; init; }

    /// <summary>Leading digits of the destination, without a plus sign; any of them.</summary>
    public IReadOnlyList<string> DestinationPrefix { get; init; } = [];

    /// <summary>Regular expression (non-backtracking) on the source address.</summary>
    public string? SourcePattern { get; init; }

    /// <summary>Regular expression (non-backtracking) on the decoded text.</summary>
    public string? TextPattern { get; init; }

    /// <summary>When it holds.</summary>
    public TimeWindow? TimeWindow { get; init; }
}

/// <summary>A daily window; it may pass midnight.</summary>
/// <param name="From">Start, HH:mm.</param>
/// <param name="To">End, HH:mm, not included.</param>
/// <param name="Zone">IANA time zone; UTC when absent.</param>
/// <param name="Days">Days of the week on which it starts; every day when empty.</param>
public sealed record TimeWindow(TimeOnly From, TimeOnly To, string? Zone, IReadOnlyList<DayOfWeek>? Days);

/// <summary>One place a route can send to.</summary>
/// <param name="Connector">The connector's id.</param>
/// <param name="Weight">Its share under <see cref="RouteStrategy.Weighted"/> and <see cref="RouteStrategy.Hash"/>, 1-1000.</param>
public sealed record RouteTarget(string Connector, int Weight = 1);

/// <summary>How a route chooses among its targets.</summary>
public enum RouteStrategy
{
    /// <summary>The first enabled one.</summary>
    Failover,

    /// <summary>At random by weight.</summary>
    Weighted,

    /// <summary>By a hash of account, source and destination, so that one conversation keeps one connector.</summary>
    Hash,
}
