using System.Diagnostics.CodeAnalysis;

namespace Smpp.Sessions;

/// <summary>
/// Our requests without a response: sequence numbers, N slots, waiters by sequence. A slot is released on every way a request can end.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "A SemaphoreSlim whose wait handle was never asked for holds nothing; disposing it would race with late releases."
)]
internal sealed class RequestWindow(int size)
{
    const uint MaxSequence = 0x7FFFFFFF; // section 3.2.1: 0x00000001 - 0x7FFFFFFF

    readonly Lock gate = new();
    readonly Dictionary<uint, PendingRequest> pending = [];
    readonly SemaphoreSlim slots = new(size);
    uint sequence;
    bool closed;
    TaskCompletionSource? emptied;

    public int Free => slots.CurrentCount;

    public bool TryEnter() => slots.Wait(0, CancellationToken.None);

    public Task EnterAsync(CancellationToken cancellationToken) => slots.WaitAsync(cancellationToken);

    public void Leave() => slots.Release();

    /// <summary>Numbers the request and keeps it. False once closed: then its slot, if it holds one, is passed on.</summary>
    public bool TryAdd(PendingRequest request, TimeSpan now)
    {
        lock (gate)
        {
            if (!closed)
            {
                request.Sequence = NextSequence();
                request.SentAt = now;
                pending.Add(request.Sequence, request);
                return true;
            }
        }
        Release(request); // passes the wake-up on to the next who waits for a slot of this closed window
        return false;
    }

    /// <summary>Completes when nothing waits for a response.</summary>
    public Task WhenEmptyAsync()
    {
        lock (gate)
        {
            return pending.Count == 0
                ? Task.CompletedTask
                : (emptied ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    // Under the gate.
    void TellIfEmpty()
    {
        if (pending.Count == 0)
        {
            emptied?.TrySetResult();
            emptied = null;
        }
    }

    /// <summary>Goes on as if <paramref name="number"/> had been given last: a test does not send two thousand million requests.</summary>
    internal void ContinueAfter(uint number)
    {
        lock (gate)
        {
            sequence = number;
        }
    }

    /// <summary>Numbers a PDU that has no response.</summary>
    public uint Number()
    {
        lock (gate)
        {
            return NextSequence();
        }
    }

    /// <summary>Takes the request out, when it is still there.</summary>
    public PendingRequest? Take(uint sequenceNumber)
    {
        PendingRequest? request;
        lock (gate)
        {
            if (!pending.Remove(sequenceNumber, out request))
            {
                return null;
            }
            TellIfEmpty();
        }
        Release(request);
        return request;
    }

    /// <summary>Takes out everything sent at or before <paramref name="deadline"/>.</summary>
    public IReadOnlyList<PendingRequest> TakeSentUntil(TimeSpan deadline)
    {
        List<PendingRequest>? expired = null;
        lock (gate)
        {
            foreach (var request in pending.Values)
            {
                if (request.SentAt <= deadline)
                {
                    (expired ??= []).Add(request);
                }
            }
            foreach (var request in expired ?? [])
            {
                pending.Remove(request.Sequence);
            }
            TellIfEmpty();
        }
        foreach (var request in expired ?? [])
        {
            Release(request);
        }
        return expired ?? (IReadOnlyList<PendingRequest>)[];
    }

    /// <summary>Takes out everything, in the order of sending, and lets nothing in any more.</summary>
    public IReadOnlyList<PendingRequest> Close()
    {
        PendingRequest[] left;
        lock (gate)
        {
            closed = true;
            left = [.. pending.Values.OrderBy(request => request.SentAt).ThenBy(request => request.Sequence)];
            pending.Clear();
            TellIfEmpty();
        }
        foreach (var request in left)
        {
            Release(request);
        }
        slots.Release(); // wakes one who waits for a slot; it finds the window closed and wakes the next
        return left;
    }

    void Release(PendingRequest request)
    {
        if (request.HoldsSlot)
        {
            slots.Release();
        }
    }

    // After a wrap a number may still wait for its response, at the longest for the response timeout: it is skipped. There are more numbers
    // than any window has slots, so the search ends.
    uint NextSequence()
    {
        do
        {
            sequence = sequence == MaxSequence ? 1 : sequence + 1;
        } while (pending.ContainsKey(sequence));
        return sequence;
    }
}
