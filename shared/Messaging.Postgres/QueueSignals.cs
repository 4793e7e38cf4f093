using System.Collections.Concurrent;

namespace Messaging.Postgres;

/// <summary>Wakes receivers of this process. Take <see cref="Next"/> before looking; then nothing that comes after is missed.</summary>
internal sealed class QueueSignals
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _signals = new();

    public Task Next(string queue) => _signals.GetOrAdd(queue, static _ => New()).Task;

    public void Wake(string queue)
    {
        if (_signals.TryRemove(queue, out var signal))
        {
            signal.TrySetResult();
        }
    }

    public void WakeAll()
    {
        foreach (var queue in _signals.Keys)
        {
            Wake(queue);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
