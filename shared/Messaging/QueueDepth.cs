namespace Messaging;

/// <summary>What waits in a queue, in messages, not envelopes.</summary>
/// <param name="Ready">Could be received now.</param>
/// <param name="InFlight">Received and not settled.</param>
/// <param name="Delayed">Not yet due.</param>
/// <param name="OldestAge">Age of the oldest that is ready or in flight; zero when there is none.</param>
public readonly record struct QueueDepth(long Ready, long InFlight, long Delayed, TimeSpan OldestAge)
{
    /// <summary>All of them.</summary>
    public long Total => Ready + InFlight + Delayed;
}
