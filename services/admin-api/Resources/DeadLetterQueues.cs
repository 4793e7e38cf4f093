using System.ComponentModel;
using System.Globalization;
using System.Security.Claims;
using AdminApi.Authentication;
using AdminApi.Http;
using Messaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Persistence.DeadLetters;
using Persistence.Snapshot;

namespace AdminApi.Resources;

/// <summary>What a replay came to.</summary>
internal sealed record ReplayDocument(
    [property: Description("Sent back and confirmed.")] int Replayed,
    [property: Description("Not confirmed in time: they wait on; a replay of them may send some a second time.")] int NotConfirmed
);

/// <summary>What a purge came to.</summary>
internal sealed record PurgeDocument(
    [property: Description("Given up.")] long Purged,
    [property: Description("Of them, accepted messages that were ended as rejected: their customers are told.")] long Rejected,
    [property: Description(
        "Of them, accepted messages that cannot be ended, because they cannot be read or recorded: their customers are not told."
    )]
        long Unended
);

/// <summary>`/v1/queues/{name}/dead`: what failed too often, the same for every adapter.</summary>
internal static class DeadLetterQueues
{
    private const int ReplayedByDefault = 100;

    public static void MapDeadLetters(this IEndpointRouteBuilder v1)
    {
        var dead = v1.MapGroup("/queues/{name}").WithTags("queues").RequireAuthorization(Access.Admin);
        dead.MapGet("/dead", ListAsync)
            .Describe("listDeadLetters", "Lists what failed too often on a queue, oldest first, within a minute of its death.")
            .Finds<Page<DeadLetterDocument>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        dead.MapGet("/dead/{id}", GetAsync)
            .Describe("getDeadLetter", "Shows a dead letter with its body, byte for byte.")
            .Finds<DeadLetterDocument>();
        dead.MapPost("/dead:replay", ReplayAsync)
            .Describe(
                "replayDeadLetters",
                "Sends dead letters back to their queue, failures forgotten, bytes as they are. They are marked once the queue has confirmed them; a crash in between may send them twice, which every consumer takes."
            )
            .Finds<ReplayDocument>()
            .TakesBody();
        dead.MapDelete("/dead", PurgeAsync)
            .Describe(
                "purgeDeadLetters",
                "Gives dead letters up: all that match, or all=true. Of submit, messages that were accepted are ended as rejected, so that their customers are told."
            )
            .Finds<PurgeDocument>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> ListAsync(
        string name,
        [AsParameters] DeadLetterQuery query,
        [AsParameters] PageQuery page,
        [FromQuery(Name = "state"), Description("waiting (when left out), replayed or purged.")] string? state,
        DeadLetterStore store,
        IMessageQueue queue,
        SnapshotSource snapshots,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        long after = 0;
        if (page.After is { } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            errors.Add("after", "must be the next of the page before");
        }

        var wanted = Enum.GetValues<DeadLetterState>()
            .Where(one => state is null ? one == DeadLetterState.Waiting : ApiJson.Name(one) == state)
            .ToList();
        if (wanted.Count == 0)
        {
            errors.Add("state", $"must be one of {string.Join(", ", ApiJson.Names(typeof(DeadLetterState)))}");
        }

        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var rows = await store.ListAsync(query.On(name), wanted[0], after, page.Size + 1, cancellationToken);
        return rows.Count == 0 && !await Queues.ExistsAsync(name, queue, snapshots, store, cancellationToken)
            ? NoQueue(name)
            : TypedResults.Ok(page.Of(rows, DeadLetterDocument.From, row => row.Id.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task<IResult> GetAsync(string name, string id, DeadLetterStore store, CancellationToken cancellationToken) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && await store.FindAsync(name, number, cancellationToken) is { } row
            ? TypedResults.Ok(DeadLetterDocument.WithBody(row))
            : Problems.NotFound($"Queue {name} has no dead letter {id}.");

    private static async Task<IResult> ReplayAsync(
        string name,
        Body<ReplayRequest> body,
        HttpContext http,
        DeadLetterStore store,
        IMessageQueue queue,
        EnvelopeSenderOptions options,
        SnapshotSource snapshots,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var request = body.Value;
        if (request.Check() is { Any: true } errors)
        {
            return Problems.Invalid(errors);
        }

        if (!await Queues.ExistsAsync(name, queue, snapshots, store, cancellationToken))
        {
            return NoQueue(name);
        }

        var (found, replayed) = await store.ReplayAsync(
            request.On(name),
            request.Limit ?? ReplayedByDefault,
            http.User.Name(),
            async (rows, ct) =>
            {
                var letters = new Dictionary<DeadLetter, long>(ReferenceEqualityComparer.Instance);
                foreach (var row in rows)
                {
                    letters.Add(LetterOf(row), row.Id);
                }

                var sent = await DeadLetterReplay.SendAsync(queue, name, [.. letters.Keys], options, time, ct);
                return [.. sent.Select(letter => letters[letter])];
            },
            cancellationToken
        );
        return found > 0 && replayed == 0
            ? Problems.Unavailable(http, "The queue did not confirm any of them; they wait on. Try again shortly.")
            : TypedResults.Ok(new ReplayDocument(replayed, found - replayed));
    }

    private static async Task<IResult> PurgeAsync(
        string name,
        [AsParameters] DeadLetterQuery query,
        [FromQuery(Name = "all"), Description("true: every one of the queue, where no filter is given.")] string? all,
        ClaimsPrincipal caller,
        PurgeDeadLetters purge,
        DeadLetterStore store,
        IMessageQueue queue,
        SnapshotSource snapshots,
        CancellationToken cancellationToken
    )
    {
        if (!query.IsGiven && all != "true")
        {
            return Problems.Invalid("all", "must be true to purge every dead letter of the queue; or give account, reason or ids");
        }

        return await Queues.ExistsAsync(name, queue, snapshots, store, cancellationToken)
            ? TypedResults.Ok(await purge.RunAsync(query.On(name), caller.Name(), cancellationToken))
            : NoQueue(name);
    }

    private static ProblemHttpResult NoQueue(string name) => Problems.NotFound($"There is no queue {name}; /v1/queues lists them.");

    private static DeadLetter LetterOf(DeadLetterRow row) =>
        new((DeadLetterKind)row.Kind, row.Body, row.Failures, row.Reason, row.BootId, row.SentAt, row.Items);
}
