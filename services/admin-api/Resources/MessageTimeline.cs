using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using AdminApi.Http;
using Contracts;
using Persistence.Ledger;

namespace AdminApi.Resources;

/// <summary>One thing that happened to a message.</summary>
internal sealed record TimelineEvent
{
    public required DateTimeOffset At { get; init; }

    [Description("accepted, routed, claimed, submitted, refused, retry, uncertain, receipt, or the final state.")]
    public required string Event { get; init; }

    [Description("More, in words.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }

    [Description("Which part, from 0.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Part { get; init; }

    [Description("Which try of the part, from 0.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Attempt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Connector { get; init; }

    [Description("The bind's slot.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Slot { get; init; }

    [Description("The operator's id of the part.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OperatorId { get; init; }

    [Description("The operator's command_status.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Status { get; init; }
}

/// <summary>Puts what the ledger knows of a message in order of time.</summary>
internal static class MessageTimeline
{
    public static List<TimelineEvent> Of(MessageRow row, List<SubmissionRow> submissions)
    {
        var accepted = new TimelineEvent
        {
            At = row.AcceptedAt,
            Event = "accepted",
            Detail = row.SystemId is null ? "over REST" : $"over SMPP from {row.SystemId}",
        };
        var events = new List<TimelineEvent>();
        if (row.Connector is not null)
        {
            events.Add(
                new TimelineEvent
                {
                    At = row.RecordedAt,
                    Event = "routed",
                    Connector = row.Connector,
                    Detail = row.Route is null ? null : $"by route {row.Route}",
                }
            );
        }

        submissions.ForEach(submission => AddSubmission(events, submission));
        // Several machines' clocks, and an operator's receipt may be read before its own answer: what cannot be otherwise is first and last,
        // and what has the same time stays in the order above.
        List<TimelineEvent> ordered = [accepted, .. events.OrderBy(e => e.At)];
        if (row.State.IsFinal())
        {
            ordered.Add(
                new TimelineEvent
                {
                    At = row.DoneAt ?? row.RecordedAt,
                    Event = ApiJson.Name(row.State),
                    Detail = Words(row.Reason, row.ErrorCode),
                }
            );
        }

        return ordered;
    }

    private static void AddSubmission(List<TimelineEvent> events, SubmissionRow submission)
    {
        var claimed = new TimelineEvent
        {
            At = submission.ClaimedAt,
            Event = "claimed",
            Part = submission.Part,
            Attempt = submission.Attempt,
            Connector = submission.Connector,
            Slot = submission.Slot,
        };
        events.Add(claimed);
        if (submission is { AnsweredAt: { } answeredAt, Outcome: { } outcome })
        {
            events.Add(
                claimed with
                {
                    At = answeredAt,
                    Event = outcome == SubmitOutcome.Accepted ? "submitted" : ApiJson.Name(outcome),
                    OperatorId = submission.OperatorId,
                    Status = submission.Status is { } status ? string.Create(CultureInfo.InvariantCulture, $"0x{status:x8}") : null,
                }
            );
        }

        if (submission is { ReceiptAt: { } receiptAt, ReceiptState: { } state })
        {
            events.Add(
                new TimelineEvent
                {
                    At = receiptAt,
                    Event = "receipt",
                    Part = submission.Part,
                    Connector = submission.Connector,
                    OperatorId = submission.OperatorId,
                    Detail = Words(ApiJson.Name(state), submission.ReceiptError),
                }
            );
        }
    }

    private static string? Words(string? text, string? error) =>
        error is null ? text
        : text is null ? $"error {error}"
        : $"{text}, error {error}";
}
