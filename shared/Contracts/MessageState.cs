namespace Contracts;

/// <summary>The states of a message. The numbers are stored in the ledger; never renumber them. From 10 on a state is final.</summary>
public enum MessageState : short
{
    /// <summary>Recorded; no verdict acted on yet.</summary>
    Accepted = 0,

    /// <summary>Waits for its time.</summary>
    Scheduled = 1,

    /// <summary>Held by a rule or a person.</summary>
    Held = 2,

    /// <summary>A connector was chosen; on its way to the workers.</summary>
    Routed = 3,

    /// <summary>The operator accepted it.</summary>
    Submitted = 4,

    /// <summary>Sent, but the operator's answer was lost.</summary>
    Uncertain = 5,

    /// <summary>Final: the handset has it.</summary>
    Delivered = 10,

    /// <summary>Final: it could not be delivered.</summary>
    Failed = 11,

    /// <summary>Final: refused by policy or by the operator.</summary>
    Rejected = 12,

    /// <summary>Final: its validity passed, or no receipt came in time.</summary>
    Expired = 13,

    /// <summary>Final: cancelled by the customer or deleted at the operator.</summary>
    Cancelled = 14,
}

/// <summary>What follows from a state.</summary>
public static class MessageStateExtensions
{
    /// <summary>True when nothing more happens to a message in this state.</summary>
    public static bool IsFinal(this MessageState state) => state >= MessageState.Delivered;
}
