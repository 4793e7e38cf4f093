namespace Messaging.Postgres;

/// <summary>
/// Where a receiver waits that found nothing. A sender of the same process that has it reserved stores its envelopes as received
/// already, and brings them: no look is needed, nor anybody else woken.
/// </summary>
internal sealed class Seat(int most)
{
    private readonly TaskCompletionSource<IReadOnlyList<ReceivedEnvelope>> _brought = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    /// <summary>So many envelopes at most.</summary>
    public int Most => most;

    /// <summary>What was brought; nothing, when the sender failed or all of it had been stored before.</summary>
    public Task<IReadOnlyList<ReceivedEnvelope>> Brought => _brought.Task;

    /// <summary>False: the receiver has gone.</summary>
    public bool TryBring(IReadOnlyList<ReceivedEnvelope> envelopes) => _brought.TrySetResult(envelopes);

    /// <summary>The receiver goes, whatever a sender is about to bring; false: it has brought it.</summary>
    public bool TryLeave() => _brought.TrySetCanceled();
}
