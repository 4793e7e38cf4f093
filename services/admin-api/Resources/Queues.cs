using System.ComponentModel;
using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Messaging;
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
    [property: Description("Failed too often; kept for a person.")] long Dead
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
        CancellationToken cancellationToken
    )
    {
        var names = new SortedSet<string>(StringComparer.Ordinal) { QueueNames.Submit, QueueNames.Events, QueueNames.Inbound };
        names.UnionWith(snapshots.Current.Connectors.Keys.Select(QueueNames.Dispatch));
        names.UnionWith(snapshots.Current.Connectors.Keys.Select(QueueNames.DispatchHigh));
        // Those of connectors that are gone, too; a queue's dead ones are shown beside it.
        var existing = await queue.ListAsync(cancellationToken);
        var dead = existing.Concat(names).Select(QueueNames.Dead).ToHashSet();
        names.UnionWith(existing.Where(name => !dead.Contains(name)));

        var wanted = names.Where(name => page.After is null || string.CompareOrdinal(name, page.After) > 0).Take(page.Size + 1);
        var found = new List<QueueDocument>();
        foreach (var name in wanted)
        {
            var depth = await queue.DepthAsync(name, cancellationToken);
            var failed = await queue.DepthAsync(QueueNames.Dead(name), cancellationToken);
            found.Add(
                new QueueDocument(name, depth.Total, depth.Ready, depth.InFlight, depth.Delayed, depth.OldestAge.TotalSeconds, failed.Total)
            );
        }

        return TypedResults.Ok(page.Of(found, document => document, document => document.Name));
    }
}
