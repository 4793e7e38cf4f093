using System.Collections.Concurrent;

namespace Messaging.IntegrationTests;

/// <summary>A queue as its receivers may find it: every twentieth envelope comes once more, its handle stale by then, and batches are mixed.</summary>
internal sealed class DisorderlyQueue(IMessageQueue queue) : IMessageQueue
{
    private readonly ConcurrentQueue<ReceivedEnvelope> _seen = new();
    private int _received;
    private int _duplicates;

    public int Duplicates => Volatile.Read(ref _duplicates);

    public TimeSpan Visibility => queue.Visibility;

    public async Task<IReadOnlyList<ReceivedEnvelope>> ReceiveAsync(string name, int maxEnvelopes, TimeSpan wait, CancellationToken ct)
    {
        var received = (await queue.ReceiveAsync(name, maxEnvelopes, wait, ct)).ToList();
        var again = new List<ReceivedEnvelope>();
        foreach (var envelope in received)
        {
            _seen.Enqueue(envelope);
            if (Interlocked.Increment(ref _received) % 20 == 0 && _seen.TryDequeue(out var earlier))
            {
                Interlocked.Increment(ref _duplicates);
                again.Add(earlier);
            }
        }
        ReceivedEnvelope[] mixed = [.. received, .. again.Where(a => !received.Contains(a))];
        new Random(_received).Shuffle(mixed);
        return mixed;
    }

    public Task SendAsync(string name, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct) => queue.SendAsync(name, batch, ct);

    public Task CompleteAsync(string name, IReadOnlyList<ReceivedEnvelope> envelopes, CancellationToken ct) =>
        queue.CompleteAsync(name, envelopes, ct);

    public Task AbandonAsync(string name, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan delay, CancellationToken ct) =>
        queue.AbandonAsync(name, envelopes, delay, ct);

    public Task ExtendAsync(string name, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan visibility, CancellationToken ct) =>
        queue.ExtendAsync(name, envelopes, visibility, ct);

    public Task DeadLetterAsync(string name, ReceivedEnvelope envelope, string reason, CancellationToken ct) =>
        queue.DeadLetterAsync(name, envelope, reason, ct);

    public Task<QueueDepth> DepthAsync(string name, CancellationToken ct) => queue.DepthAsync(name, ct);

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken ct) => queue.ListAsync(ct);

    public Task EnsureQueueAsync(string name, CancellationToken ct) => queue.EnsureQueueAsync(name, ct);
}
