using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Messaging;

/// <summary>
/// Receives envelopes as leases, keeps them hidden while they are worked on, and settles each when its last item is settled.
/// Thread-safe.
/// </summary>
public sealed partial class EnvelopeReader<T> : IAsyncDisposable
{
    private readonly IMessageQueue _queue;
    private readonly string _name;
    private readonly EnvelopeCodec<T> _codec;
    private readonly EnvelopeReaderOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private readonly Lock _gate = new();
    private readonly HashSet<EnvelopeLease<T>> _open = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop;
    private TaskCompletionSource? _drained;
    private int _receiving;
    private bool _closed;

    /// <summary>A reader of one queue.</summary>
    public EnvelopeReader(
        IMessageQueue queue,
        string queueName,
        JsonTypeInfo<T> type,
        EnvelopeReaderOptions options,
        TimeProvider time,
        ILogger logger
    )
    {
        _queue = queue;
        _name = queueName;
        _codec = new EnvelopeCodec<T>(type);
        _options = options;
        _time = time;
        _logger = logger;
        _settler = _codec.NewPacker(options.MaxItems, options.MaxBytes);
        _onSettled = OnSettled;
        _stop = _stopping.Token;
        _extendTimer = new PeriodicTimer(queue.Visibility / 4, time);
        _extending = ExtendOpenLeasesAsync();
    }

    /// <summary>The queue's name.</summary>
    public string QueueName => _name;

    /// <summary>Whether it was stopped: it receives no more.</summary>
    public bool IsStopped
    {
        get
        {
            lock (_gate)
            {
                return _closed;
            }
        }
    }

    /// <summary>Leases not settled yet.</summary>
    public int OpenLeases
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>
    /// Up to <paramref name="maxEnvelopes"/> leases; empty when nothing came within <paramref name="wait"/>, or when stopping.
    /// </summary>
    public async Task<IReadOnlyList<EnvelopeLease<T>>> ReceiveAsync(int maxEnvelopes, TimeSpan wait, CancellationToken ct)
    {
        CancellationTokenSource either;
        lock (_gate)
        {
            if (_closed)
            {
                return [];
            }
            _receiving++;
            either = CancellationTokenSource.CreateLinkedTokenSource(ct, _stop);
        }
        try
        {
            var received = await _queue.ReceiveAsync(_name, maxEnvelopes, wait, either.Token).ConfigureAwait(false);
            return await LeaseAsync(received).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // Stopping: nothing was received.
            return [];
        }
        finally
        {
            either.Dispose();
            lock (_gate)
            {
                _receiving--;
                SignalDrained();
            }
        }
    }

    /// <summary>
    /// Receives no more, waits for the open leases until the timeout, then releases the rest so that others have them at once.
    /// </summary>
    public async Task StopAsync(TimeSpan timeout)
    {
        Task drained;
        lock (_gate)
        {
            _closed = true;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            drained = _drained.Task;
            SignalDrained();
        }
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (await EndsWithinAsync(drained, timeout).ConfigureAwait(false))
        {
            return;
        }
        EnvelopeLease<T>[] rest;
        lock (_gate)
        {
            rest = [.. _open];
        }
        foreach (var lease in rest)
        {
            lease.ReleaseRest(TimeSpan.Zero);
        }
        if (!await EndsWithinAsync(drained, _options.SettleDeadline).ConfigureAwait(false))
        {
            _logger.NotDrained(_name, OpenLeases);
        }
    }

    /// <summary>Stops without waiting for holders: open leases are released.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        _extendTimer.Dispose();
        await _extending.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task<IReadOnlyList<EnvelopeLease<T>>> LeaseAsync(IReadOnlyList<ReceivedEnvelope> received)
    {
        var returned = _time.GetTimestamp();
        var visibility = (long)(_queue.Visibility.TotalSeconds * _time.TimestampFrequency);
        var leases = new List<EnvelopeLease<T>>(received.Count);
        foreach (var one in received)
        {
            QueueTelemetry.ReceivedEnvelopes.Count(_name);
            QueueTelemetry.Received.Count(_name, one.Items);
            if (!_codec.TryDecode(one.Body, out var envelope, out var error))
            {
                await DeadLetterAsync(one, error).ConfigureAwait(false);
                continue;
            }
            if (envelope.Items.Count == 0)
            {
                // Nothing in it can be handled: empty, or every item unreadable.
                await DeadLetterAsync(one, envelope.Unreadable.Count > 0 ? envelope.Unreadable[0].Reason : "empty").ConfigureAwait(false);
                continue;
            }
            var lease = new EnvelopeLease<T>(one, envelope, returned, (one.ClaimedAt ?? returned) + visibility, _onSettled);
            bool stopped;
            lock (_gate)
            {
                _open.Add(lease);
                stopped = _closed;
            }
            if (stopped)
            {
                lease.ReleaseRest(TimeSpan.Zero);
            }
            else if (!SetAside(lease))
            {
                leases.Add(lease);
            }
        }
        return leases;
    }

    // An envelope received too often kills its consumers, or they would have settled it.
    private bool SetAside(EnvelopeLease<T> lease)
    {
        if (lease.Items.Count > 1 && lease.ReceiveCount > _options.SplitAfterReceives)
        {
            _logger.Splitting(_name, lease.Id, lease.ReceiveCount, lease.Items.Count);
            QueueTelemetry.Split.Count(_name);
            lease.SplitRest(TimeSpan.Zero);
            return true;
        }
        if (lease.Items.Count == 1 && lease.ReceiveCount > _options.DeadLetterAfterReceives)
        {
            lease.Items[0].DeadLetter($"received {lease.ReceiveCount} times and never settled");
            return true;
        }
        return false;
    }

    private async Task DeadLetterAsync(ReceivedEnvelope envelope, string reason)
    {
        _logger.Unreadable(_name, envelope.Id, reason);
        try
        {
            using var deadline = new CancellationTokenSource(_options.SettleDeadline, _time);
            await _queue.DeadLetterAsync(_name, envelope, $"unreadable: {reason}", deadline.Token).ConfigureAwait(false);
            QueueTelemetry.DeadLettered.Count(_name, envelope.Items);
        }
        catch (Exception e)
        {
            // Not moved: it stays in its queue and comes back when its visibility ends.
            _logger.DeadLetterFailed(_name, envelope.Id, e);
        }
    }

    private void SignalDrained()
    {
        if (_closed && _open.Count == 0 && _receiving == 0)
        {
            _drained?.TrySetResult();
        }
    }

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan timeout)
    {
        try
        {
            await task.WaitAsync(timeout, _time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // The caller decides what becomes of the rest.
            return false;
        }
    }
}
