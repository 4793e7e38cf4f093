using System.Diagnostics.CodeAnalysis;

namespace SmppGateway;

/// <summary>
/// Remembers what was set lately: each entry for a while, and at most so many, of which the one set longest ago makes room. So a table
/// about strangers stays small whatever they send. Not thread-safe.
/// </summary>
internal sealed class RecentTable<TKey, TValue>(int capacity, TimeSpan lifetime, TimeProvider time)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> bySetting = new();

    /// <summary>Entries held, those that ran out and were not swept yet included.</summary>
    public int Count => entries.Count;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        Sweep();
        if (entries.TryGetValue(key, out var node))
        {
            value = node.Value.Value;
            return true;
        }

        value = default;
        return false;
    }

    public void Set(TKey key, TValue value)
    {
        Sweep();
        Remove(key);
        if (entries.Count >= capacity)
        {
            Remove(bySetting.First!.Value.Key);
        }

        entries[key] = bySetting.AddLast(new Entry(key, value, time.GetTimestamp()));
    }

    public void Remove(TKey key)
    {
        if (entries.Remove(key, out var node))
        {
            bySetting.Remove(node);
        }
    }

    private void Sweep()
    {
        while (bySetting.First is { } oldest && time.GetElapsedTime(oldest.Value.SetAt) >= lifetime)
        {
            Remove(oldest.Value.Key);
        }
    }

    private readonly record struct Entry(TKey Key, TValue Value, long SetAt);
}
