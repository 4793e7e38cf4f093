namespace Messaging;

/// <summary>What is known about envelopes that were not confirmed.</summary>
public enum SendFailure
{
    /// <summary>Certainly not stored.</summary>
    Refused,

    /// <summary>May be stored. Repeat the same envelopes with the same ids, or tell the sender that nobody knows.</summary>
    Unknown,
}

/// <summary>A send that was not confirmed in full.</summary>
public sealed class QueueSendException(
    SendFailure outcome,
    IReadOnlyList<OutgoingEnvelope> unconfirmed,
    string message,
    Exception? innerException = null
) : Exception(message, innerException)
{
    /// <summary>Whether the unconfirmed may be stored.</summary>
    public SendFailure Outcome { get; } = outcome;

    /// <summary>The envelopes not confirmed; the others of the batch are stored.</summary>
    public IReadOnlyList<OutgoingEnvelope> Unconfirmed { get; } = unconfirmed;
}
