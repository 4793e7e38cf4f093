using System.ComponentModel;
using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Persistence.Snapshot;
using Policy;

namespace AdminApi.Resources;

/// <summary>The message to explain; it is not sent.</summary>
internal sealed record ExplainRequest
{
    [Description("The account that would send it.")]
    public required string Account { get; init; }

    [Description("The SMPP user that would send it; left out for REST.")]
    public string? SystemId { get; init; }

    [Description("The recipient's number.")]
    public required string To { get; init; }

    [Description("The sender: a number, or up to 11 characters.")]
    public required string From { get; init; }

    [Description("The text.")]
    public string? Text { get; init; }

    [Description("Octets instead of text, base64.")]
    public byte[]? Binary { get; init; }

    [Description("How the text travels.")]
    public SendEncoding Encoding { get; init; } = SendEncoding.Auto;

    [Description("The time to decide at; now when left out.")]
    public DateTimeOffset? At { get; init; }
}

/// <summary>What would become of it.</summary>
internal sealed record Explanation(
    [property: Description("routed or rejected.")] string Verdict,
    string? Connector,
    string? Route,
    string? Reason,
    int Parts,
    [property: Description("The configuration's version that decided.")] long Version,
    IReadOnlyList<ConsideredRoute> Considered
);

/// <summary>A route considered, in order.</summary>
internal sealed record ConsideredRoute(string Route, bool Matched, string Why);

/// <summary>`POST /v1/routes:explain`: the router's own code over the configuration in force.</summary>
internal static class ExplainRoute
{
    public static void MapExplain(this IEndpointRouteBuilder v1) =>
        v1.MapPost("/routes:explain", Explain)
            .WithTags("routes")
            .RequireAuthorization(Access.Admin)
            .Describe(
                "explainRoute",
                "Says which route and connector a message would take, and why. Nothing is sent; weighted routes choose anew for each message."
            )
            .Produces<Explanation>()
            .TakesBody();

    private static IResult Explain(Body<ExplainRequest> body, SnapshotSource snapshots, TimeProvider time)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        if (!snapshots.Current.Accounts.ContainsKey(request.Account))
        {
            errors.Add("account", $"there is no account {request.Account}");
        }

        var now = request.At ?? time.GetUtcNow();
        var source = PhoneNumber.Source("from", request.From, errors);
        var destination = PhoneNumber.Destination("to", request.To, errors);
        var content = MessageContent.Encode(request.Text, request.Binary, request.Encoding, errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var message = new MessageSubmitted
        {
            Id = MessageId.New(time.GetUtcNow()),
            Account = request.Account,
            SystemId = request.SystemId,
            Origin = request.SystemId is null ? Origin.Rest : Origin.Smpp,
            Source = source,
            Destination = destination,
            DataCoding = content.DataCoding,
            Content = content.Octets,
            Parts = content.Parts,
            AcceptedAt = now,
            ValidUntil = now,
        };
        var snapshot = snapshots.Current;
        var steps = new List<RouteStep>();
        var choice = RouteChooser.Choose(snapshot, message, now, steps);
        return TypedResults.Ok(
            new Explanation(
                choice.Connector is null ? "rejected" : "routed",
                choice.Connector,
                choice.Route,
                choice.Rejection,
                content.Parts,
                snapshot.Version,
                [.. steps.Select(step => new ConsideredRoute(step.Route, step.Matched, step.Why))]
            )
        );
    }
}
