namespace Messaging;

public sealed partial class EnvelopeReader<T>
{
    private readonly PeriodicTimer _extendTimer;
    private readonly Task _extending;

    // Every quarter of the visibility: those past half of it are extended, unless they are held too long; those past all of it are lost.
    private async Task ExtendOpenLeasesAsync()
    {
        while (await _extendTimer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            var due = DueForExtension();
            if (due.Count > 0)
            {
                await ExtendAsync(due).ConfigureAwait(false);
            }
            foreach (var lease in HeldTooLong())
            {
                Lose(lease);
            }
        }
    }

    private List<EnvelopeLease<T>> DueForExtension()
    {
        var now = _time.GetTimestamp();
        var soon = now + (Ticks(_queue.Visibility) / 2);
        var due = new List<EnvelopeLease<T>>();
        lock (_gate)
        {
            foreach (var lease in _open)
            {
                if (lease.Deadline <= soon && now - lease.HeldSince < Ticks(_options.MaxHold) && !lease.IsLost)
                {
                    due.Add(lease);
                }
            }
        }
        return due;
    }

    private List<EnvelopeLease<T>> HeldTooLong()
    {
        var now = _time.GetTimestamp();
        lock (_gate)
        {
            return [.. _open.Where(lease => lease.Deadline <= now && !lease.IsLost)];
        }
    }

    private async Task ExtendAsync(List<EnvelopeLease<T>> due)
    {
        // Counted from before the call: the queue counts from later, so ours ends first.
        var asked = _time.GetTimestamp();
        var extended = false;
        try
        {
            using var deadline = new CancellationTokenSource(_queue.Visibility / 4, _time);
            await _queue.ExtendAsync(_name, due.ConvertAll(l => l.Received), _queue.Visibility, deadline.Token).ConfigureAwait(false);
            extended = true;
        }
        catch (Exception e)
        {
            // Tried again at the next tick, as long as the lease's deadline allows.
            _logger.ExtendFailed(due.Count, _name, e);
        }
        var now = _time.GetTimestamp();
        foreach (var lease in due)
        {
            if (now >= lease.Deadline)
            {
                // Even if the call went through: it may have come after another consumer's claim, and changed nothing.
                Lose(lease);
            }
            else if (extended)
            {
                lease.Deadline = asked + Ticks(_queue.Visibility);
            }
        }
    }

    private void Lose(EnvelopeLease<T> lease)
    {
        bool held;
        lock (_gate)
        {
            held = _open.Contains(lease);
        }
        if (held)
        {
            _logger.LeaseLost(lease.Id, _name);
            QueueTelemetry.LostLeases.Count(_name);
            lease.MarkLost();
        }
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);
}
