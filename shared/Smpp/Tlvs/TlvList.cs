using System.Buffers.Binary;
using System.Text;

namespace Smpp.Tlvs;

/// <summary>One TLV.</summary>
/// <param name="Tag">The tag, known or not.</param>
/// <param name="Value">The value as received.</param>
public readonly record struct Tlv(TlvTag Tag, ReadOnlyMemory<byte> Value);

/// <summary>
/// The TLVs of a PDU as encoded: order, duplicates and unknown tags are kept, so writing gives back the bytes that were read. A look-up is
/// a walk over the bytes: messages carry two or three. Immutable; <c>default</c> is the empty list.
/// </summary>
public readonly partial struct TlvList
{
    const int HeaderSize = 4;

    readonly ReadOnlyMemory<byte> encoded;

    TlvList(ReadOnlyMemory<byte> encoded) => this.encoded = encoded;

    /// <summary>No TLVs.</summary>
    public static TlvList Empty => default;

    /// <summary>The encoded form.</summary>
    public ReadOnlyMemory<byte> Encoded => encoded;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => encoded.IsEmpty;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var _ in this)
            {
                count++;
            }
            return count;
        }
    }

    /// <summary>
    /// Takes over a stream of TLVs after checking its structure: each length within the bytes, at most <paramref name="maxCount"/> of them.
    /// The memory is not copied and must not change afterwards.
    /// </summary>
    public static bool TryParse(ReadOnlyMemory<byte> encoded, int maxCount, out TlvList tlvs)
    {
        tlvs = default;
        var span = encoded.Span;
        var position = 0;
        for (var count = 0; position < span.Length; count++)
        {
            if (count == maxCount || span.Length - position < HeaderSize)
            {
                return false;
            }
            var length = BinaryPrimitives.ReadUInt16BigEndian(span[(position + 2)..]);
            position += HeaderSize + length;
            if (position > span.Length)
            {
                return false;
            }
        }
        tlvs = new TlvList(encoded);
        return true;
    }

    /// <summary>The value of the first TLV with this tag.</summary>
    public bool TryGet(TlvTag tag, out ReadOnlyMemory<byte> value)
    {
        var span = encoded.Span;
        for (var position = 0; position < span.Length; )
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(span[(position + 2)..]);
            if (BinaryPrimitives.ReadUInt16BigEndian(span[position..]) == (ushort)tag)
            {
                value = encoded.Slice(position + HeaderSize, length);
                return true;
            }
            position += HeaderSize + length;
        }
        value = default;
        return false;
    }

    /// <summary>Whether there is a TLV with this tag.</summary>
    public bool Contains(TlvTag tag) => TryGet(tag, out _);

    /// <summary>
    /// This list with the TLV at its end, in place of any it had with that tag. Throws <see cref="ArgumentOutOfRangeException"/> for a
    /// value of more than 65,535 octets.
    /// </summary>
    public TlvList With(TlvTag tag, ReadOnlySpan<byte> value) => Without(tag).Add(tag, value);

    /// <summary>
    /// This list with the TLV at its end, beside any it has with that tag: broadcast_area_identifier, broadcast_error_status,
    /// broadcast_area_success and callback_num with its companions may repeat. Throws as <see cref="With"/> does.
    /// </summary>
    public TlvList Add(TlvTag tag, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, ushort.MaxValue);
        var kept = encoded.Span;
        var bytes = new byte[kept.Length + HeaderSize + value.Length];
        kept.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(kept.Length), (ushort)tag);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(kept.Length + 2), (ushort)value.Length);
        value.CopyTo(bytes.AsSpan(kept.Length + HeaderSize));
        return new TlvList(bytes);
    }

    /// <summary>This list with a one-octet integer.</summary>
    public TlvList WithByte(TlvTag tag, byte value) => With(tag, [value]);

    /// <summary>This list with a two-octet integer.</summary>
    public TlvList WithUInt16(TlvTag tag, ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return With(tag, bytes);
    }

    /// <summary>This list with a four-octet integer.</summary>
    public TlvList WithUInt32(TlvTag tag, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return With(tag, bytes);
    }

    /// <summary>This list with a C-octet string; the NUL is added here.</summary>
    public TlvList WithCString(TlvTag tag, string value)
    {
        var bytes = new byte[value.Length + 1];
        Encoding.Latin1.GetBytes(value, bytes);
        return With(tag, bytes);
    }

    /// <summary>This list without any TLV of this tag.</summary>
    public TlvList Without(TlvTag tag)
    {
        if (!Contains(tag))
        {
            return this;
        }
        var bytes = new byte[encoded.Length];
        var length = 0;
        foreach (var tlv in this)
        {
            if (tlv.Tag != tag)
            {
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(length), (ushort)tlv.Tag);
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(length + 2), (ushort)tlv.Value.Length);
                tlv.Value.Span.CopyTo(bytes.AsSpan(length + HeaderSize));
                length += HeaderSize + tlv.Value.Length;
            }
        }
        return new TlvList(bytes.AsMemory(0, length));
    }

    /// <summary>Walks over the TLVs in their order.</summary>
    public Enumerator GetEnumerator() => new(encoded);

    /// <summary>Walks over a <see cref="TlvList"/>.</summary>
    public struct Enumerator
    {
        readonly ReadOnlyMemory<byte> encoded;
        int position;

        internal Enumerator(ReadOnlyMemory<byte> encoded) => this.encoded = encoded;

        /// <summary>The TLV the walk stands at.</summary>
        public Tlv Current { get; private set; }

        /// <summary>Goes to the next one.</summary>
        public bool MoveNext()
        {
            if (position >= encoded.Length)
            {
                return false;
            }
            var span = encoded.Span[position..];
            var length = BinaryPrimitives.ReadUInt16BigEndian(span[2..]);
            Current = new Tlv((TlvTag)BinaryPrimitives.ReadUInt16BigEndian(span), encoded.Slice(position + HeaderSize, length));
            position += HeaderSize + length;
            return true;
        }
    }
}
