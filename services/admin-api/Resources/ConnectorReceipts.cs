using System.ComponentModel;
using AdminApi.Authentication;
using AdminApi.Http;
using Persistence;
using Persistence.Configuration;
using Persistence.Ledger;

namespace AdminApi.Resources;

/// <summary>Receipts of a connector that found their message in another way than it is configured for.</summary>
internal sealed record ReceiptRescueDocument(
    [property: Description(
        "asIs, hexToDec, decToHex: with ids read so; text: by the id in the text, the TLV's being unknown; otherNumber: by the id, though about another number."
    )]
        ReceiptRescue Kind,
    long Count,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt
);

/// <summary>How the receipts of a connector find their messages.</summary>
internal sealed record ConnectorReceiptsDocument(
    string Connector,
    [property: Description("As configured.")] DlrIdFormat DlrIdFormat,
    [property: Description(
        "The dlrIdFormat that would have found the last of them at once; null when that is the configured one, or there are none."
    )]
        DlrIdFormat? Advised,
    IReadOnlyList<ReceiptRescueDocument> Rescued
);

/// <summary>`/v1/connectors/{id}/receipts`.</summary>
internal static class ConnectorReceipts
{
    public static void MapConnectorReceipts(this IEndpointRouteBuilder v1) =>
        v1.MapGet("/connectors/{id}/receipts", GetAsync)
            .WithTags("connectors")
            .RequireAuthorization(Access.Admin)
            .Describe(
                "getConnectorReceipts",
                "Shows how many receipts of a connector found their message only in another way than configured, and which dlrIdFormat to set."
            )
            .Finds<ConnectorReceiptsDocument>();

    private static async Task<IResult> GetAsync(string id, PlatformDbContext db, MessageLedger ledger, CancellationToken cancellationToken)
    {
        if (await db.Connectors.FindAsync([id], cancellationToken) is not { } connector)
        {
            return Problems.NotFound($"There is no connector {id}.");
        }

        var rescued = await ledger.ReadRescuesAsync(id, cancellationToken);
        return TypedResults.Ok(
            new ConnectorReceiptsDocument(
                id,
                connector.DlrIdFormat,
                Advice(connector.DlrIdFormat, rescued),
                [.. rescued.Select(row => new ReceiptRescueDocument(row.Kind, row.Count, row.FirstAt, row.LastAt))]
            )
        );
    }

    private static DlrIdFormat? Advice(DlrIdFormat configured, List<ReceiptRescues> rescued)
    {
        // The latest, not the most: what was counted before the format was set says nothing about it.
        var last = rescued
            .OrderByDescending(row => row.LastAt)
            .Select(row => Format(row.Kind))
            .FirstOrDefault(format => format is not null);
        return last == configured ? null : last;
    }

    private static DlrIdFormat? Format(ReceiptRescue kind) =>
        kind switch
        {
            ReceiptRescue.AsIs => DlrIdFormat.AsIs,
            ReceiptRescue.HexToDec => DlrIdFormat.HexToDec,
            ReceiptRescue.DecToHex => DlrIdFormat.DecToHex,
            _ => null,
        };
}
