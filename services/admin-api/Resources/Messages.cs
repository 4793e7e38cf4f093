using System.ComponentModel;
using System.Security.Claims;
using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Persistence.Ledger;

namespace AdminApi.Resources;

/// <summary>Which messages are wanted.</summary>
internal sealed record MessageFilter(
    [property: FromQuery(Name = "account"), Description("Only this account's; an API key implies its own.")] string? Account,
    [property: FromQuery(Name = "to"), Description("Only to this number.")] string? To,
    [property: FromQuery(Name = "from"), Description("Only from this sender.")] string? From,
    [property: FromQuery(Name = "reference"), Description("Only with this reference.")] string? Reference,
    [property: FromQuery(Name = "state"), Description("Only in this state.")] string? State
);

/// <summary>`/v1/messages`: sending, one message with its timeline, search.</summary>
internal static class Messages
{
    /// <summary>A message reaches the ledger within seconds of its 202; until then its id is all there is.</summary>
    private static readonly TimeSpan NotYetRecorded = TimeSpan.FromSeconds(60);

    public static void MapMessages(this IEndpointRouteBuilder v1)
    {
        var messages = v1.MapGroup("/messages").WithTags("messages").RequireAuthorization(Access.Messages);
        messages.MapSend();
        messages
            .MapGet("", SearchAsync)
            .Describe("searchMessages", "Finds messages, newest first.")
            .Produces<Page<MessageDocument>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        messages
            .MapGet("/{id}", GetAsync)
            .Describe("getMessage", "Shows a message and everything that happened to it.")
            .Finds<MessageWithTimeline>();
    }

    private static async Task<IResult> SearchAsync(
        [AsParameters] MessageFilter filter,
        [AsParameters] PageQuery page,
        ClaimsPrincipal caller,
        MessageLedger ledger,
        CancellationToken cancellationToken
    )
    {
        var own = caller.Account();
        if (own is not null && filter.Account is { } other && other != own)
        {
            return Problems.Forbidden($"This key sees account {own} only: leave account out.");
        }

        var errors = new FieldErrors();
        var search = new MessageSearch
        {
            Account = own ?? filter.Account,
            Destination = PhoneNumber.Normalize(filter.To),
            Source = PhoneNumber.Normalize(filter.From),
            Reference = filter.Reference,
            State = State(filter.State, errors),
            After = After(page.After, errors),
            Limit = page.Size + 1,
        };
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var found = await ledger.SearchAsync(search, cancellationToken);
        return TypedResults.Ok(page.Of(found, MessageDocument.Of, row => $"{row.Id}"));
    }

    private static async Task<IResult> GetAsync(
        string id,
        ClaimsPrincipal caller,
        MessageLedger ledger,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (!MessageId.TryParse(id, out var messageId))
        {
            return Problems.NotFound($"There is no message {id}; ids have 32 hexadecimal digits.");
        }

        var own = caller.Account();
        var row = await ledger.FindAsync(messageId, cancellationToken);
        if (row is null)
        {
            // Only administrators: to a customer, another's fresh id must look like none.
            return own is null && IsFresh(messageId, time.GetUtcNow())
                ? TypedResults.Ok(new MessageJustAccepted($"{messageId}", MessageState.Accepted, []))
                : NotFound(id);
        }

        if (own is not null && row.Account != own)
        {
            return NotFound(id);
        }

        var submissions = await ledger.ReadSubmissionsAsync(messageId, cancellationToken);
        return TypedResults.Ok(new MessageWithTimeline(MessageDocument.Of(row)) { Timeline = MessageTimeline.Of(row, submissions) });
    }

    private static ProblemHttpResult NotFound(string id) => Problems.NotFound($"There is no message {id}.");

    private static MessageState? State(string? text, FieldErrors errors)
    {
        if (text is null)
        {
            return null;
        }

        foreach (var state in Enum.GetValues<MessageState>())
        {
            if (ApiJson.Name(state) == text)
            {
                return state;
            }
        }

        errors.Add("state", $"must be one of {string.Join(", ", ApiJson.Names(typeof(MessageState)))}");
        return null;
    }

    private static MessageId? After(string? text, FieldErrors errors)
    {
        if (text is null)
        {
            return null;
        }

        if (MessageId.TryParse(text, out var id))
        {
            return id;
        }

        errors.Add("after", "must be the next of the page before");
        return null;
    }

    /// <summary>The first 48 bits of a version-7 UUID are milliseconds since 1970 (RFC 9562 section 5.7).</summary>
    private static bool IsFresh(MessageId id, DateTimeOffset now)
    {
        var milliseconds = Convert.ToInt64($"{id}"[..12], 16);
        var age = now.ToUnixTimeMilliseconds() - milliseconds;
        return id.Value.Version == 7 && age >= -NotYetRecorded.TotalMilliseconds && age <= NotYetRecorded.TotalMilliseconds;
    }
}
