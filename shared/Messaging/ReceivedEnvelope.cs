namespace Messaging;

/// <summary>One queue message received, hidden from others until its visibility ends.</summary>
/// <param name="Queue">The queue it came from.</param>
/// <param name="Handle">Names this one delivery; a later delivery of the same envelope has another.</param>
/// <param name="Id">The id it was sent with.</param>
/// <param name="Body">As sent, byte for byte.</param>
/// <param name="Items">How many messages are in it.</param>
/// <param name="ReceiveCount">This delivery included: 1 at first.</param>
/// <param name="EnqueuedAt">When the queue stored it, by the queue's clock.</param>
public sealed record ReceivedEnvelope(
    string Queue,
    string Handle,
    Guid Id,
    ReadOnlyMemory<byte> Body,
    int Items,
    int ReceiveCount,
    DateTimeOffset EnqueuedAt
)
{
    /// <summary>Why it was dead-lettered, where <see cref="IMessageQueue.DeadLetterAsync"/> put it there.</summary>
    public string? DeadReason { get; init; }

    /// <summary>
    /// The <see cref="TimeProvider.GetTimestamp"/> from before the claim was sent, so that the holder's own deadline is never later
    /// than the queue's. Null when the adapter cannot say; then the time of return is taken.
    /// </summary>
    public long? ClaimedAt { get; init; }
}
