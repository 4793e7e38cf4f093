using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Messaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Persistence;
using Persistence.Configuration;

namespace AdminApi.Resources;

/// <summary>`/v1/connectors`.</summary>
internal static class Connectors
{
    public static void MapConnectors(this IEndpointRouteBuilder v1)
    {
        var connectors = v1.MapGroup("/connectors").WithTags("connectors").RequireAuthorization(Access.Admin);
        connectors.MapGet("", ListAsync).Describe("listConnectors", "Lists connectors by id.").Produces<Page<ConnectorDocument>>();
        connectors
            .MapPost("", CreateAsync)
            .Describe("createConnector", "Creates a connector; workers bind it within a second.")
            .Creates<ConnectorDocument>();
        connectors.MapGet("/{id}", GetAsync).Describe("getConnector", "Shows a connector.").Finds<ConnectorDocument>();
        connectors
            .MapPut("/{id}", ReplaceAsync)
            .Describe("replaceConnector", "Replaces a connector: what is left out gets its default, only the password is kept.")
            .Changes<ConnectorDocument>();
        connectors
            .MapPatch("/{id}", PatchAsync)
            .Describe("patchConnector", "Changes the fields given (JSON merge patch).")
            .Changes<ConnectorDocument>();
        connectors
            .MapDelete("/{id}", DeleteAsync)
            .Describe("deleteConnector", "Deletes a connector that no route names and for which no message waits.")
            .Deletes();
        connectors
            .MapPost(
                "/{id}:stop",
                (string id, ConfigurationEdit edit, PasswordSeal seal, CancellationToken ct) => SwitchAsync(id, false, edit, seal, ct)
            )
            .Describe("stopConnector", "Unbinds a connector; its messages wait.")
            .Finds<ConnectorDocument>();
        connectors
            .MapPost(
                "/{id}:start",
                (string id, ConfigurationEdit edit, PasswordSeal seal, CancellationToken ct) => SwitchAsync(id, true, edit, seal, ct)
            )
            .Describe("startConnector", "Binds a connector.")
            .Finds<ConnectorDocument>();
    }

    private static async Task<IResult> ListAsync([AsParameters] PageQuery page, PlatformDbContext db, CancellationToken cancellationToken)
    {
        var connectors = db.Connectors.AsNoTracking();
        if (page.After is { } after)
        {
            connectors = connectors.Where(connector => string.Compare(connector.Id, after) > 0);
        }

        var found = await connectors.OrderBy(connector => connector.Id).Take(page.Size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(found, ConnectorDocument.From, connector => connector.Id));
    }

    private static async Task<IResult> GetAsync(string id, PlatformDbContext db, CancellationToken cancellationToken) =>
        await db.Connectors.FindAsync([id], cancellationToken) is { } connector
            ? TypedResults.Ok(ConnectorDocument.From(connector))
            : NotFound(id);

    private static async Task<IResult> CreateAsync(
        Body<ConnectorDocument> body,
        ConfigurationEdit edit,
        PasswordSeal seal,
        CancellationToken cancellationToken
    )
    {
        var document = body.Value;
        var errors = new FieldErrors();
        errors.NewId(document.Id);
        foreach (var suffix in (string[])[QueueNames.HighSuffix, QueueNames.Dead("")])
        {
            if (document.Id?.EndsWith(suffix, StringComparison.Ordinal) == true)
            {
                // dispatch-x-high is the high lane of connector x.
                errors.Add("id", $"must not end in {suffix}: queues do");
            }
        }

        document.Check(errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Connectors.AnyAsync(connector => connector.Id == document.Id, cancellationToken))
        {
            return Problems.Conflict($"There is a connector {document.Id} already.");
        }

        var created = new Connector
        {
            Id = document.Id!,
            Operator = document.Operator,
            Host = document.Host,
            SystemId = document.SystemId,
        };
        document.WriteTo(created, seal);
        edit.Db.Connectors.Add(created);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Created($"/v1/connectors/{created.Id}", ConnectorDocument.From(created));
    }

    private static Task<IResult> ReplaceAsync(
        string id,
        Body<ConnectorDocument> body,
        ConfigurationEdit edit,
        PasswordSeal seal,
        CancellationToken cancellationToken
    ) => UpdateAsync(id, edit, seal, (_, _) => body.Value, cancellationToken);

    private static Task<IResult> PatchAsync(
        string id,
        Patch<ConnectorDocument> patch,
        ConfigurationEdit edit,
        PasswordSeal seal,
        CancellationToken cancellationToken
    ) => UpdateAsync(id, edit, seal, patch.Apply, cancellationToken);

    private static Task<IResult> SwitchAsync(
        string id,
        bool enabled,
        ConfigurationEdit edit,
        PasswordSeal seal,
        CancellationToken cancellationToken
    ) => UpdateAsync(id, edit, seal, (current, _) => current with { Enabled = enabled }, cancellationToken);

    private static async Task<IResult> UpdateAsync(
        string id,
        ConfigurationEdit edit,
        PasswordSeal seal,
        Func<ConnectorDocument, FieldErrors, ConnectorDocument?> change,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Connectors.FindAsync([id], cancellationToken) is not { } connector)
        {
            return NotFound(id);
        }

        var errors = new FieldErrors();
        var document = change(ConnectorDocument.From(connector), errors);
        document?.Check(errors);
        errors.SameId("id", document?.Id, id);
        if (document is null || errors.Any)
        {
            return Problems.Invalid(errors);
        }

        document.WriteTo(connector, seal);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Ok(ConnectorDocument.From(connector));
    }

    private static async Task<IResult> DeleteAsync(
        string id,
        ConfigurationEdit edit,
        IMessageQueue queue,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Connectors.FindAsync([id], cancellationToken) is not { } connector)
        {
            return NotFound(id);
        }

        var routes = await edit.Db.Routes.AsNoTracking().ToListAsync(cancellationToken);
        if (routes.Find(route => route.Targets.Exists(target => target.Connector == id)) is { } route)
        {
            return Problems.Conflict($"Route {route.Id} sends to connector {id}: change the route first.");
        }

        var normal = await queue.DepthAsync(QueueNames.Dispatch(id), cancellationToken);
        var high = await queue.DepthAsync(QueueNames.DispatchHigh(id), cancellationToken);
        var waiting = normal.Total + high.Total;
        if (waiting > 0)
        {
            return Problems.Conflict($"{waiting} messages wait for connector {id}: let them go out, or stop it instead.");
        }

        edit.Db.Connectors.Remove(connector);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static ProblemHttpResult NotFound(string id) => Problems.NotFound($"There is no connector {id}.");
}
