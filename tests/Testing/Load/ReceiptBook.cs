using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Testing.Load;

/// <summary>A receipt whose id no response has named (yet).</summary>
/// <param name="Id">The id it names.</param>
/// <param name="Content">Its text: it may quote the message's marker.</param>
/// <param name="Destination">Where the message went: the receipt's source_addr.</param>
internal sealed record UnmatchedReceipt(string Id, byte[] Content, string Destination)
{
    public int Count { get; init; } = 1;
}

/// <summary>An accepted message, for a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">Its number in the run.</param>
/// <param name="ReceiptedAt">When its first receipt came, from the run's start; zero when none did.</param>
internal readonly record struct BookedMessage(string Id, uint Number, TimeSpan ReceiptedAt);

/// <summary>
/// Joins receipts to accepted messages: each has exactly one. About 50 octets a message, in shards so that growing one does not stall the
/// load. A receipt may come before its response.
/// </summary>
internal sealed class ReceiptBook
{
    const int ShardBits = 6;

    readonly Shard[] shards;
    long accepted;
    long repeated;
    long received;
    long receipted;
    long doubled;

    public ReceiptBook(int capacity)
    {
        shards = new Shard[1 << ShardBits];
        for (var i = 0; i < shards.Length; i++)
        {
            // A little above the mean, for the shards are not quite even.
            shards[i] = new Shard((capacity >> ShardBits) + (capacity >> (ShardBits + 4)));
        }
    }

    /// <summary>Messages accepted, each id once.</summary>
    public long Accepted => Interlocked.Read(ref accepted);

    /// <summary>Acceptances that named an id which another one had named: that never is right.</summary>
    public long Repeated => Interlocked.Read(ref repeated);

    /// <summary>Receipts, whatever they name.</summary>
    public long Received => Interlocked.Read(ref received);

    /// <summary>Accepted messages with a receipt.</summary>
    public long Receipted => Interlocked.Read(ref receipted);

    /// <summary>Accepted messages with more than one receipt.</summary>
    public long Doubled => Interlocked.Read(ref doubled);

    /// <summary>Accepted messages without a receipt.</summary>
    public long Outstanding => Accepted - Receipted;

    /// <summary>From accepting to the receipt.</summary>
    public LatencyHistogram Lag { get; } = new();

    public void Accept(ReadOnlySpan<char> id, uint number, TimeSpan now)
    {
        var key = MessageKey.Of(id, out var form);
        var shard = ShardOf(key);
        lock (shard)
        {
            ref var message = ref CollectionsMarshal.GetValueRefOrAddDefault(shard.Messages, key, out var known);
            if (known)
            {
                Interlocked.Increment(ref repeated);
                return;
            }
            message = new Message(ToTenths(now), number, form);
            Interlocked.Increment(ref accepted);
            if (shard.Unmatched.Remove(key, out var early))
            {
                Settle(ref message, now, early.Count);
            }
        }
    }

    public void Receipt(ReadOnlySpan<char> id, ReadOnlySpan<byte> content, string destination, TimeSpan now)
    {
        Interlocked.Increment(ref received);
        var key = MessageKey.Of(id, out _);
        var shard = ShardOf(key);
        lock (shard)
        {
            ref var message = ref CollectionsMarshal.GetValueRefOrNullRef(shard.Messages, key);
            if (Unsafe.IsNullRef(ref message))
            {
                shard.Unmatched[key] = shard.Unmatched.TryGetValue(key, out var seen)
                    ? seen with
                    {
                        Count = seen.Count + 1,
                    }
                    : new UnmatchedReceipt(id.ToString(), content.ToArray(), destination);
                return;
            }
            Settle(ref message, now, 1);
        }
    }

    public IEnumerable<BookedMessage> Missing() => List(receipts => receipts == 0);

    public IEnumerable<BookedMessage> TwiceReceipted() => List(receipts => receipts > 1);

    public IReadOnlyList<UnmatchedReceipt> Unmatched()
    {
        var all = new List<UnmatchedReceipt>();
        foreach (var shard in shards)
        {
            lock (shard)
            {
                all.AddRange(shard.Unmatched.Values);
            }
        }
        return all;
    }

    // Only when the run is over: the shards are walked without their locks.
    IEnumerable<BookedMessage> List(Func<byte, bool> wanted) =>
        shards
            .SelectMany(shard => shard.Messages)
            .Where(pair => wanted(pair.Value.Receipts))
            .Select(pair => new BookedMessage(
                pair.Key.ToText(pair.Value.Form),
                pair.Value.Number,
                TimeSpan.FromTicks(pair.Value.ReceiptedAt * TicksPerTenth)
            ));

    void Settle(ref Message message, TimeSpan now, int count)
    {
        var before = message.Receipts;
        message.Receipts = (byte)Math.Min(byte.MaxValue, before + count);
        if (before == 0)
        {
            Interlocked.Increment(ref receipted);
            message.ReceiptedAt = ToTenths(now);
            Lag.Record(TimeSpan.FromTicks((ToTenths(now) - message.AcceptedAt) * TicksPerTenth));
        }
        if (before <= 1 && message.Receipts > 1)
        {
            Interlocked.Increment(ref doubled);
        }
    }

    Shard ShardOf(MessageKey key) => shards[(int)(((key.Low ^ key.High) * 0x9E3779B97F4A7C15) >> (64 - ShardBits))];

    // Tenths of a millisecond fit 119 hours into four octets.
    const long TicksPerTenth = TimeSpan.TicksPerMillisecond / 10;

    static uint ToTenths(TimeSpan time) => (uint)(time.Ticks / TicksPerTenth);

    sealed class Shard(int capacity)
    {
        public readonly Dictionary<MessageKey, Message> Messages = new(capacity);
        public readonly Dictionary<MessageKey, UnmatchedReceipt> Unmatched = [];
    }

    struct Message(uint acceptedAt, uint number, IdForm form)
    {
        public readonly uint AcceptedAt = acceptedAt;
        public readonly uint Number = number;
        public readonly IdForm Form = form;
        public uint ReceiptedAt;
        public byte Receipts;
    }
}
