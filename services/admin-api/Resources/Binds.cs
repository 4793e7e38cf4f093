using System.ComponentModel;
using System.Globalization;
using System.Security.Claims;
using AdminApi.Authentication;
using AdminApi.Http;
using Persistence;
using Persistence.Leases;

namespace AdminApi.Resources;

/// <summary>A bind: to an operator, one slot of a connector; or an ESME's, one session with a gateway process.</summary>
internal sealed record BindDocument
{
    [Description("Of an operator bind: connector and slot. Of an ESME's: its session, a UUID.")]
    public required string Id { get; init; }

    [Description("operator or esme.")]
    public required string Kind { get; init; }

    [Description("Whether traffic can pass now.")]
    public bool Bound { get; init; }

    [Description(
        "bound, connecting, waiting to reconnect, waiting for outbind (its SMSC calls us), waiting to listen, stopping, free, ..."
    )]
    public required string State { get; init; }

    [Description("Since when it is in its state; of an ESME, since when it is bound.")]
    public DateTimeOffset StateAt { get; init; }

    [Description("The process that has it.")]
    public Guid? Holder { get; init; }

    [Description("Operator binds only, as are slot, leased, fence and lastError.")]
    public string? Connector { get; init; }

    public int? Slot { get; init; }

    public bool? Leased { get; init; }

    public long? Fence { get; init; }

    [Description("Why the bind was last lost or refused; kept while it is bound again.")]
    public string? LastError { get; init; }

    [Description("Operator binds only: parts a second it may submit now; absent without a limit.")]
    public double? Pace { get; init; }

    [Description("ESMEs only, as are account, remote, mode, version, sent, received, receiveRate and lastPduAt.")]
    public string? SystemId { get; init; }

    public string? Account { get; init; }

    [Description("The client's address.")]
    public string? Remote { get; init; }

    [Description("transmitter, receiver or transceiver.")]
    public string? Mode { get; init; }

    [Description("The interface_version of its bind: 3.3, 3.4, 5.0.")]
    public string? Version { get; init; }

    [Description("Unanswered requests it may have; of an operator's bind, ours.")]
    public int? Window { get; init; }

    [Description("Unanswered requests it has.")]
    public int? InFlight { get; init; }

    [Description("PDUs it has sent since the bind.")]
    public long? Received { get; init; }

    [Description("PDUs it was sent since the bind.")]
    public long? Sent { get; init; }

    [Description(
        "Requests answered ESME_RTHROTTLED because its window was full. Of an operator's bind: what it answered ESME_RTHROTTLED or ESME_RMSGQFUL."
    )]
    public long? Throttled { get; init; }

    [Description("PDUs a second it sent over the last minute.")]
    public double? ReceiveRate { get; init; }

    [Description("PDUs a second it was sent over the last minute; of an operator's bind, parts it answered in the last second.")]
    public double? SendRate { get; init; }

    [Description("When a PDU of it last came; figures are some seconds old.")]
    public DateTimeOffset? LastPduAt { get; init; }

    [Description("Which PDU that was: submit_sm, enquire_link, ...")]
    public string? LastPdu { get; init; }

    public static BindDocument From(BindSlotRow row) =>
        new()
        {
            Id = Key(row),
            Kind = "operator",
            Connector = row.Connector,
            Slot = row.Slot,
            Bound = row.IsBound && row.IsLeased,
            Leased = row.IsLeased,
            State = row.State,
            StateAt = row.StateAt,
            Holder = row.Holder,
            Fence = row.Fence,
            LastError = row.LastError,
            Window = row.Window,
            InFlight = row.InFlight,
            SendRate = Math.Round(row.SubmitRate, 1),
            Pace = row.Pace is { } pace ? Math.Round(pace, 2) : null,
            Throttled = row.Throttled,
        };

    public static BindDocument From(EsmeSessionRow row) =>
        new()
        {
            Id = $"{row.Id}",
            Kind = "esme",
            Bound = true,
            State = "bound",
            StateAt = row.BoundAt,
            Holder = row.Instance,
            SystemId = row.SystemId,
            Account = row.Account,
            Remote = row.Remote,
            Mode = row.Mode,
            Version = string.Create(CultureInfo.InvariantCulture, $"{row.Version >> 4}.{row.Version & 0xF}"),
            Window = row.Window,
            InFlight = row.InFlight,
            Received = row.Received,
            Sent = row.Sent,
            Throttled = row.Throttled,
            ReceiveRate = Math.Round(row.ReceiveRate, 1),
            SendRate = Math.Round(row.SendRate, 1),
            LastPduAt = row.LastPduAt,
            LastPdu = row.LastPdu,
        };

    /// <summary>Slots are numbers, so the last dash ends the connector's id.</summary>
    public static string Key(BindSlotRow row) => $"{row.Connector}-{row.Slot}";
}

/// <summary>`/v1/binds`.</summary>
internal static class Binds
{
    public static void MapBinds(this IEndpointRouteBuilder v1)
    {
        var binds = v1.MapGroup("/binds").WithTags("binds").RequireAuthorization(Access.Admin);
        binds
            .MapGet("", ListAsync)
            .Describe(
                "listBinds",
                "Lists the binds to operators, every slot of every connector; then the bound ESMEs: who, from where, since when, rates."
            )
            .Produces<Page<BindDocument>>();
        binds
            .MapPost("/{id}:unbind", UnbindAsync)
            .Describe(
                "unbind",
                "Unbinds a session, within a second or two. An ESME may bind again: to keep it out, disable its user. A bind to an operator is bound "
                    + "again by its worker after a second or more, or when its SMSC calls: to keep it away, stop its connector."
            )
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> ListAsync(
        [AsParameters] PageQuery page,
        BindSlots slots,
        EsmeDirectory esmes,
        CancellationToken cancellationToken
    )
    {
        // Operators' binds come first; a cursor that is a session's id is beyond them.
        var found = new List<BindDocument>();
        Guid? lastSession = Guid.TryParseExact(page.After, "D", out var session) ? session : null;
        if (lastSession is null)
        {
            var rows = await slots.ListAsync(cancellationToken);
            var after = page.After is { } last ? rows.FindIndex(row => BindDocument.Key(row) == last) : -1;
            found.AddRange(rows[(after + 1)..].Select(BindDocument.From));
        }

        if (found.Count <= page.Size)
        {
            var rows = await esmes.ListAsync(lastSession, page.Size + 1 - found.Count, cancellationToken);
            found.AddRange(rows.Select(BindDocument.From));
        }

        return TypedResults.Ok(page.Of(found, document => document, document => document.Id));
    }

    private static async Task<IResult> UnbindAsync(
        string id,
        ClaimsPrincipal caller,
        EsmeDirectory esmes,
        BindSlots slots,
        Notifications notifications,
        CancellationToken cancellationToken
    )
    {
        if (!Guid.TryParseExact(id, "D", out var session))
        {
            return await UnbindSlotAsync(id, caller, slots, cancellationToken);
        }

        if (!await esmes.OrderUnbindAsync(session, caller.Name(), cancellationToken))
        {
            return Problems.NotFound($"There is no bind {id}.");
        }

        notifications.Notify(Notifications.Commands);
        return TypedResults.Accepted((string?)null);
    }

    /// <summary>Workers look for what they are told every second.</summary>
    private static async Task<IResult> UnbindSlotAsync(
        string id,
        ClaimsPrincipal caller,
        BindSlots slots,
        CancellationToken cancellationToken
    )
    {
        if ((await slots.ListAsync(cancellationToken)).Find(row => BindDocument.Key(row) == id) is not { } slot)
        {
            return Problems.NotFound($"There is no bind {id}.");
        }

        return await slots.OrderUnbindAsync(slot.Connector, slot.Slot, caller.Name(), cancellationToken)
            ? TypedResults.Accepted((string?)null)
            : Problems.Conflict($"{id} is not bound.");
    }
}
