using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Messaging;

/// <summary>
/// Group commit: items that arrive while a send is under way go out together in the next one; an item that arrives when
/// nothing is under way goes at once, alone, unless <see cref="EnvelopeSenderOptions.MaxLinger"/> lets it wait for company. Thread-safe.
/// </summary>
public sealed partial class EnvelopeSender<T> : IAsyncDisposable
{
    private readonly IMessageQueue _queue;
    private readonly string _name;
    private readonly EnvelopeCodec<T> _codec;
    private readonly EnvelopeSenderOptions _options;
    private readonly Guid _bootId;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Func<T, string>? _tenant;

    private readonly Lock _gate = new();
    private readonly Queue<PendingSend<T>> _waiting = new();
    private readonly Stack<PendingSend<T>> _pool = new();
    private readonly Action<PendingSend<T>> _giveBack;
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sends;
    private bool _closed;

    /// <summary>A sender to one queue.</summary>
    /// <param name="queue">The adapter.</param>
    /// <param name="queueName">The queue.</param>
    /// <param name="type">How an item is written.</param>
    /// <param name="options">Limits.</param>
    /// <param name="bootId">This life of the process.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told what was not confirmed.</param>
    /// <param name="tenant">Whose an item is, for a queue that is fair between tenants (<see cref="EnvelopeSenderOptions.OwnEnvelopeFrom"/>).</param>
    public EnvelopeSender(
        IMessageQueue queue,
        string queueName,
        JsonTypeInfo<T> type,
        EnvelopeSenderOptions options,
        Guid bootId,
        TimeProvider time,
        ILogger logger,
        Func<T, string>? tenant = null
    )
    {
        _queue = queue;
        _tenant = tenant;
        _name = queueName;
        _codec = new EnvelopeCodec<T>(type);
        _options = options;
        _bootId = bootId;
        _time = time;
        _logger = logger;
        _giveBack = GiveBack;
        if (options.MaxLinger > TimeSpan.Zero)
        {
            _arrivals = new ArrivalRate(Math.Max(1, (long)(options.MaxLinger.TotalSeconds * time.TimestampFrequency)));
            _lingerTimer = time.CreateTimer(
                static sender => ((EnvelopeSender<T>)sender!).EndLinger(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan
            );
        }
    }

    /// <summary>Items waiting for a send, those under way not counted.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>
    /// Completes when the item's fate is known, at the deadline at the latest. The token counts only until the item is taken:
    /// afterwards it may be stored whatever the caller does. The task is to be awaited once.
    /// </summary>
    public ValueTask<SendOutcome> SendAsync(T item, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SendOutcome>(ct);
        }
        ValueTask<SendOutcome> outcome;
        bool start;
        lock (_gate)
        {
            if (_closed || _waiting.Count >= _options.Capacity)
            {
                QueueTelemetry.RefusedSends.Count(_name);
                return ValueTask.FromResult(SendOutcome.Refused);
            }
            var now = _time.GetTimestamp();
            CountArrivals(now, 1);
            outcome = Enqueue(item, now).Outcome;
            start = TakeSendSlot();
        }
        if (start)
        {
            StartSending();
        }
        return outcome;
    }

    /// <summary>
    /// Sends all through the same way: Stored when all are, else the first other outcome. Without room for all, none is taken.
    /// </summary>
    public async Task<SendOutcome> SendAllAsync(IReadOnlyList<T> items, CancellationToken ct)
    {
        var outcomes = await SendEachAsync(items, ct).ConfigureAwait(false);
        var failed = Array.FindIndex(outcomes, outcome => outcome != SendOutcome.Stored);
        return failed < 0 ? SendOutcome.Stored : outcomes[failed];
    }

    /// <summary>
    /// Sends all one behind the other, so that they share envelopes as far as these reach, and gives each one's outcome, in order. Without
    /// room for all, none is taken.
    /// </summary>
    /// <exception cref="InvalidOperationException">An item could not be written as JSON; the others were sent.</exception>
    public async Task<SendOutcome[]> SendEachAsync(IReadOnlyList<T> items, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var sends = new PendingSend<T>[items.Count];
        var outcomes = new SendOutcome[items.Count];
        bool start;
        lock (_gate)
        {
            if (_closed || _waiting.Count + items.Count > _options.Capacity)
            {
                QueueTelemetry.RefusedSends.Count(_name, items.Count);
                Array.Fill(outcomes, SendOutcome.Refused);
                return outcomes;
            }
            var now = _time.GetTimestamp();
            CountArrivals(now, sends.Length);
            for (var i = 0; i < sends.Length; i++)
            {
                sends[i] = Enqueue(items[i], now);
            }
            start = sends.Length > 0 && TakeSendSlot();
        }
        if (start)
        {
            StartSending();
        }
        Exception? error = null;
        for (var i = 0; i < sends.Length; i++)
        {
            try
            {
                outcomes[i] = await sends[i].Outcome.ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // An item that does not serialise: thrown below, once every other outcome is collected.
                error ??= e;
            }
        }
        return error is null ? outcomes : throw new InvalidOperationException("An item could not be written as JSON.", error);
    }

    /// <summary>Refuses what comes from now on, and sends what waits; bounded by the send deadline.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            _lingering?.TrySetResult();
            if (_sends == 0)
            {
                _drained.TrySetResult();
            }
        }
        try
        {
            await _drained.Task.WaitAsync(_options.SendDeadline, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A send that outlives the deadline is cut off; its items end as unknown, those behind it as refused.
            await _abort.CancelAsync().ConfigureAwait(false);
            await _drained.Task.ConfigureAwait(false);
        }
        _abort.Dispose();
        if (_lingerTimer is not null)
        {
            await _lingerTimer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private PendingSend<T> Enqueue(T item, long now)
    {
        var pending = _pool.TryPop(out var pooled) ? pooled : new PendingSend<T>(_giveBack);
        pending.Start(item, now);
        _waiting.Enqueue(pending);
        return pending;
    }

    private bool TakeSendSlot()
    {
        if (_lingering is not null)
        {
            if (IsFull)
            {
                _lingering.TrySetResult();
            }
            return false;
        }
        if (_sends >= _options.MaxSendsInFlight)
        {
            return false;
        }
        _sends++;
        return true;
    }

    private void GiveBack(PendingSend<T> pending)
    {
        lock (_gate)
        {
            // As many as can ever wait and be under way; after a burst the rest is garbage.
            if (_pool.Count < Math.Min(_options.Capacity, 4096))
            {
                _pool.Push(pending);
            }
        }
    }
}
