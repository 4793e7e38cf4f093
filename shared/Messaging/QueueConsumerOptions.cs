namespace Messaging;

/// <summary>Limits of a <see cref="QueueConsumer{T}"/>.</summary>
public sealed record QueueConsumerOptions
{
    /// <summary>Batches handled at once. Default 2: one is settled while the next is handled.</summary>
    public int Concurrency { get; init; } = 2;

    /// <summary>Envelopes in a batch. Default 10: the size of an SQS receive.</summary>
    public int MaxEnvelopesPerBatch { get; init; } = 10;

    /// <summary>The long poll when idle. Default 20 s: SQS's longest.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long handlers may go on when stopping. Default 10 s, of the 20 s a drain may take on one machine.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether an exception says "not now" (database away): the items are released, no failure counted. Others count as failures.
    /// </summary>
    public Func<Exception, bool> IsTransient { get; init; } = static _ => false;

    /// <summary>Back-off of the loop when the queue or the handler fails for now. Default 200 ms growing to 5 s.</summary>
    public RetryPolicy TransientDelay { get; init; } = new() { First = TimeSpan.FromMilliseconds(200), Max = TimeSpan.FromSeconds(5) };

    /// <summary>The delay of an item that failed, by its count of failures. Default 1 s growing to 1 min.</summary>
    public RetryPolicy FailureDelay { get; init; } = new();
}
