using System.Globalization;
using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Persistence.Ledger;

namespace AdminApi.Resources;

/// <summary>A part whose answer from the operator was lost: the operator may have it more than once, or not at all.</summary>
internal sealed record UncertainSubmitDocument(MessageId Id, int Part, string Connector, int Attempts, int LostAnswers, MessageState State)
{
    public static UncertainSubmitDocument From(UncertainSubmit row) =>
        new(row.Id, row.Part, row.Connector, row.Attempts, row.LostAnswers, row.State);
}

/// <summary>`/v1/uncertain-submits`.</summary>
internal static class UncertainSubmits
{
    public static void MapUncertainSubmits(this IEndpointRouteBuilder v1) =>
        v1.MapGet("/uncertain-submits", ListAsync)
            .WithTags("messages")
            .RequireAuthorization(Access.Admin)
            .Describe(
                "listUncertainSubmits",
                "Lists the messages whose operator's answer was lost: sent again by the connector's policy, or waiting. Nothing else can have reached an operator twice."
            )
            .Produces<Page<UncertainSubmitDocument>>();

    private static async Task<IResult> ListAsync([AsParameters] PageQuery page, MessageLedger ledger, CancellationToken cancellationToken)
    {
        if (!TryReadCursor(page.After, out var after))
        {
            return Problems.Invalid("after", "must be the next of the page before");
        }

        var rows = await ledger.ReadUncertainAsync(after, page.Size + 1, cancellationToken);
        return TypedResults.Ok(page.Of(rows, UncertainSubmitDocument.From, row => $"{row.Id}-{row.Part}"));
    }

    /// <summary>A page ends with a part, and its message's other parts are on the next: the cursor is both, <c>id-part</c>.</summary>
    private static bool TryReadCursor(string? text, out (MessageId Id, short Part)? after)
    {
        after = null;
        if (text is null)
        {
            return true;
        }

        if (
            text.Split('-') is not [var id, var part]
            || !MessageId.TryParse(id, out var message)
            || !short.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        )
        {
            return false;
        }

        after = (message, number);
        return true;
    }
}
