using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Smpp.Text;
using Smpp.Tlvs;
using Testing.Load;

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

/// <summary>Counters of a simulator. A message is unique by the load's marker, or by source, destination, content and TLVs where it has none.</summary>
public sealed record SmscStats
{
    public long Submits { get; init; }
    public long Accepted { get; init; }
    public long Refused { get; init; }
    public long Unique { get; init; }

    /// <summary>Accepted messages that were known already.</summary>
    public long Doubled { get; init; }
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
    // 28 octets each; beyond it, new contents are no longer told from known ones.
    const int MaxIdentities = 20_000_000;

    // Some 40 MB. A process that is killed may leave as many copies as its binds' windows hold; a test kills twenty.
    const int MaxDoubled = 100_000;

    readonly Lock gate = new();
    readonly Queue<SmscMessage> ring = new();
    readonly Dictionary<string, SmscMessage> byId = [];
    readonly HashSet<Identity> identities = [];
    readonly List<SmscMessage> doubled = [];
    long doubledCount;

    public int Unique
    {
        get
        {
            lock (gate)
            {
                return identities.Count;
            }
        }
    }

    public long DoubledCount
    {
        get
        {
            lock (gate)
            {
                return doubledCount;
            }
        }
    }

    /// <summary>The first 100,000 messages that were known already.</summary>
    public IReadOnlyList<SmscMessage> Doubled()
    {
        lock (gate)
        {
            return [.. doubled];
        }
    }

    public void Add(SmscMessage message, ReadOnlySpan<byte> content, in TlvList tlvs)
    {
        var identity = IdentityOf(message, content, tlvs);
        lock (gate)
        {
            if (identities.Count < MaxIdentities && !identities.Add(identity))
            {
                doubledCount++;
                if (doubled.Count < MaxDoubled)
                {
                    doubled.Add(message);
                }
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
            identities.Clear();
            identities.TrimExcess();
            doubled.Clear();
            doubledCount = 0;
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

    // A marker is the message, however the platform words the rest. A part with a header has an own content, which tells it from the others.
    static Identity IdentityOf(SmscMessage message, ReadOnlySpan<byte> content, in TlvList tlvs)
    {
        if (Marker.TryRead(content, out var run, out var number))
        {
            return new Identity(run, number);
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.Latin1.GetBytes($"{message.Source}\0{message.Destination}\0{content.Length}\0"));
        hash.AppendData(content);
        hash.AppendData(tlvs.Encoded.Span);
        var octets = hash.GetHashAndReset();
        return new Identity(BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt64BigEndian(octets.AsSpan(8)));
    }

    readonly record struct Identity(ulong High, ulong Low);
}
