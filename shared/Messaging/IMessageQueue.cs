namespace Messaging;

/// <summary>
/// The seam between the platform and whatever carries its envelopes. Delivery is at least once and in about the order sent:
/// every consumer is idempotent. An envelope received is hidden for <see cref="Visibility"/>; unless it is completed,
/// abandoned, extended or dead-lettered in that time it is delivered again.
/// </summary>
public interface IMessageQueue
{
    /// <summary>How long a received envelope stays hidden. 20 s by default: accepted work moves again within 30 s of a crash.</summary>
    TimeSpan Visibility { get; }

    /// <summary>
    /// Returns only after the whole batch is durable. Repeating the same envelope id to the same queue is harmless where the
    /// adapter can know it.
    /// </summary>
    /// <exception cref="QueueSendException">Some or all were not confirmed; it says which, and whether they may be stored.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the outcome is unknown.</exception>
    Task SendAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct);

    /// <summary>
    /// Takes up to <paramref name="maxEnvelopes"/>; with none due, waits up to <paramref name="wait"/> for the first and then
    /// answers with an empty list.
    /// </summary>
    Task<IReadOnlyList<ReceivedEnvelope>> ReceiveAsync(string queue, int maxEnvelopes, TimeSpan wait, CancellationToken ct);

    /// <summary>Removes envelopes whose work is done. One that is gone already is no error.</summary>
    Task CompleteAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, CancellationToken ct);

    /// <summary>Gives envelopes back, to be delivered again after <paramref name="delay"/>. A stale handle changes nothing.</summary>
    Task AbandonAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan delay, CancellationToken ct);

    /// <summary>Hides envelopes for <paramref name="visibility"/> from now. A stale handle changes nothing.</summary>
    Task ExtendAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan visibility, CancellationToken ct);

    /// <summary>Moves an envelope, byte for byte, to <see cref="DeadLetters.QueueFor"/> with the reason beside it.</summary>
    Task DeadLetterAsync(string queue, ReceivedEnvelope envelope, string reason, CancellationToken ct);

    /// <summary>How much waits, in messages; and how old the oldest is.</summary>
    Task<QueueDepth> DepthAsync(string queue, CancellationToken ct);

    /// <summary>The queues that exist, in alphabetical order.</summary>
    Task<IReadOnlyList<string>> ListAsync(CancellationToken ct);

    /// <summary>Makes the queue if it does not exist. Idempotent.</summary>
    Task EnsureQueueAsync(string queue, CancellationToken ct);
}
