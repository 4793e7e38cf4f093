using System.Globalization;
using AdminApi.Authentication;
using AdminApi.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Persistence;
using Route = Persistence.Configuration.Route;

namespace AdminApi.Resources;

/// <summary>`/v1/routes`.</summary>
internal static class Routes
{
    public static void MapRoutes(this IEndpointRouteBuilder v1)
    {
        var routes = v1.MapGroup("/routes").WithTags("routes").RequireAuthorization(Access.Admin);
        routes
            .MapGet("", ListAsync)
            .Describe("listRoutes", "Lists routes in the order in which they are tried.")
            .Produces<Page<RouteDocument>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        routes.MapPost("", CreateAsync).Describe("createRoute", "Creates a route.").Creates<RouteDocument>();
        routes.MapGet("/{id}", GetAsync).Describe("getRoute", "Shows a route.").Finds<RouteDocument>();
        routes
            .MapPut("/{id}", ReplaceAsync)
            .Describe("replaceRoute", "Replaces a route: what is left out gets its default.")
            .Changes<RouteDocument>();
        routes
            .MapPatch("/{id}", PatchAsync)
            .Describe("patchRoute", "Changes the fields given (JSON merge patch).")
            .Changes<RouteDocument>();
        routes.MapDelete("/{id}", DeleteAsync).Describe("deleteRoute", "Deletes a route.").Deletes();
        v1.MapExplain();
    }

    private static async Task<IResult> ListAsync([AsParameters] PageQuery page, PlatformDbContext db, CancellationToken cancellationToken)
    {
        var routes = db.Routes.AsNoTracking();
        if (page.After is { } after)
        {
            if (!TryReadCursor(after, out var priority, out var id))
            {
                return Problems.Invalid("after", "must be the next of the page before");
            }

            routes = routes.Where(route => route.Priority > priority || (route.Priority == priority && string.Compare(route.Id, id) > 0));
        }

        var found = await routes
            .OrderBy(route => route.Priority)
            .ThenBy(route => route.Id)
            .Take(page.Size + 1)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(found, RouteDocument.From, Cursor));
    }

    private static async Task<IResult> GetAsync(string id, PlatformDbContext db, CancellationToken cancellationToken) =>
        await db.Routes.FindAsync([id], cancellationToken) is { } route ? TypedResults.Ok(RouteDocument.From(route)) : NotFound(id);

    private static async Task<IResult> CreateAsync(Body<RouteDocument> body, ConfigurationEdit edit, CancellationToken cancellationToken)
    {
        var document = body.Value;
        var errors = new FieldErrors();
        errors.NewId(document.Id);
        document.Check(errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Routes.AnyAsync(route => route.Id == document.Id, cancellationToken))
        {
            return Problems.Conflict($"There is a route {document.Id} already.");
        }

        await CheckReferencesAsync(document, edit.Db, errors, cancellationToken);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var created = new Route { Id = document.Id! };
        document.WriteTo(created);
        edit.Db.Routes.Add(created);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Created($"/v1/routes/{created.Id}", RouteDocument.From(created));
    }

    private static Task<IResult> ReplaceAsync(
        string id,
        Body<RouteDocument> body,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    ) => UpdateAsync(id, edit, (_, _) => body.Value, cancellationToken);

    private static Task<IResult> PatchAsync(
        string id,
        Patch<RouteDocument> patch,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    ) => UpdateAsync(id, edit, patch.Apply, cancellationToken);

    private static async Task<IResult> UpdateAsync(
        string id,
        ConfigurationEdit edit,
        Func<RouteDocument, FieldErrors, RouteDocument?> change,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Routes.FindAsync([id], cancellationToken) is not { } route)
        {
            return NotFound(id);
        }

        var errors = new FieldErrors();
        var document = change(RouteDocument.From(route), errors);
        document?.Check(errors);
        errors.SameId("id", document?.Id, id);
        if (document is not null && !errors.Any)
        {
            await CheckReferencesAsync(document, edit.Db, errors, cancellationToken);
        }

        if (document is null || errors.Any)
        {
            return Problems.Invalid(errors);
        }

        document.WriteTo(route);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Ok(RouteDocument.From(route));
    }

    private static async Task<IResult> DeleteAsync(string id, ConfigurationEdit edit, CancellationToken cancellationToken)
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Routes.FindAsync([id], cancellationToken) is not { } route)
        {
            return NotFound(id);
        }

        edit.Db.Routes.Remove(route);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task CheckReferencesAsync(
        RouteDocument route,
        PlatformDbContext db,
        FieldErrors errors,
        CancellationToken cancellationToken
    )
    {
        var wanted = route.Targets.Select(target => target.Connector).ToList();
        var there = await db
            .Connectors.Where(connector => wanted.Contains(connector.Id))
            .Select(connector => connector.Id)
            .ToListAsync(cancellationToken);
        for (var i = 0; i < wanted.Count; i++)
        {
            if (!there.Contains(wanted[i]))
            {
                errors.Add($"targets[{i}].connector", $"there is no connector {wanted[i]}: create it first");
            }
        }

        if (route.Match.Account is { } account && !await db.Accounts.AnyAsync(a => a.Id == account, cancellationToken))
        {
            errors.Add("match.account", $"there is no account {account}");
        }

        if (route.Match.SystemId is { } systemId && !await db.SmppUsers.AnyAsync(user => user.SystemId == systemId, cancellationToken))
        {
            errors.Add("match.systemId", $"there is no SMPP user {systemId}");
        }
    }

    /// <summary>Routes go by priority, then id; so does the cursor.</summary>
    private static string Cursor(Route route) => string.Create(CultureInfo.InvariantCulture, $"{route.Priority}.{route.Id}");

    private static bool TryReadCursor(string cursor, out int priority, out string id)
    {
        var dot = cursor.IndexOf('.', StringComparison.Ordinal);
        id = cursor[(dot + 1)..];
        priority = 0;
        return dot > 0 && int.TryParse(cursor.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out priority);
    }

    private static ProblemHttpResult NotFound(string id) => Problems.NotFound($"There is no route {id}.");
}
