using System.Globalization;

namespace Messaging.Tests;

/// <summary>What a test wants to go wrong with a send.</summary>
public enum SendFault
{
    /// <summary>Not stored, and said so.</summary>
    Refuse,

    /// <summary>Stored, but the answer is lost.</summary>
    LoseAnswer,

    /// <summary>Not stored, and nobody knows.</summary>
    Vanish,

    /// <summary>No answer until cancelled.</summary>
    Hang,

    /// <summary>The first envelope is stored, the others are refused.</summary>
    RefuseAllButFirst,
}

/// <summary>The seam in memory, for tests of what is above it. It passes the same contract as the real adapters.</summary>
public sealed class InMemoryQueue(TimeProvider time, TimeSpan visibility) : IMessageQueue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Entry>> _queues = [];
    private readonly Queue<SendFault> _sendFaults = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InMemoryQueue(TimeProvider time)
        : this(time, TimeSpan.FromSeconds(20)) { }

    public TimeSpan Visibility => visibility;

    /// <summary>Every attempt to send, in order.</summary>
    public List<(string Queue, IReadOnlyList<OutgoingEnvelope> Batch)> Sends { get; } = [];

    /// <summary>How often a send was attempted; safe to read meanwhile.</summary>
    public int SendCount
    {
        get
        {
            lock (_gate)
            {
                return Sends.Count;
            }
        }
    }

    /// <summary>Every completion, in order.</summary>
    public List<IReadOnlyList<ReceivedEnvelope>> Completions { get; } = [];

    /// <summary>Asked before each call (its name); an exception returned is thrown.</summary>
    public Func<string, Exception?> FaultOf { get; set; } = static _ => null;

    /// <summary>When set, a send waits for it before storing.</summary>
    public Task? SendGate { get; set; }

    /// <summary>The envelopes of a queue as they were sent, held or not.</summary>
    public IReadOnlyList<OutgoingEnvelope> Peek(string queue)
    {
        lock (_gate)
        {
            return [.. Entries(queue).Select(e => e.Sent)];
        }
    }

    public void FailNextSends(params SendFault[] faults)
    {
        lock (_gate)
        {
            foreach (var fault in faults)
            {
                _sendFaults.Enqueue(fault);
            }
        }
    }

    public async Task SendAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct)
    {
        SendFault? fault;
        Task? gate;
        lock (_gate)
        {
            Sends.Add((queue, batch.ToArray()));
            fault = _sendFaults.TryDequeue(out var f) ? f : null;
            gate = SendGate;
        }
        Check("send");
        if (gate is not null)
        {
            await gate.WaitAsync(ct);
        }
        switch (fault)
        {
            case SendFault.Refuse:
                throw new QueueSendException(SendFailure.Refused, batch, "refused by the test");
            case SendFault.Vanish:
                throw new QueueSendException(SendFailure.Unknown, batch, "vanished by the test");
            case SendFault.LoseAnswer:
                Store(queue, batch);
                throw new QueueSendException(SendFailure.Unknown, batch, "answer lost by the test");
            case SendFault.RefuseAllButFirst:
                Store(queue, [batch[0]]);
                throw new QueueSendException(SendFailure.Refused, batch.Skip(1).ToArray(), "refused in part by the test");
            case SendFault.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
                break;
            default:
                Store(queue, batch);
                break;
        }
    }

    public async Task<IReadOnlyList<ReceivedEnvelope>> ReceiveAsync(string queue, int maxEnvelopes, TimeSpan wait, CancellationToken ct)
    {
        var end = time.GetUtcNow() + wait;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            Check("receive");
            Task changed;
            TimeSpan pause;
            lock (_gate)
            {
                var now = time.GetUtcNow();
                var received = Claim(queue, maxEnvelopes, now);
                if (received.Count > 0 || now >= end)
                {
                    return received;
                }
                changed = _changed.Task;
                var due = Entries(queue).Select(e => e.VisibleAt).Append(end).Min();
                // A delay is cut to whole milliseconds; cut to zero it would spin on a clock that stands still.
                pause = (due > now ? due - now : TimeSpan.Zero) + TimeSpan.FromMilliseconds(1);
            }
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(changed, Task.Delay(pause, time, stop.Token));
            await stop.CancelAsync();
        }
    }

    public Task CompleteAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, CancellationToken ct)
    {
        Check("complete");
        lock (_gate)
        {
            Completions.Add(envelopes);
            Entries(queue).RemoveAll(e => envelopes.Any(r => r.Id == e.Sent.Id));
        }
        return Task.CompletedTask;
    }

    public Task AbandonAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan delay, CancellationToken ct)
    {
        Check("abandon");
        foreach (var entry in Held(queue, envelopes))
        {
            entry.Held = false;
            entry.VisibleAt = time.GetUtcNow() + delay;
        }
        Changed();
        return Task.CompletedTask;
    }

    public Task ExtendAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan visibility, CancellationToken ct)
    {
        Check("extend");
        foreach (var entry in Held(queue, envelopes))
        {
            entry.VisibleAt = time.GetUtcNow() + visibility;
        }
        return Task.CompletedTask;
    }

    public Task DeadLetterAsync(string queue, ReceivedEnvelope envelope, string reason, CancellationToken ct)
    {
        Check("dead-letter");
        foreach (var entry in Held(queue, [envelope]))
        {
            lock (_gate)
            {
                Entries(queue).Remove(entry);
                Entries(DeadLetters.QueueFor(queue)).Add(new Entry(entry.Sent, time.GetUtcNow()) { Reason = reason });
            }
        }
        Changed();
        return Task.CompletedTask;
    }

    public Task<QueueDepth> DepthAsync(string queue, CancellationToken ct)
    {
        lock (_gate)
        {
            if (!_queues.TryGetValue(queue, out var entries) || entries.Count == 0)
            {
                return Task.FromResult(default(QueueDepth));
            }
            var now = time.GetUtcNow();
            var current = entries.Where(e => e.VisibleAt <= now || e.Held).ToList();
            return Task.FromResult(
                new QueueDepth(
                    entries.Where(e => e.VisibleAt <= now).Sum(e => e.Sent.Items),
                    entries.Where(e => e.VisibleAt > now && e.Held).Sum(e => e.Sent.Items),
                    entries.Where(e => e.VisibleAt > now && !e.Held).Sum(e => e.Sent.Items),
                    current.Count == 0 ? TimeSpan.Zero : now - current.Min(e => e.EnqueuedAt)
                )
            );
        }
    }

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<string>>([.. _queues.Keys.Order(StringComparer.Ordinal)]);
        }
    }

    public Task EnsureQueueAsync(string queue, CancellationToken ct)
    {
        lock (_gate)
        {
            Entries(queue);
        }
        return Task.CompletedTask;
    }

    private void Check(string call)
    {
        if (FaultOf(call) is { } error)
        {
            throw error;
        }
    }

    private void Store(string queue, IReadOnlyList<OutgoingEnvelope> batch)
    {
        lock (_gate)
        {
            var entries = Entries(queue);
            foreach (var envelope in batch.Where(b => !entries.Any(e => e.Sent.Id == b.Id)))
            {
                // The adapter's copy: a sender may reuse its buffer.
                entries.Add(new Entry(envelope with { Body = envelope.Body.ToArray() }, time.GetUtcNow()));
            }
        }
        Changed();
    }

    private List<ReceivedEnvelope> Claim(string queue, int maxEnvelopes, DateTimeOffset now)
    {
        var received = new List<ReceivedEnvelope>();
        foreach (var entry in Entries(queue).Where(e => e.VisibleAt <= now).OrderBy(e => e.VisibleAt).Take(maxEnvelopes))
        {
            entry.Held = true;
            entry.Receives++;
            entry.VisibleAt = now + visibility;
            received.Add(
                new ReceivedEnvelope(
                    queue,
                    entry.Receives.ToString(CultureInfo.InvariantCulture),
                    entry.Sent.Id,
                    entry.Sent.Body,
                    entry.Sent.Items,
                    entry.Receives,
                    entry.EnqueuedAt
                )
                {
                    DeadReason = entry.Reason,
                }
            );
        }
        return received;
    }

    private List<Entry> Held(string queue, IReadOnlyList<ReceivedEnvelope> envelopes)
    {
        lock (_gate)
        {
            return Entries(queue).FindAll(e => e.Held && envelopes.Any(r => r.Id == e.Sent.Id && r.ReceiveCount == e.Receives));
        }
    }

    private List<Entry> Entries(string queue)
    {
        if (!_queues.TryGetValue(queue, out var entries))
        {
            _queues.Add(queue, entries = []);
        }
        return entries;
    }

    private void Changed()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.TrySetResult();
    }

    private sealed class Entry(OutgoingEnvelope sent, DateTimeOffset enqueuedAt)
    {
        public OutgoingEnvelope Sent => sent;

        public DateTimeOffset EnqueuedAt => enqueuedAt;

        public DateTimeOffset VisibleAt { get; set; } = enqueuedAt + sent.Delay;

        public int Receives { get; set; }

        public bool Held { get; set; }

        public string? Reason { get; init; }
    }
}
