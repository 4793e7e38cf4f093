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
        MessageId? after = null;
        if (page.After is { } text)
        {
            if (!MessageId.TryParse(text, out var id))
            {
                return Problems.Invalid("after", "must be the next of the page before");
            }

            after = id;
        }

        var rows = await ledger.ReadUncertainAsync(after, page.Size + 1, cancellationToken);
        return TypedResults.Ok(page.Of(rows, UncertainSubmitDocument.From, row => row.Id.ToString()));
    }
}
