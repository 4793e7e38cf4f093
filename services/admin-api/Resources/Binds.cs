using AdminApi.Authentication;
using AdminApi.Http;
using Persistence.Leases;

namespace AdminApi.Resources;

/// <summary>A bind to an operator: one slot of a connector.</summary>
internal sealed record BindDocument(
    string Id,
    string Kind,
    string Connector,
    int Slot,
    bool Bound,
    bool Leased,
    string State,
    DateTimeOffset StateAt,
    Guid? Holder,
    long Fence,
    string? LastError
)
{
    public static BindDocument From(BindSlotRow row) =>
        new(
            Key(row),
            "operator",
            row.Connector,
            row.Slot,
            row.IsBound && row.IsLeased,
            row.IsLeased,
            row.State,
            row.StateAt,
            row.Holder,
            row.Fence,
            row.LastError
        );

    /// <summary>Slots are numbers, so the last dash ends the connector's id.</summary>
    public static string Key(BindSlotRow row) => $"{row.Connector}-{row.Slot}";
}

/// <summary>`/v1/binds`.</summary>
internal static class Binds
{
    public static void MapBinds(this IEndpointRouteBuilder v1) =>
        v1.MapGet("/binds", ListAsync)
            .WithTags("binds")
            .RequireAuthorization(Access.Admin)
            .Describe("listBinds", "Lists the binds to operators: every slot of every connector, who holds it and whether it is bound.")
            .Produces<Page<BindDocument>>();

    private static async Task<IResult> ListAsync([AsParameters] PageQuery page, BindSlots slots, CancellationToken cancellationToken)
    {
        var rows = await slots.ListAsync(cancellationToken);
        var after = page.After is { } last ? rows.FindIndex(row => BindDocument.Key(row) == last) : -1;
        return TypedResults.Ok(page.Of(rows[(after + 1)..], BindDocument.From, BindDocument.Key));
    }
}
