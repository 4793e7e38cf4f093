using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Contracts;
using Persistence.Configuration;
using Persistence.Snapshot;
using Smpp.Text;
using Smpp.Tlvs;

namespace Policy;

/// <summary>Where a message goes, or why it goes nowhere.</summary>
/// <param name="Connector">The connector; null when there is none.</param>
/// <param name="Route">The route that decided.</param>
/// <param name="Rejection">Why not, in words; null when a connector was chosen.</param>
public readonly record struct RouteChoice(string? Connector, string? Route, string? Rejection);

/// <summary>One route's part in a choice, for explain.</summary>
/// <param name="Route">The route.</param>
/// <param name="Matched">Whether it matched.</param>
/// <param name="Why">The condition that failed, or how the target was chosen.</param>
public readonly record struct RouteStep(string Route, bool Matched, string Why);

/// <summary>
/// Chooses a connector: a pure function of the snapshot, the message and the time. The router and explain run the same code.
/// </summary>
public static class RouteChooser
{
    /// <summary>Chooses.</summary>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="message">The message.</param>
    /// <param name="now">The time, for routes with a time window.</param>
    /// <param name="steps">Gets every route considered, in order; null when nobody asks.</param>
    public static RouteChoice Choose(ConfigSnapshot snapshot, MessageSubmitted message, DateTimeOffset now, List<RouteStep>? steps = null)
    {
        foreach (var route in snapshot.Routes)
        {
            if (Mismatch(route, message, now) is { } why)
            {
                steps?.Add(new RouteStep(route.Route.Id, false, why));
                continue;
            }

            var target = Target(route.Route, snapshot, message);
            if (target is null)
            {
                // A route without a usable target is a mistake in one route; later routes may still be right.
                steps?.Add(new RouteStep(route.Route.Id, false, "none of its targets is a connector"));
                continue;
            }

            steps?.Add(new RouteStep(route.Route.Id, true, $"{route.Route.Strategy} chose {target}"));
            return new RouteChoice(target, route.Route.Id, null);
        }

        return new RouteChoice(null, null, "no route");
    }

    private static string? Mismatch(CompiledRoute route, MessageSubmitted message, DateTimeOffset now)
    {
        var match = route.Route.Match;
        if (match.Account is not null && match.Account != message.Account)
        {
            return "account differs";
        }

        if (match.SystemId is not null && match.SystemId != message.SystemId)
        {
            return "system_id differs";
        }

        if (match.DestinationPrefix.Count > 0 && !HasPrefix(match.DestinationPrefix, message.Destination.Digits.AsSpan().TrimStart('+')))
        {
            return "destination has none of the prefixes";
        }

        if (route.SourcePattern is { } source && !source.IsMatch(message.Source.Digits))
        {
            return "source does not match the pattern";
        }

        if (match.TimeWindow is { } window && !Holds(window, route.Zone, now))
        {
            return "outside the time window";
        }

        if (route.TextPattern is not { } text)
        {
            return null;
        }

        // Last, because it decodes. Each part comes by itself and shows a piece of the text alone: judged by it, parts of one message would go
        // by different routes, and a handset joins what one SMSC sends it.
        if (PartOf(message) is { Total: > 1 })
        {
            return "a part of a message that its sender split has no whole text";
        }

        if (!text.IsMatch(Text(message)))
        {
            return "text does not match the pattern";
        }

        return null;
    }

    private static bool HasPrefix(IReadOnlyList<string> prefixes, ReadOnlySpan<char> digits)
    {
        for (var i = 0; i < prefixes.Count; i++)
        {
            if (digits.StartsWith(prefixes[i], StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Holds(TimeWindow window, TimeZoneInfo zone, DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        if (!time.IsBetween(window.From, window.To))
        {
            return false;
        }

        // A window that passes midnight belongs to the day it started on.
        var startedYesterday = window.From > window.To && time < window.To;
        var day = startedYesterday ? local.AddDays(-1).DayOfWeek : local.DayOfWeek;
        return window.Days is not { Count: > 0 } days || days.Contains(day);
    }

    private static string Text(MessageSubmitted message)
    {
        var content = message.Content;
        if ((message.EsmClass & 0x40) != 0 && UserDataHeader.TryParse(content, out var header))
        {
            content = content[header!.Length..];
        }

        return SmppEncoding.FromDataCoding(message.DataCoding, SmppEncoding.Gsm7Bit).Decode(content.Span);
    }

    private static string? Target(Route route, ConfigSnapshot snapshot, MessageSubmitted message)
    {
        var targets = route.Targets.Where(target => snapshot.Connectors.ContainsKey(target.Connector)).ToList();
        var enabled = targets.Where(target => snapshot.Connectors[target.Connector].Enabled).ToList();
        if (enabled.Count == 0)
        {
            // All stopped: the message waits in the queue of the first until somebody starts it.
            return targets.Count == 0 ? null : targets[0].Connector;
        }

        return route.Strategy switch
        {
            RouteStrategy.Failover => enabled[0].Connector,
            RouteStrategy.Hash => Weigh(enabled, HashOf(message)),
            // Whoever split it himself needs its parts to arrive by one way: handsets join what one SMSC sends them, in time.
            _ => Weigh(enabled, PartOf(message) is { } part ? HashOf(message, part) : HashOf(message.Id)),
        };
    }

    /// <summary>Which part of a message that the customer split it is, by its user data header or its sar_ TLVs; null for a message of its own.</summary>
    private static Concatenation? PartOf(MessageSubmitted message)
    {
        var hasHeader = (message.EsmClass & 0x40) != 0;
        return (hasHeader || !message.Tlvs.IsEmpty) && TlvList.TryParse(message.Tlvs, int.MaxValue, out var tlvs)
            ? ReceivedPart.Of(message.EsmClass, message.DataCoding, message.Content, tlvs).Concatenation
            : null;
    }

    /// <summary>Spreads by weight; the same number always goes to the same target of the same list.</summary>
    private static string Weigh(List<RouteTarget> targets, ulong number)
    {
        var total = (ulong)targets.Sum(target => Math.Max(0, target.Weight));
        if (total == 0)
        {
            // Nobody has a weight: the first takes all, rather than a message finding no way.
            return targets[0].Connector;
        }

        var at = number % total;
        foreach (var target in targets)
        {
            var weight = (ulong)Math.Max(0, target.Weight);
            if (at < weight)
            {
                return target.Connector;
            }

            at -= weight;
        }

        return targets[^1].Connector;
    }

    private static ulong HashOf(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes);
        return HashOf(bytes);
    }

    private static ulong HashOf(MessageSubmitted message) =>
        HashOf(Encoding.UTF8.GetBytes($"{message.Account}\0{message.Source.Digits}\0{message.Destination.Digits}"));

    /// <summary>The same for all parts of one message.</summary>
    private static ulong HashOf(MessageSubmitted message, Concatenation part) =>
        HashOf(
            Encoding.UTF8.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{message.Account}\0{message.Source.Digits}\0{message.Destination.Digits}\0{part.Reference}\0{part.Total}"
                )
            )
        );

    /// <summary>SHA-256 because it spreads evenly and is the same on every machine and in every version.</summary>
    private static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
