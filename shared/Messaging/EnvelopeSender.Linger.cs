namespace Messaging;

public sealed partial class EnvelopeSender<T>
{
    // Where a call costs money a send under load waits a moment for company. At most one send loop lingers, holding its slot; the last
    // item that fits, its timer and disposal wake it.
    private readonly ArrivalRate? _arrivals;
    private readonly ITimer? _lingerTimer;
    private TaskCompletionSource? _lingering;
    private long _lastArrival;
    private bool _waitingPays;

    private bool IsFull => _waiting.Count >= _options.MaxItems;

    // Before the items are enqueued: what came earlier tells whether more is to be expected, the first of a burst out of silence does not.
    private void CountArrivals(long now, int items)
    {
        if (_arrivals is null)
        {
            return;
        }
        if (_waiting.Count == 0)
        {
            _waitingPays = _arrivals.Recent(now) >= _options.LingerItems;
        }
        _arrivals.Count(now, items);
        _lastArrival = now;
    }

    private TimeSpan LingerLeft()
    {
        if (!_waitingPays || IsFull || _closed)
        {
            return TimeSpan.Zero;
        }
        var now = _time.GetTimestamp();
        var left = _options.MaxLinger - _time.GetElapsedTime(_waiting.Peek().EnqueuedAt, now);
        var quiet = _options.LingerQuiet - _time.GetElapsedTime(_lastArrival, now);
        return left < quiet ? left : quiet;
    }

    private TaskCompletionSource Linger(TimeSpan left)
    {
        _lingering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Timers count whole milliseconds; less than one would be none.
        _lingerTimer!.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
        return _lingering;
    }

    private void EndLinger()
    {
        lock (_gate)
        {
            _lingering?.TrySetResult();
        }
    }
}
