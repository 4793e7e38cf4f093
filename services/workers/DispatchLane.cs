using Contracts;
using Messaging;
using Persistence;

namespace Workers;

/// <summary>One of a connector's two queues as this worker takes from it: what it has in hand, and when to look again.</summary>
internal sealed class DispatchLane(EnvelopeReader<MessageRouted> reader, bool isHigh) : IAsyncDisposable
{
    private readonly WakeUp wake = new();
    private readonly Lock gate = new();
    private CancellationTokenSource? receiving;
    private int inHand;

    /// <summary>True for the lane that goes first.</summary>
    public bool IsHigh => isHigh;

    public EnvelopeReader<MessageRouted> Reader => reader;

    /// <summary>Items received and not settled.</summary>
    public int InHand => Volatile.Read(ref inHand);

    public void Received(int items) => Interlocked.Add(ref inHand, items);

    public void Settled() => Interlocked.Decrement(ref inHand);

    /// <summary>Something changed: there may be room, or none may be left. Where nothing can be sent, a receive under way is given up.</summary>
    public void Wake(bool canSend)
    {
        wake.Call();
        if (!canSend)
        {
            lock (gate)
            {
                receiving?.Cancel();
            }
        }
    }

    public Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken) => wake.WaitAsync(longest, cancellationToken);

    /// <summary>Receives, unless <paramref name="canSend"/> turns false meanwhile.</summary>
    public async Task<IReadOnlyList<EnvelopeLease<MessageRouted>>> ReceiveAsync(
        int envelopes,
        TimeSpan wait,
        Func<bool> canSend,
        CancellationToken cancellationToken
    )
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lock (gate)
        {
            receiving = either;
        }

        try
        {
            return canSend() ? await reader.ReceiveAsync(envelopes, wait, either.Token) : [];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Unbound while nothing was there to be taken.
            return [];
        }
        finally
        {
            lock (gate)
            {
                receiving = null;
            }
        }
    }

    public ValueTask DisposeAsync() => reader.DisposeAsync();
}
