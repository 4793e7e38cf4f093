using System.Text.RegularExpressions;
using Persistence.Configuration;

namespace Persistence.Snapshot;

/// <summary>A route with its patterns compiled. Patterns run without backtracking: their time is linear in the text, whoever wrote them.</summary>
public sealed class CompiledRoute
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    /// <summary>Compiles a route.</summary>
    /// <exception cref="ArgumentException">A pattern or time zone does not parse; the message says which.</exception>
    public CompiledRoute(Route route)
    {
        Route = route;
        SourcePattern = route.Match.SourcePattern is { } source ? new Regex(source, Options) : null;
        TextPattern = route.Match.TextPattern is { } text ? new Regex(text, Options) : null;
        try
        {
            Zone = route.Match.TimeWindow?.Zone is { } zone ? TimeZoneInfo.FindSystemTimeZoneById(zone) : TimeZoneInfo.Utc;
        }
        catch (TimeZoneNotFoundException e)
        {
            throw new ArgumentException($"there is no time zone {route.Match.TimeWindow!.Zone}", e);
        }
    }

    /// <summary>The route as configured.</summary>
    public Route Route { get; }

    /// <summary>Its source pattern.</summary>
    public Regex? SourcePattern { get; }

    /// <summary>Its text pattern.</summary>
    public Regex? TextPattern { get; }

    /// <summary>The zone of its time window.</summary>
    public TimeZoneInfo Zone { get; }
}
