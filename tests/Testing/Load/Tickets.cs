namespace Testing.Load;

/// <summary>How many messages are still to be brought to an end. Whoever holds a ticket resolves it or gives it back.</summary>
internal sealed class Tickets(long count)
{
    readonly Lock gate = new();
    TaskCompletionSource returned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long left = count;
    int held;
    volatile bool closed;

    /// <summary>No more are given out.</summary>
    public bool IsClosed => closed;

    /// <summary>None is left, and none is held.</summary>
    public bool AreDone
    {
        get
        {
            lock (gate)
            {
                return held == 0 && (closed || left == 0);
            }
        }
    }

    /// <summary>Done when a ticket is given back after now.</summary>
    public Task Returned
    {
        get
        {
            lock (gate)
            {
                return returned.Task;
            }
        }
    }

    public bool TryTake()
    {
        lock (gate)
        {
            if (closed || left == 0)
            {
                return false;
            }
            left--;
            held++;
            return true;
        }
    }

    public void Resolve()
    {
        lock (gate)
        {
            held--;
        }
    }

    public void GiveBack()
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            held--;
            left++;
            signal = returned;
            returned = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        signal.TrySetResult();
    }

    public void Close() => closed = true;
}
