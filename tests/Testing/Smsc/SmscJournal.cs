using System.Text;
using Smpp.Text;
using Smpp.Tlvs;

namespace Testing.Smsc;

/// <summary>A message that a simulator took.</summary>
public sealed record SmscMessage
{
    public required string Id { get; init; }
    public required string SystemId { get; init; }
    public required string Source { get; init; }
    public required string Destination { get; init; }
    public required byte EsmClass { get; init; }
    public required byte DataCoding { get; init; }
    public required byte RegisteredDelivery { get; init; }
    public required string Hex { get; init; }
    public required string Text { get; init; }
    public ushort? UserMessageReference { get; init; }
    public required DateTimeOffset Time { get; init; }
}

/// <summary>Counters of a simulator. A message is unique by source, destination, content and TLVs.</summary>
public sealed record SmscStats
{
    public long Submits { get; init; }
    public long Accepted { get; init; }
    public long Refused { get; init; }
    public long Unique { get; init; }
    public int Binds { get; init; }
    public int BindsMax { get; init; }
    public long BindsTotal { get; init; }
    public long ReceiptsQueued { get; init; }
    public long ReceiptsSent { get; init; }
    public long ReceiptsAnswered { get; init; }
    public long ReceiptsGivenUp { get; init; }
    public int ReceiptsWaiting { get; init; }
}

/// <summary>What a simulator remembers: the last messages in a ring, and which contents it has seen.</summary>
internal sealed class SmscJournal(int keep)
{
    // 8 octets each; beyond it, new contents are no longer told from known ones.
    const int MaxFingerprints = 20_000_000;

    readonly Lock gate = new();
    readonly Queue<SmscMessage> ring = new();
    readonly Dictionary<string, SmscMessage> byId = [];
    readonly HashSet<ulong> fingerprints = [];

    public int Unique
    {
        get
        {
            lock (gate)
            {
                return fingerprints.Count;
            }
        }
    }

    public void Add(SmscMessage message, ReadOnlySpan<byte> content, in TlvList tlvs)
    {
        var fingerprint = Fingerprint(message, content, tlvs);
        lock (gate)
        {
            if (fingerprints.Count < MaxFingerprints)
            {
                fingerprints.Add(fingerprint);
            }
            if (keep == 0)
            {
                return;
            }
            if (ring.Count == keep)
            {
                byId.Remove(ring.Dequeue().Id);
            }
            ring.Enqueue(message);
            byId[message.Id] = message;
        }
    }

    public SmscMessage? Find(string id)
    {
        lock (gate)
        {
            return byId.GetValueOrDefault(id);
        }
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<SmscMessage> Last(int limit)
    {
        lock (gate)
        {
            return [.. ring.Reverse().Take(limit)];
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            ring.Clear();
            byId.Clear();
            fingerprints.Clear();
        }
    }

    public static string Decode(ReadOnlyMemory<byte> content, byte dataCoding, bool hasHeader)
    {
        if (hasHeader && UserDataHeader.TryParse(content, out var header))
        {
            content = content[header!.Length..];
        }
        return SmppEncoding.FromDataCoding(dataCoding, SmppEncoding.Gsm7Bit).Decode(content.Span);
    }

    // FNV-1a, 64 bits: stable from run to run, unlike HashCode, and wide enough that millions of messages do not collide.
    static ulong Fingerprint(SmscMessage message, ReadOnlySpan<byte> content, in TlvList tlvs)
    {
        var hash = 14695981039346656037UL;
        Mix(Encoding.UTF8.GetBytes(message.Source));
        Mix([0]);
        Mix(Encoding.UTF8.GetBytes(message.Destination));
        Mix([0]);
        Mix(content);
        Mix(tlvs.Encoded.Span);
        return hash;

        void Mix(ReadOnlySpan<byte> octets)
        {
            foreach (var octet in octets)
            {
                hash = (hash ^ octet) * 1099511628211UL;
            }
        }
    }
}
