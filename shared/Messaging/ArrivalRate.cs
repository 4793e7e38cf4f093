namespace Messaging;

/// <summary>
/// About how many came within the last <paramref name="window"/> (in the clock's ticks): what this window's slice has, and of the one
/// before the share that still reaches into the last window. Not thread-safe.
/// </summary>
internal sealed class ArrivalRate(long window)
{
    private long _slice = long.MinValue;
    private int _current;
    private int _previous;

    public void Count(long now, int arrivals)
    {
        MoveTo(now);
        _current += arrivals;
    }

    public double Recent(long now)
    {
        MoveTo(now);
        return _current + (_previous * (1 - ((double)(now % window) / window)));
    }

    private void MoveTo(long now)
    {
        var slice = now / window;
        if (slice != _slice)
        {
            _previous = slice == _slice + 1 ? _current : 0;
            _current = 0;
            _slice = slice;
        }
    }
}
