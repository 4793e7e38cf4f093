using System.ComponentModel;
using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Messaging;
using Persistence.DeadLetters;
using Persistence.Snapshot;

namespace AdminApi.Resources;

/// <summary>What waits in a queue, in messages.</summary>
internal sealed record QueueDocument(
    string Name,
    [property: Description("Messages in all, dead ones not counted.")] long Depth,
    [property: Description("Could be taken now.")] long Ready,
    [property: Description("Taken, not done.")] long InFlight,
    [property: Description("Not yet due.")] long Delayed,
    [property: Description("Age of the oldest that is ready or in flight.")] double OldestSeconds,
    [property: Description("Failed too often and wait for a person: see /v1/queues/{name}/dead.")] long Dead
);

/// <summary>`/v1/queues`.</summary>
internal static class Queues
{
    public static void MapQueues(this IEndpointRouteBuilder v1) =>
        v1.MapGet("/queues", ListAsync)
            .WithTags("queues")
            .RequireAuthorization(Access.Admin)
            .Describe("listQueues", "Lists the queues with their depth and age, in messages.")
            .Produces<Page<QueueDocument>>();

    private static async Task<IResult> ListAsync(
        [AsParameters] PageQuery page,
        IMessageQueue queue,
        SnapshotSource snapshots,
        DeadLetterStore deadLetters,
        CancellationToken cancellationToken
    )
    {
        var collected = await deadLetters.CountAsync(cancellationToken);
        var names = await NamesAsync(queue, snapshots, collected.Keys, cancellationToken);
        var wanted = names.Where(name => page.After is null || string.CompareOrdinal(name, page.After) > 0).Take(page.Size + 1);
        var found = new List<QueueDocument>();
        foreach (var name in wanted)
        {
            var depth = await queue.DepthAsync(name, cancellationToken);
            // Those that are not collected yet, too.
            var dead = (await queue.DepthAsync(QueueNames.Dead(name), cancellationToken)).Total + collected.GetValueOrDefault(name);
            found.Add(new QueueDocument(name, depth.Total, depth.Ready, depth.InFlight, depth.Delayed, depth.OldestAge.TotalSeconds, dead));
        }

        return TypedResults.Ok(page.Of(found, document => document, document => document.Name));
    }

    /// <summary>Whether <c>/v1/queues</c> lists it.</summary>
    public static async Task<bool> ExistsAsync(
        string name,
        IMessageQueue queue,
        SnapshotSource snapshots,
        DeadLetterStore deadLetters,
        CancellationToken cancellationToken
    )
    {
        var collected = await deadLetters.CountAsync(cancellationToken);
        return (await NamesAsync(queue, snapshots, collected.Keys, cancellationToken)).Contains(name);
    }

    /// <summary>Ours, the connectors', and those of connectors that are gone; a queue's dead ones are shown beside it.</summary>
    private static async Task<SortedSet<string>> NamesAsync(
        IMessageQueue queue,
        SnapshotSource snapshots,
        IEnumerable<string> withDead,
        CancellationToken cancellationToken
    )
    {
        var names = new SortedSet<string>(StringComparer.Ordinal) { QueueNames.Submit, QueueNames.Events, QueueNames.Inbound };
        names.UnionWith(snapshots.Current.Connectors.Keys.Select(QueueNames.Dispatch));
        names.UnionWith(snapshots.Current.Connectors.Keys.Select(QueueNames.DispatchHigh));
        names.UnionWith(withDead);
        var existing = await queue.ListAsync(cancellationToken);
        var dead = existing.Concat(names).Select(QueueNames.Dead).ToHashSet();
        names.UnionWith(existing.Where(name => !dead.Contains(name)));
        return names;
    }
}
