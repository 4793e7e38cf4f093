using System.ComponentModel;
using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Persistence.DeadLetters;
using Persistence.Ledger;

namespace AdminApi.Resources;

/// <summary>The books: accepted = notYetRecorded + rejected + cancelled + expired + failed + delivered + uncertain + inFlight.</summary>
internal sealed record BalanceDocument(
    [property: Description("The account; null for all of them together.")] string? Account,
    [property: Description("Answered OK, as of the last checkpoints.")] long Accepted,
    [property: Description("Answered with an error while the queue's outcome was unknown.")] long MaybeAccepted,
    [property: Description("Answered OK and not in the ledger yet; small negative values on a busy system are the checkpoints' age.")]
        long NotYetRecorded,
    [property: Description(
        "Of notYetRecorded: dead letters of submit, waiting or purged. In total also those whose account cannot be read."
    )]
        long Dead,
    long Rejected,
    long Cancelled,
    long Expired,
    long Failed,
    long Delivered,
    long Uncertain,
    [property: Description("Open, uncertain ones not counted.")] long InFlight,
    [property: Description("Messages by state.")] IReadOnlyDictionary<string, long> States
)
{
    public static BalanceDocument From(Balance balance, long dead) =>
        Of(balance.Account, balance.Accepted, balance.MaybeAccepted, balance.NotYetRecorded, dead, balance.States);

    public static BalanceDocument Total(IReadOnlyList<Balance> balances, long dead) =>
        Of(
            null,
            balances.Sum(balance => balance.Accepted),
            balances.Sum(balance => balance.MaybeAccepted),
            balances.Sum(balance => balance.NotYetRecorded),
            dead,
            balances.SelectMany(balance => balance.States).GroupBy(s => s.Key).ToDictionary(s => s.Key, s => s.Sum(state => state.Value))
        );

    private static BalanceDocument Of(
        string? account,
        long accepted,
        long maybeAccepted,
        long notYetRecorded,
        long dead,
        IReadOnlyDictionary<MessageState, long> states
    ) =>
        new(
            account,
            accepted,
            maybeAccepted,
            notYetRecorded,
            dead,
            states.GetValueOrDefault(MessageState.Rejected),
            states.GetValueOrDefault(MessageState.Cancelled),
            states.GetValueOrDefault(MessageState.Expired),
            states.GetValueOrDefault(MessageState.Failed),
            states.GetValueOrDefault(MessageState.Delivered),
            states.GetValueOrDefault(MessageState.Uncertain),
            states.Where(state => !state.Key.IsFinal() && state.Key != MessageState.Uncertain).Sum(state => state.Value),
            Enum.GetValues<MessageState>().ToDictionary(ApiJson.Name, state => states.GetValueOrDefault(state))
        );
}

/// <summary>The balance in total and by account.</summary>
internal sealed record StatsDocument(BalanceDocument Total, IReadOnlyList<BalanceDocument> Accounts);

/// <summary>`/v1/stats`.</summary>
internal static class Stats
{
    public static void MapStats(this IEndpointRouteBuilder v1) =>
        v1.MapGet("/stats", ReadAsync)
            .WithTags("stats")
            .RequireAuthorization(Access.Admin)
            .Describe("readStats", "Shows the ledger's balance, in total and by account.")
            .Produces<StatsDocument>();

    private static async Task<IResult> ReadAsync(MessageLedger ledger, DeadLetterStore deadLetters, CancellationToken cancellationToken)
    {
        var balances = await ledger.ReadBalanceAsync(cancellationToken);
        var dead = await deadLetters.CountUnrecordedAsync(cancellationToken);
        return TypedResults.Ok(
            new StatsDocument(
                BalanceDocument.Total(balances, dead.Values.Sum()),
                balances.ConvertAll(balance => BalanceDocument.From(balance, dead.GetValueOrDefault(balance.Account)))
            )
        );
    }
}
