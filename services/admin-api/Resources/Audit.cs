using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using AdminApi.Authentication;
using AdminApi.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Persistence;
using Persistence.Configuration;

namespace AdminApi.Resources;

/// <summary>Who changed what, before and after; secrets are left out.</summary>
internal sealed record AuditDocument(
    long Id,
    DateTimeOffset At,
    string Actor,
    [property: Description("created, updated, deleted; unbound for a session; replayed, purged for dead letters.")] string Action,
    [property: Description(
        "account, smpp-user, esme-trace, api-key, connector, route, esme-session, or dead-letters of the queue that entityId names."
    )]
        string Entity,
    string EntityId,
    JsonElement? Before,
    JsonElement? After
)
{
    public static AuditDocument From(AuditEntry entry) =>
        new(entry.Id, entry.At, entry.Actor, entry.Action, entry.Entity, entry.EntityId, Json(entry.Before), Json(entry.After));

    private static JsonElement? Json(string? text) => text is null ? null : JsonElement.Parse(text);
}

/// <summary>Which entries are wanted.</summary>
internal sealed record AuditFilter(
    [property: FromQuery(Name = "entity"), Description("Only of this kind.")] string? Entity,
    [property: FromQuery(Name = "entityId"), Description("Only about the one with this id.")] string? EntityId,
    [property: FromQuery(Name = "actor"), Description("Only by this caller.")] string? Actor
);

/// <summary>`/v1/audit`.</summary>
internal static class Audit
{
    public static void MapAudit(this IEndpointRouteBuilder v1) =>
        v1.MapGet("/audit", ListAsync)
            .WithTags("audit")
            .RequireAuthorization(Access.Admin)
            .Describe("listAudit", "Lists the changes of the configuration, newest first.")
            .Produces<Page<AuditDocument>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);

    private static async Task<IResult> ListAsync(
        [AsParameters] AuditFilter filter,
        [AsParameters] PageQuery page,
        PlatformDbContext db,
        CancellationToken cancellationToken
    )
    {
        var entries = db.AuditLog.AsNoTracking();
        if (page.After is { } after)
        {
            if (!long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                return Problems.Invalid("after", "must be the next of the page before");
            }

            entries = entries.Where(entry => entry.Id < last);
        }

        entries = filter.Entity is { } entity ? entries.Where(entry => entry.Entity == entity) : entries;
        entries = filter.EntityId is { } id ? entries.Where(entry => entry.EntityId == id) : entries;
        entries = filter.Actor is { } actor ? entries.Where(entry => entry.Actor == actor) : entries;
        var found = await entries.OrderByDescending(entry => entry.Id).Take(page.Size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(found, AuditDocument.From, entry => entry.Id.ToString(CultureInfo.InvariantCulture)));
    }
}
