using System.Diagnostics;
using Messaging;

namespace Bench;

/// <summary>Times the sends of an adapter.</summary>
sealed class TimedSends(IMessageQueue queue) : IMessageQueue
{
    double lastSend;

    /// <summary>How long the last send took until the server had confirmed it, in milliseconds.</summary>
    public double LastSend => Volatile.Read(ref lastSend);

    public TimeSpan Visibility => queue.Visibility;

    public async Task SendAsync(string name, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        await queue.SendAsync(name, batch, ct);
        Volatile.Write(ref lastSend, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    public Task<IReadOnlyList<ReceivedEnvelope>> ReceiveAsync(string name, int maxEnvelopes, TimeSpan wait, CancellationToken ct) =>
        queue.ReceiveAsync(name, maxEnvelopes, wait, ct);

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
