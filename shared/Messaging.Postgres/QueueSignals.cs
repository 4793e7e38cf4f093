using System.Collections.Concurrent;

namespace Messaging.Postgres;

/// <summary>Wakes receivers of this process, queue by queue.</summary>
internal sealed class QueueSignals(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, QueueSignal> _signals = new();

    public QueueSignal Of(string queue) => _signals.GetOrAdd(queue, static (_, time) => new QueueSignal(time), time);

    public void Wake(string queue) => Of(queue).Wake();

    public void WakeAll()
    {
        foreach (var signal in _signals.Values)
        {
            signal.Wake();
        }
    }
}

/// <summary>
/// Whether there may be something in one queue. A look that finds nothing costs as much as one that finds something, and of several receivers
/// that one envelope wakes only one can have it: so one looks at a time, and none where the last look left nothing and nothing came since.
/// What becomes visible by time alone (a delay, the end of a dead consumer's claim) is found by looking every so often.
/// </summary>
internal sealed class QueueSignal(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Seat> _seats = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _mayHold = true;
    private int _looking;
    private long _lookedAt = time.GetTimestamp();

    /// <summary>Something came, or may have.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _mayHold = true;
            Tell();
        }
    }

    /// <summary>Asks whether to look now. Whoever is told so says afterwards what came of it: <see cref="Looked"/>.</summary>
    /// <param name="anyway">Look in any case.</param>
    /// <param name="atLeastEvery">Look once in this time although nothing came.</param>
    /// <param name="changed">Completes when it is time to ask again; taken before looking, so that nothing is missed.</param>
    /// <param name="wait">How long to wait for that at most.</param>
    public bool TryLook(bool anyway, TimeSpan atLeastEvery, out Task changed, out TimeSpan wait)
    {
        lock (_gate)
        {
            changed = _changed.Task;
            wait = atLeastEvery - time.GetElapsedTime(_lookedAt);
            if (!anyway && (_looking > 0 || (!_mayHold && wait > TimeSpan.Zero)))
            {
                // The one that looks may never come back: this one asks again then.
                wait = wait > TimeSpan.Zero ? wait : atLeastEvery;
                return false;
            }
            _looking++;
            _mayHold = false;
            _lookedAt = time.GetTimestamp();
            wait = atLeastEvery;
            return true;
        }
    }

    /// <summary>A look ended; <paramref name="isDrained"/>: all that was visible was taken.</summary>
    public void Looked(bool isDrained)
    {
        lock (_gate)
        {
            _looking--;
            _mayHold |= !isDrained;
            if (_mayHold)
            {
                Tell();
            }
        }
    }

    /// <summary>Waits, from now on, for a sender as well.</summary>
    public Seat Sit(int most)
    {
        var seat = new Seat(most);
        lock (_gate)
        {
            _seats.AddLast(seat);
        }
        return seat;
    }

    /// <summary>Waits no more; false: a sender has reserved the seat, and will bring something or nothing.</summary>
    public bool Leave(Seat seat)
    {
        lock (_gate)
        {
            return _seats.Remove(seat);
        }
    }

    /// <summary>The seat of who waits longest and takes so many; null where nobody waits, or something older may be there.</summary>
    public Seat? Reserve(int envelopes)
    {
        lock (_gate)
        {
            if (_mayHold || _looking > 0 || _seats.FirstOrDefault(seat => seat.Most >= envelopes) is not { } reserved)
            {
                return null;
            }
            _seats.Remove(reserved);
            return reserved;
        }
    }

    private void Tell()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
