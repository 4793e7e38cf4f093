using Contracts;
using Messaging;

namespace Workers;

/// <summary>A routed message received and not settled, with the lane it came by.</summary>
internal sealed class LaneItem(LeasedItem<MessageRouted> leased, DispatchLane lane)
{
    public MessageRouted Value => leased.Value;

    public LeasedItem<MessageRouted> Leased => leased;

    public DispatchLane Lane => lane;
}

/// <summary>
/// What a connector's lanes have received and no bind has taken yet. A bind first gets the right to one item, then takes it: which one is
/// decided at that moment. Bounded by what is received (<see cref="ClaimAndSend"/>). Thread-safe.
/// </summary>
internal sealed class ItemsInHand : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<LaneItem> high = new();
    private readonly Queue<LaneItem> normal = new();
    private readonly LaneShare share = new();
    private readonly SemaphoreSlim available = new(0);

    /// <summary>Whether urgent ones wait.</summary>
    public bool HighWaits
    {
        get
        {
            lock (gate)
            {
                return high.Count > 0;
            }
        }
    }

    public void Add(LaneItem item)
    {
        lock (gate)
        {
            (item.Lane.IsHigh ? high : normal).Enqueue(item);
        }

        available.Release();
    }

    /// <summary>Waits for the right to one item; it must be taken or given up.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => available.WaitAsync(cancellationToken);

    /// <summary>Gets the right to one item, if there is one now.</summary>
    public bool TryReserve() => available.Wait(TimeSpan.Zero, CancellationToken.None);

    /// <summary>Gives a right up.</summary>
    public void GiveUp() => available.Release();

    /// <summary>Takes the item that one has the right to.</summary>
    public LaneItem Take()
    {
        lock (gate)
        {
            var isNormal = share.IsNormalNext(high.Count > 0, normal.Count > 0);
            var item = (isNormal ? normal : high).Dequeue();
            share.Took(isNormal, item.Value.Message.Parts, otherWaits: (isNormal ? high : normal).Count > 0);
            return item;
        }
    }

    public void Dispose() => available.Dispose();
}
