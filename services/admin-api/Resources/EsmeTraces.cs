using System.ComponentModel;
using System.Globalization;
using System.Security.Claims;
using AdminApi.Authentication;
using AdminApi.Http;
using Microsoft.EntityFrameworkCore;
using Persistence;
using Persistence.Configuration;
using Persistence.Leases;

namespace AdminApi.Resources;

/// <summary>What is to be traced.</summary>
internal sealed record TraceOrder
{
    /// <summary>The longest trace: it is for the case at hand, and nobody forgets one for longer.</summary>
    public const int MaxMinutes = 60;

    [Description("How long, 1-60 minutes; then it ends by itself.")]
    public int Minutes { get; init; } = 10;

    [Description("Also what messages say (short_message, message_payload). Else only how long they are.")]
    public bool Content { get; init; }
}

/// <summary>A trace of one ESME.</summary>
internal sealed record TraceDocument(
    string SystemId,
    [property: Description("Whether it goes on.")] bool Running,
    DateTimeOffset StartedAt,
    DateTimeOffset EndsAt,
    [property: Description("Whether what messages say is shown.")] bool Content,
    string StartedBy
)
{
    public static TraceDocument From(EsmeTrace trace, DateTimeOffset now) =>
        new(trace.SystemId, now < trace.EndsAt, trace.StartedAt, trace.EndsAt, trace.Content, trace.StartedBy);
}

/// <summary>A traced PDU.</summary>
internal sealed record TracedPduDocument(
    long Id,
    DateTimeOffset At,
    [property: Description("received or sent; null where PDUs were left out.")] string? Direction,
    [property: Description("Its bind, as in /v1/binds; a refused one is none.")] Guid? Session,
    [property: Description("The client's address.")] string? Remote,
    [property: Description("The specification's name: submit_sm, deliver_sm_resp, ...")] string? Command,
    [property: Description("sequence_number.")] long? Sequence,
    [property: Description("command_status of a response.")] string? Status,
    [property: Description("Its fields; those that are empty or 0 are left out. Addresses as digits(TON/NPI). Never a password.")]
        string Line,
    [property: Description("PDUs left out here: more than a trace takes.")] int LeftOut
)
{
    public static TracedPduDocument From(TracedPdu pdu) =>
        new(pdu.Id, pdu.At, pdu.Direction, pdu.Session, pdu.Remote, pdu.Command, pdu.Sequence, pdu.Status, pdu.Line, pdu.LeftOut);
}

/// <summary>One page of what was traced.</summary>
/// <param name="Trace">The trace last switched on; null when there was none, or it was switched off.</param>
/// <param name="Items">PDUs, the oldest first.</param>
/// <param name="Next">What to give as <c>after</c> for the next page; null on the last.</param>
internal sealed record TracePage(TraceDocument? Trace, IReadOnlyList<TracedPduDocument> Items, string? Next);

/// <summary>`/v1/accounts/{account}/smpp-users/{systemId}:trace`.</summary>
internal static class EsmeTraces
{
    public static void MapEsmeTraces(this IEndpointRouteBuilder v1)
    {
        var traces = v1.MapGroup("/accounts/{account}/smpp-users").WithTags("smpp-users").RequireAuthorization(Access.Admin);
        traces
            .MapPost("/{systemId}:trace", StartAsync)
            .Describe(
                "startTrace",
                "Writes down every PDU of an SMPP user's sessions for a while, from within a second on; one under way is replaced."
            )
            .Changes<TraceDocument>();
        traces
            .MapGet("/{systemId}:trace", ListAsync)
            .Describe("readTrace", "Lists what was traced of an SMPP user in the last 7 days, the oldest first.")
            .Finds<TracePage>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        traces
            .MapDelete("/{systemId}:trace", StopAsync)
            .Describe("stopTrace", "Ends an SMPP user's trace. What was traced stays readable.")
            .Deletes();
    }

    private static async Task<IResult> StartAsync(
        string account,
        string systemId,
        Body<TraceOrder> body,
        ClaimsPrincipal caller,
        ConfigurationEdit edit,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        errors.Range("minutes", body.Value.Minutes, 1, TraceOrder.MaxMinutes);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        await using var turn = await edit.BeginAsync(cancellationToken);
        if (!await ExistsAsync(edit.Db, account, systemId, cancellationToken))
        {
            return SmppUsers.NotFound(account, systemId);
        }

        var trace = await edit.Db.EsmeTraces.FindAsync([systemId], cancellationToken);
        if (trace is null)
        {
            trace = new EsmeTrace { SystemId = systemId, StartedBy = caller.Name() };
            edit.Db.EsmeTraces.Add(trace);
        }

        var now = time.GetUtcNow();
        trace.StartedAt = now;
        trace.EndsAt = now + TimeSpan.FromMinutes(body.Value.Minutes);
        trace.Content = body.Value.Content;
        trace.StartedBy = caller.Name();
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Ok(TraceDocument.From(trace, now));
    }

    private static async Task<IResult> ListAsync(
        string account,
        string systemId,
        [AsParameters] PageQuery page,
        PlatformDbContext db,
        TracedPdus traced,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var after = 0L;
        if (page.After is not null && !long.TryParse(page.After, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            return Problems.Invalid("after", "must be the next of the page before");
        }

        if (!await ExistsAsync(db, account, systemId, cancellationToken))
        {
            return SmppUsers.NotFound(account, systemId);
        }

        var trace = await db.EsmeTraces.AsNoTracking().FirstOrDefaultAsync(t => t.SystemId == systemId, cancellationToken);
        var found = await traced.ListAsync(account, systemId, after, page.Size + 1, cancellationToken);
        var items = page.Of(found, TracedPduDocument.From, pdu => pdu.Id.ToString(CultureInfo.InvariantCulture));
        return TypedResults.Ok(new TracePage(trace is null ? null : TraceDocument.From(trace, time.GetUtcNow()), items.Items, items.Next));
    }

    private static async Task<IResult> StopAsync(
        string account,
        string systemId,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (!await ExistsAsync(edit.Db, account, systemId, cancellationToken))
        {
            return SmppUsers.NotFound(account, systemId);
        }

        if (await edit.Db.EsmeTraces.FindAsync([systemId], cancellationToken) is not { } trace)
        {
            return Problems.NotFound($"SMPP user {systemId} is not traced.");
        }

        edit.Db.EsmeTraces.Remove(trace);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static Task<bool> ExistsAsync(PlatformDbContext db, string account, string systemId, CancellationToken cancellationToken) =>
        db.SmppUsers.AnyAsync(user => user.AccountId == account && user.SystemId == systemId, cancellationToken);
}
