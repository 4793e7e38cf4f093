using System.Diagnostics.CodeAnalysis;

namespace Persistence;

/// <summary>
/// Ends the wait of a loop that polls anyway. However often it is called between two waits, it ends one: what the loop then looks for is
/// there for all callers. Thread-safe.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "A semaphore whose wait handle nobody asks for holds nothing."
)]
public sealed class WakeUp
{
    private readonly SemaphoreSlim signal = new(0, 1);
    private readonly Lock gate = new();

    /// <summary>Ends the wait under way, or the next one before it begins. Never waits, never fails.</summary>
    public void Call()
    {
        lock (gate)
        {
            if (signal.CurrentCount == 0)
            {
                signal.Release();
            }
        }
    }

    /// <summary>Waits for a call.</summary>
    /// <param name="atMost">Then it is over in any case: the loop's interval, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => signal.WaitAsync(atMost, cancellationToken);
}
