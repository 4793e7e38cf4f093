namespace Messaging;

/// <summary>What became of a message handed to an <see cref="EnvelopeSender{T}"/>.</summary>
public enum SendOutcome
{
    /// <summary>Durable: it may be acknowledged.</summary>
    Stored,

    /// <summary>Certainly not stored: no room, or the queue refused until the deadline.</summary>
    Refused,

    /// <summary>May be stored: the same envelope was repeated until the deadline without a clear answer.</summary>
    Unknown,
}
