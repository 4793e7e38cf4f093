using System.Diagnostics.CodeAnalysis;

namespace Messaging;

/// <summary>An envelope held for a while. When its last item is settled the reader settles the envelope.</summary>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "A token source without a timer holds nothing to dispose of; holders may keep its token."
)]
public sealed class EnvelopeLease<T>
{
    private readonly CancellationTokenSource _lost = new();
    private readonly Action<EnvelopeLease<T>> _settled;
    private int _unsettled;

    internal EnvelopeLease(ReceivedEnvelope received, Envelope<T> envelope, long heldSince, long deadline, Action<EnvelopeLease<T>> settled)
    {
        Received = received;
        Unreadable = envelope.Unreadable;
        BootId = envelope.BootId;
        EnqueuedAt = envelope.At;
        HeldSince = heldSince;
        Deadline = deadline;
        _settled = settled;
        var items = new LeasedItem<T>[envelope.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = new LeasedItem<T>(this, envelope.Items[i]);
        }
        Items = items;
        _unsettled = items.Length;
    }

    /// <summary>The envelope's id.</summary>
    public Guid Id => Received.Id;

    /// <summary>The process that accepted the items.</summary>
    public Guid BootId { get; }

    /// <summary>When the items were first sent, re-queueing notwithstanding.</summary>
    public DateTimeOffset EnqueuedAt { get; }

    /// <summary>How often the envelope was received, this time included.</summary>
    public int ReceiveCount => Received.ReceiveCount;

    /// <summary>The messages.</summary>
    public IReadOnlyList<LeasedItem<T>> Items { get; }

    /// <summary>
    /// Cancelled when the lease could not be extended in time: another consumer may have the envelope, so stop. What is
    /// settled afterwards counts only if all of it is completed.
    /// </summary>
    public CancellationToken Lost => _lost.Token;

    internal ReceivedEnvelope Received { get; }

    internal IReadOnlyList<UnreadableItem> Unreadable { get; }

    /// <summary>Timestamp after which the envelope may be somebody else's. Touched by the extending loop only.</summary>
    internal long Deadline { get; set; }

    /// <summary>Timestamp of the receive.</summary>
    internal long HeldSince { get; }

    internal bool IsLost => _lost.IsCancellationRequested;

    /// <summary>Completes every item that is not settled yet.</summary>
    public void CompleteRest()
    {
        foreach (var item in Items)
        {
            item.Complete();
        }
    }

    /// <summary>Releases every item that is not settled yet.</summary>
    public void ReleaseRest(TimeSpan delay)
    {
        foreach (var item in Items)
        {
            item.Release(delay);
        }
    }

    /// <summary>Fails every item that is not settled yet.</summary>
    public void FailRest(string reason, TimeSpan delay)
    {
        foreach (var item in Items)
        {
            item.Fail(reason, delay);
        }
    }

    internal void SplitRest(TimeSpan delay)
    {
        foreach (var item in Items)
        {
            item.ReleaseAlone(delay);
        }
    }

    internal void MarkLost() => _lost.Cancel();

    internal void ItemSettled()
    {
        if (Interlocked.Decrement(ref _unsettled) == 0)
        {
            _settled(this);
        }
    }
}
