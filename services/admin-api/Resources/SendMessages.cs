using System.ComponentModel;
using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using AdminApi.Authentication;
using AdminApi.Http;
using Contracts;
using Messaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Persistence.Ledger;
using Persistence.Snapshot;

namespace AdminApi.Resources;

/// <summary>A message to send.</summary>
internal sealed record SendRequest
{
    [Description("The account that sends. An API key implies it.")]
    public string? Account { get; init; }

    [Description("The recipient's number of 1-20 digits, with or without a leading plus sign; or a list of 1-1000 of them.")]
    public required Recipients To { get; init; }

    [Description("The sender: a number, or a name of up to 11 characters.")]
    public required string From { get; init; }

    [Description("The text: up to 10 parts.")]
    public string? Text { get; init; }

    [Description("Octets instead of text, base64.")]
    public byte[]? Binary { get; init; }

    [Description("How the text travels; auto takes gsm7 when every character is in it, else ucs2.")]
    public SendEncoding Encoding { get; init; } = SendEncoding.Auto;

    [Description("How long it is worth sending: 60-604800 seconds.")]
    public int ValiditySeconds { get; init; } = 172_800;

    [Description("Not available yet: leave it out.")]
    public JsonElement? ScheduleAt { get; init; }

    [Description("Whether a receipt is wanted.")]
    public bool Receipt { get; init; } = true;

    [Description("The caller's own reference, up to 100 characters; messages can be searched by it.")]
    public string? Reference { get; init; }

    [Description("SMPP priority_flag: 0-3.")]
    public int Priority { get; init; }
}

/// <summary>An accepted message.</summary>
internal sealed record SentMessage(string Id, MessageState State, int Parts);

/// <summary>Several accepted messages, in the order of their recipients.</summary>
internal sealed record SentMessages(IReadOnlyList<SentMessage> Messages);

/// <summary>`POST /v1/messages`: 202 only after the queue has confirmed.</summary>
internal static class SendMessages
{
    private const int MaxRecipients = 1000;

    public static void MapSend(this IEndpointRouteBuilder messages) =>
        messages
            .MapPost("", SendAsync)
            .Describe(
                "sendMessage",
                "Sends a message: 202 means stored. One recipient answers a message, a list of them {\"messages\":[…]}."
            )
            .Produces<SentMessage>(StatusCodes.Status202Accepted)
            .Produces<SentMessages>(StatusCodes.Status202Accepted)
            .TakesBody()
            .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> SendAsync(
        Body<SendRequest> body,
        ClaimsPrincipal caller,
        SnapshotSource snapshots,
        EnvelopeSender<MessageSubmitted> sender,
        AcceptCounter counter,
        TimeProvider time,
        HttpContext http,
        ILogger<SendRequest> logger
    )
    {
        var request = body.Value;
        var errors = new FieldErrors();
        if (FindAccount(request, caller, snapshots, errors, http, out var account) is { } problem)
        {
            return problem;
        }

        var messages = Compose(request, account, time.GetUtcNow(), errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        // Without the request's token: a caller that goes away must not leave messages that nobody counted.
        var sends = messages.ConvertAll(message => sender.SendAsync(message, CancellationToken.None));
        var outcomes = new SendOutcome[sends.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = await sends[i];
        }

        var stored = outcomes.Count(outcome => outcome == SendOutcome.Stored);
        var unknown = outcomes.Count(outcome => outcome == SendOutcome.Unknown);
        if (stored > 0)
        {
            counter.Accepted(account, stored);
        }

        if (unknown > 0)
        {
            counter.MaybeAccepted(account, unknown);
        }

        if (stored < outcomes.Length)
        {
            AdminApiLog.NotAllStored(logger, outcomes.Length, stored, unknown);
            return NotAllStored(http, messages, outcomes);
        }

        var sent = messages.ConvertAll(message => new SentMessage($"{message.Id}", MessageState.Accepted, message.Parts));
        return request.To.IsList
            ? TypedResults.Accepted((string?)null, new SentMessages(sent))
            : TypedResults.Accepted($"/v1/messages/{sent[0].Id}", sent[0]);
    }

    /// <summary>A customer's own account, or the one an administrator names; a problem when it cannot send.</summary>
    private static ProblemHttpResult? FindAccount(
        SendRequest request,
        ClaimsPrincipal caller,
        SnapshotSource snapshots,
        FieldErrors errors,
        HttpContext http,
        out string account
    )
    {
        var own = caller.Account();
        account = own ?? request.Account ?? "";
        if (own is not null && request.Account is { } other && other != own)
        {
            return Problems.Forbidden($"This key sends for account {own} only: leave account out.");
        }

        if (!snapshots.Loaded.IsCompleted)
        {
            return Problems.Unavailable(http, "The configuration is not loaded yet; try again shortly.");
        }

        if (account.Length == 0)
        {
            errors.Add("account", "is required with the admin key: the account that sends");
        }
        else if (!snapshots.Current.Accounts.TryGetValue(account, out var found))
        {
            errors.Add("account", $"there is no account {account}");
        }
        else if (!found.Enabled)
        {
            var why = $"Account {account} is disabled; it cannot send.";
            return own is null ? Problems.Conflict(why) : Problems.Forbidden(why);
        }

        return null;
    }

    private static List<MessageSubmitted> Compose(SendRequest request, string account, DateTimeOffset now, FieldErrors errors)
    {
        errors.Range("validitySeconds", request.ValiditySeconds, 60, 604_800);
        errors.Range("priority", request.Priority, 0, 3);
        errors.Length("reference", request.Reference, 1, 100);
        if (request.ScheduleAt is not null)
        {
            errors.Add("scheduleAt", "is not available yet: leave it out, the message is sent now");
        }

        var numbers = request.To.Numbers;
        if (numbers.Count is < 1 or > MaxRecipients)
        {
            errors.Add("to", string.Create(CultureInfo.InvariantCulture, $"must have 1-{MaxRecipients} recipients"));
        }

        var source = PhoneNumber.Source("from", request.From, errors);
        var content = MessageContent.Encode(request.Text, request.Binary, request.Encoding, errors);
        var messages = new List<MessageSubmitted>(numbers.Count);
        for (var i = 0; i < numbers.Count && i < MaxRecipients; i++)
        {
            var destination = PhoneNumber.Destination(request.To.IsList ? $"to[{i}]" : "to", numbers[i], errors);
            messages.Add(
                new MessageSubmitted
                {
                    Id = MessageId.New(now, destination),
                    Account = account,
                    Origin = Origin.Rest,
                    Source = source,
                    Destination = destination,
                    PriorityFlag = (byte)request.Priority,
                    RegisteredDelivery = request.Receipt ? (byte)1 : (byte)0,
                    DataCoding = content.DataCoding,
                    Content = content.Octets,
                    Parts = content.Parts,
                    Reference = request.Reference,
                    AcceptedAt = now,
                    ValidUntil = now.AddSeconds(request.ValiditySeconds),
                }
            );
        }

        return messages;
    }

    /// <summary>Says of each message what is known: stored ones are accepted whatever became of the others.</summary>
    private static ProblemHttpResult NotAllStored(HttpContext http, List<MessageSubmitted> messages, SendOutcome[] outcomes)
    {
        var detail =
            outcomes.Contains(SendOutcome.Unknown)
                ? "The queue did not answer to the end: messages marked unknown may have been accepted; look them up before sending again."
            : outcomes.Contains(SendOutcome.Stored)
                ? "The queue did not take all: messages marked refused were not accepted; send only those again."
            : "The queue does not take messages now: nothing was accepted; send again shortly.";
        var fates = messages.Select(
            (message, i) =>
                new MessageFate(
                    $"{message.Id}",
                    message.Destination.Digits,
                    outcomes[i] == SendOutcome.Stored ? "accepted" : ApiJson.Name(outcomes[i])
                )
        );
        IEnumerable<KeyValuePair<string, object?>> more =
            messages.Count == 1
                ?
                [
                    KeyValuePair.Create("id", (object?)$"{messages[0].Id}"),
                    KeyValuePair.Create("state", (object?)ApiJson.Name(outcomes[0])),
                ]
                : [KeyValuePair.Create("messages", (object?)fates.ToList())];
        return Problems.Unavailable(http, detail, more);
    }

    /// <summary>What is known of a message of a request that was not stored in full.</summary>
    private sealed record MessageFate(string Id, string To, string State);
}
