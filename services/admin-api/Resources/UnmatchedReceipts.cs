using System.ComponentModel;
using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Microsoft.AspNetCore.Mvc;
using Persistence.Ledger;

namespace AdminApi.Resources;

/// <summary>An operator's receipt that has found no message.</summary>
internal sealed record UnmatchedReceiptDocument(
    [property: Description("The platform's id of the receipt.")] string Id,
    [property: Description("waiting: still tried, for up to 72 h; unmatched: given up and kept.")] string Status,
    string Operator,
    [property: Description("The connector it came by.")] string Connector,
    [property: Description("The operator's message id as received: the TLV's, else the text's.")] string OperatorId,
    [property: Description("The id in the text where it differs from the TLV's; null where it does not.")] string? TextId,
    [property: Description("The receipt's source address: the recipient of the message it is about.")] string? Source,
    [property: Description("The receipt's destination address.")] string? Destination,
    [property: Description("The state it reports; null when it names none that the platform knows.")] MessageState? State,
    [property: Description("The operator's word for the state.")] string Stat,
    [property: Description("The operator's error code.")] string Error,
    [property: Description("When it came.")] DateTimeOffset ReceivedAt,
    [property: Description("Since when it waits, or when it was given up.")] DateTimeOffset Since,
    [property: Description("How often it was tried again; 0 once given up.")] int Tries,
    [property: Description("Why it was given up; null while it waits.")] string? Reason
)
{
    public static UnmatchedReceiptDocument From(LooseReceipt loose) =>
        new(
            $"{loose.Receipt.ReceiptId:N}",
            loose.IsWaiting ? UnmatchedReceipts.Waiting : UnmatchedReceipts.Unmatched,
            loose.Receipt.Operator,
            loose.Receipt.Connector,
            loose.Receipt.OperatorId,
            loose.Receipt.TextId,
            loose.Receipt.Source?.Digits,
            loose.Receipt.Destination?.Digits,
            loose.Receipt.State,
            loose.Receipt.Stat,
            loose.Receipt.Error,
            loose.Receipt.At,
            loose.At,
            loose.Tries,
            loose.Reason
        );
}

/// <summary>`/v1/unmatched-receipts`.</summary>
internal static class UnmatchedReceipts
{
    public const string Waiting = "waiting";
    public const string Unmatched = "unmatched";

    public static void MapUnmatchedReceipts(this IEndpointRouteBuilder v1) =>
        v1.MapGet("/unmatched-receipts", ListAsync)
            .WithTags("messages")
            .RequireAuthorization(Access.Admin)
            .Describe(
                "listUnmatchedReceipts",
                "Lists operators' receipts that have found no message, newest first: those still tried, and those given up after 72 h."
            )
            .Produces<Page<UnmatchedReceiptDocument>>();

    private static async Task<IResult> ListAsync(
        [AsParameters] PageQuery page,
        [FromQuery, Description("Only those with this status: waiting or unmatched.")] string? status,
        MessageLedger ledger,
        CancellationToken cancellationToken
    )
    {
        if (status is not (null or Waiting or Unmatched))
        {
            return Problems.Invalid("status", $"must be {Waiting} or {Unmatched}");
        }

        Guid? after = null;
        if (page.After is { } text)
        {
            if (!Guid.TryParseExact(text, "N", out var id))
            {
                return Problems.Invalid("after", "must be the next of the page before");
            }

            after = id;
        }

        bool? waiting = status is null ? null : status == Waiting;
        var receipts = await ledger.ReadLooseReceiptsAsync(waiting, after, page.Size + 1, cancellationToken);
        return TypedResults.Ok(page.Of(receipts, UnmatchedReceiptDocument.From, loose => $"{loose.Receipt.ReceiptId:N}"));
    }
}
