namespace Testing.Load;

/// <summary>Lets so many a second through: one timer for all, no delay per message. What a short stall held up is caught up on.</summary>
internal sealed class Pacer : IDisposable
{
    static readonly TimeSpan period = TimeSpan.FromMilliseconds(5);

    readonly SemaphoreSlim permits = new(0);
    readonly TimeProvider time;
    readonly long startedAt;
    readonly int rate;
    readonly ITimer timer;
    readonly Lock gate = new();
    long due;
    bool open;

    public Pacer(int rate, TimeProvider time)
    {
        this.rate = rate;
        this.time = time;
        startedAt = time.GetTimestamp();
        timer = time.CreateTimer(static pacer => ((Pacer)pacer!).Release(), this, period, period);
    }

    public Task WaitAsync() => permits.WaitAsync();

    /// <summary>Holds nobody up any more.</summary>
    public void Open()
    {
        lock (gate)
        {
            if (!open)
            {
                open = true;
                permits.Release(int.MaxValue / 2);
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            open = true; // a callback that comes late finds nothing to do
        }
        timer.Dispose();
        permits.Dispose();
    }

    void Release()
    {
        lock (gate)
        {
            var before = due;
            due = (long)(time.GetElapsedTime(startedAt).TotalSeconds * rate);
            var granted = Math.Min(due - before, rate - permits.CurrentCount); // at most a second's worth is kept
            if (granted > 0 && !open)
            {
                permits.Release((int)granted);
            }
        }
    }
}
