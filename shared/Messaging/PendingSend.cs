using System.Threading.Tasks.Sources;

namespace Messaging;

/// <summary>One item waiting for its outcome: a value task source that goes back to its pool once the result is read.</summary>
internal sealed class PendingSend<T>(Action<PendingSend<T>> giveBack) : IValueTaskSource<SendOutcome>
{
    // Asynchronously: a caller's continuation must not run inside the send loop and delay the next hundred.
    private ManualResetValueTaskSourceCore<SendOutcome> _core = new() { RunContinuationsAsynchronously = true };

    public T Value { get; private set; } = default!;

    public long EnqueuedAt { get; private set; }

    /// <summary>To be taken before the item can be sent, and awaited once: afterwards this object serves another item.</summary>
    public ValueTask<SendOutcome> Outcome => new(this, _core.Version);

    public void Start(T value, long enqueuedAt)
    {
        Value = value;
        EnqueuedAt = enqueuedAt;
    }

    public void Finish(SendOutcome outcome) => _core.SetResult(outcome);

    public void Finish(Exception error) => _core.SetException(error);

    SendOutcome IValueTaskSource<SendOutcome>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Value = default!;
            _core.Reset();
            giveBack(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<SendOutcome>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<SendOutcome>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => _core.OnCompleted(continuation, state, token, flags);
}
