using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;
using AdminApi.Http;
using Persistence.Configuration;
using Persistence.Snapshot;
using Route = Persistence.Configuration.Route;

namespace AdminApi.Resources;

/// <summary>A route as the API shows and takes it.</summary>
internal sealed record RouteDocument
{
    [Description("Slug: 1-40 characters of a-z, 0-9 and dash. Given at creation, never changed.")]
    public string? Id { get; init; }

    [Description("Order: 0-1000000, lower is earlier, equal ones go by id. The first route that matches decides.")]
    public int Priority { get; init; } = 100;

    [Description("What a message must be like; what is absent matches anything.")]
    public RouteMatchDocument Match { get; init; } = new();

    [Description("Where it goes: 1-20 connectors.")]
    public required IReadOnlyList<RouteTargetDocument> Targets { get; init; }

    [Description("How one of several targets is chosen.")]
    public RouteStrategy Strategy { get; init; } = RouteStrategy.Failover;

    [Description("A disabled route is passed over.")]
    public bool Enabled { get; init; } = true;

    public static RouteDocument From(Route route) =>
        new()
        {
            Id = route.Id,
            Priority = route.Priority,
            Match = RouteMatchDocument.From(route.Match),
            Targets = [.. route.Targets.Select(target => new RouteTargetDocument { Connector = target.Connector, Weight = target.Weight })],
            Strategy = route.Strategy,
            Enabled = route.Enabled,
        };

    public void Check(FieldErrors errors)
    {
        errors.Range("priority", Priority, 0, 1_000_000);
        if (Targets.Count is < 1 or > 20)
        {
            errors.Add("targets", "must have 1-20 entries");
        }

        for (var i = 0; i < Targets.Count; i++)
        {
            if (Targets[i] is not { } target)
            {
                errors.Add($"targets[{i}]", "must be an object: {\"connector\":…}");
                continue;
            }

            errors.Range($"targets[{i}].weight", target.Weight, 1, 1000);
            if (Targets.Take(i).Any(earlier => earlier?.Connector == target.Connector))
            {
                errors.Add($"targets[{i}].connector", "is there already: give each connector once, with its whole weight");
            }
        }

        Match.Check(errors);
        if (!errors.Any)
        {
            Compile(errors);
        }
    }

    public void WriteTo(Route route)
    {
        route.Priority = Priority;
        route.Match = Match.ToMatch();
        route.Targets = [.. Targets.Select(target => new RouteTarget(target.Connector, target.Weight))];
        route.Strategy = Strategy;
        route.Enabled = Enabled;
    }

    /// <summary>The services will compile the very same: what they cannot use is refused here.</summary>
    private void Compile(FieldErrors errors)
    {
        Try("match.sourcePattern", new RouteMatch { SourcePattern = Match.SourcePattern });
        Try("match.textPattern", new RouteMatch { TextPattern = Match.TextPattern });
        Try("match.timeWindow.zone", new RouteMatch { TimeWindow = Match.ToMatch().TimeWindow });

        void Try(string field, RouteMatch match)
        {
            try
            {
                _ = new CompiledRoute(new Route { Id = "checked", Match = match });
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException or InvalidTimeZoneException)
            {
                errors.Add(field, $"cannot be used: {e.Message}");
            }
        }
    }
}

/// <summary>One place a route can send to.</summary>
internal sealed record RouteTargetDocument
{
    [Description("The connector's id.")]
    public required string Connector { get; init; }

    [Description("Its share under weighted and hash: 1-1000.")]
    public int Weight { get; init; } = 1;
}

/// <summary>The conditions of a route; all that are given must hold.</summary>
internal sealed partial record RouteMatchDocument
{
    [Description("The account's id.")]
    public string? Account { get; init; }

    [Description("The SMPP user's system_id.")]
    public string? SystemId { get; init; }

    [Description("Leading digits of the destination; any of them. A plus sign is taken off.")]
    public IReadOnlyList<string> DestinationPrefix { get; init; } = [];

    [Description("Regular expression (non-backtracking) on the source address.")]
    public string? SourcePattern { get; init; }

    [Description("Regular expression (non-backtracking) on the text.")]
    public string? TextPattern { get; init; }

    [Description("When it holds.")]
    public TimeWindowDocument? TimeWindow { get; init; }

    public static RouteMatchDocument From(RouteMatch match) =>
        new()
        {
            Account = match.Account,
            SystemId = match.SystemId,
            DestinationPrefix = match.DestinationPrefix,
            SourcePattern = match.SourcePattern,
            TextPattern = match.TextPattern,
            TimeWindow = match.TimeWindow is { } window ? TimeWindowDocument.FromWindow(window) : null,
        };

    public void Check(FieldErrors errors)
    {
        if (DestinationPrefix.Count > 1000)
        {
            errors.Add("match.destinationPrefix", "must have 1000 entries at most: use several routes");
        }

        for (var i = 0; i < DestinationPrefix.Count; i++)
        {
            if (DestinationPrefix[i] is not { } prefix || !PrefixPattern().IsMatch(prefix))
            {
                errors.Add($"match.destinationPrefix[{i}]", "must have 1-20 digits");
            }
        }

        errors.Length("match.sourcePattern", SourcePattern, 1, 500);
        errors.Length("match.textPattern", TextPattern, 1, 500);
        TimeWindow?.Check(errors);
    }

    public RouteMatch ToMatch() =>
        new()
        {
            Account = Account,
            SystemId = SystemId,
            DestinationPrefix = [.. DestinationPrefix.Select(prefix => prefix.TrimStart('+'))],
            SourcePattern = SourcePattern,
            TextPattern = TextPattern,
            TimeWindow = TimeWindow?.ToWindow(),
        };

    [GeneratedRegex("^\\+?[0-9]{1,20}\\z")]
    private static partial Regex PrefixPattern();
}

/// <summary>A daily window; it may pass midnight.</summary>
internal sealed record TimeWindowDocument
{
    private const string Format = "HH:mm";

    [Description("Start, HH:mm.")]
    public required string From { get; init; }

    [Description("End, HH:mm, not included.")]
    public required string To { get; init; }

    [Description("IANA time zone; UTC when absent.")]
    public string? Zone { get; init; }

    [Description("Days on which it starts; every day when absent or empty.")]
    public IReadOnlyList<DayOfWeek>? Days { get; init; }

    public static TimeWindowDocument FromWindow(TimeWindow window) =>
        new()
        {
            From = window.From.ToString(Format, CultureInfo.InvariantCulture),
            To = window.To.ToString(Format, CultureInfo.InvariantCulture),
            Zone = window.Zone,
            Days = window.Days,
        };

    public void Check(FieldErrors errors)
    {
        CheckTime("match.timeWindow.from", From);
        CheckTime("match.timeWindow.to", To);
        if (From == To)
        {
            errors.Add("match.timeWindow.to", "must differ from its start; leave timeWindow out for the whole day");
        }

        void CheckTime(string field, string text)
        {
            if (!TimeOnly.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            {
                errors.Add(field, "must be a time of day as in 08:30");
            }
        }
    }

    public TimeWindow ToWindow() =>
        new(
            TimeOnly.ParseExact(From, Format, CultureInfo.InvariantCulture),
            TimeOnly.ParseExact(To, Format, CultureInfo.InvariantCulture),
            Zone,
            Days
        );
}
