using System.Diagnostics;

namespace ServiceDefaults;

/// <summary>
/// Places at which a test ends this process as `kill -9` would, to show what happens to the messages then. One is switched on by
/// PLATFORM_FAULT=name or name:n (at the n-th passage, from 1); without it a passage costs one comparison.
/// </summary>
public static class FaultPoints
{
    /// <summary>The gateway: the queue has confirmed the message, the client has no answer yet.</summary>
    public const string AcceptedBeforeAnswer = "accepted-before-answer";

    /// <summary>The router: verdicts are committed, nothing is dispatched.</summary>
    public const string RecordedBeforeDispatch = "recorded-before-dispatch";

    /// <summary>The router: everything is dispatched, the envelopes are not settled.</summary>
    public const string DispatchedBeforeSettle = "dispatched-before-settle";

    /// <summary>A worker: parts are claimed, nothing is written to the operator.</summary>
    public const string ClaimedBeforeWrite = "claimed-before-write";

    /// <summary>A worker: a part is on its way to the operator, the answer is not here.</summary>
    public const string SubmittedBeforeAnswer = "submitted-before-answer";

    /// <summary>A worker: the operator has answered, the answer is not in the ledger.</summary>
    public const string AnsweredBeforeOutcome = "answered-before-outcome";

    /// <summary>A worker: the answer is in the ledger, nobody was told.</summary>
    public const string OutcomeBeforeEvent = "outcome-before-event";

    /// <summary>A worker: the event is stored, the dispatch item is not settled.</summary>
    public const string EventBeforeSettle = "event-before-settle";

    /// <summary>A worker: a long retry is a row, the dispatch item is not settled.</summary>
    public const string ScheduledBeforeSettle = "scheduled-before-settle";

    /// <summary>The router: what was due is dispatched, its row is still there.</summary>
    public const string DueBeforeRemoval = "due-before-removal";

    /// <summary>A worker: an operator's receipt is stored, its deliver_sm is not answered.</summary>
    public const string ReceiptBeforeAnswer = "receipt-before-answer";

    /// <summary>The dlr-processor: states and deliveries are written, not committed.</summary>
    public const string FinishedBeforeCommit = "finished-before-commit";

    /// <summary>The dlr-processor: committed, the envelopes are not settled.</summary>
    public const string CommittedBeforeSettle = "committed-before-settle";

    /// <summary>The gateway: a pack is leased, nothing of it is sent.</summary>
    public const string LeasedBeforeDelivery = "leased-before-delivery";

    /// <summary>The gateway: the customer has acknowledged a pack, its row is still there.</summary>
    public const string DeliveredBeforeRemoval = "delivered-before-removal";

    /// <summary>A worker: an inbound message is stored, its deliver_sm is not answered.</summary>
    public const string InboundBeforeAnswer = "inbound-before-answer";

    /// <summary>The router: an inbound message is kept, its envelope is not settled.</summary>
    public const string InboundBeforeSettle = "inbound-before-settle";

    /// <summary>All of them, in the order of a message's way.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        AcceptedBeforeAnswer,
        RecordedBeforeDispatch,
        DispatchedBeforeSettle,
        ClaimedBeforeWrite,
        SubmittedBeforeAnswer,
        AnsweredBeforeOutcome,
        OutcomeBeforeEvent,
        EventBeforeSettle,
        ScheduledBeforeSettle,
        DueBeforeRemoval,
        ReceiptBeforeAnswer,
        FinishedBeforeCommit,
        CommittedBeforeSettle,
        LeasedBeforeDelivery,
        DeliveredBeforeRemoval,
        InboundBeforeAnswer,
        InboundBeforeSettle,
    ];

    private static readonly string? armed = Armed(Environment.GetEnvironmentVariable("PLATFORM_FAULT"), out remaining);
    private static int remaining;

    /// <summary>Passes a point; ends the process if it is the one that is switched on.</summary>
    public static void Pass(string point)
    {
        if (armed is not null && ReferenceEquals(armed, point) && Interlocked.Decrement(ref remaining) == 0)
        {
            // SIGKILL: no handler, no flush, no finally.
            Process.GetCurrentProcess().Kill();
        }
    }

    private static string? Armed(string? setting, out int passages)
    {
        passages = 1;
        if (string.IsNullOrEmpty(setting))
        {
            return null;
        }

        var name = setting.Split(':');
        if (name.Length > 1)
        {
            passages = int.Parse(name[1], null);
        }

        return All.FirstOrDefault(point => point == name[0])
            ?? throw new InvalidOperationException(
                $"PLATFORM_FAULT={setting}: there is no such point; there are: {string.Join(", ", All)}"
            );
    }
}
