using System.Buffers;
using System.Buffers.Binary;
using Smpp.Fuzz.Inputs;
using Smpp.Proxy;

namespace Smpp.Fuzz.Targets;

/// <summary>
/// The PROXY protocol's header: the same whole and in segments, moved behind only when it is complete, and what is complete is so no
/// octet earlier.
/// </summary>
sealed class ProxyTarget : FuzzTarget
{
    static readonly byte[] signature = [.. "\r\n\r\n\0\r\nQUIT\n"u8];
    static readonly (byte Family, int Addresses)[] families = [(0x00, 0), (0x11, 12), (0x12, 12), (0x21, 36), (0x31, 216), (0x41, 4)];

    public override string Name => "proxy";
    public override int Weight => 4;

    public override FuzzInput Make(Random random)
    {
        var (family, addresses) = families[random.Next(families.Length)];
        var body = new List<byte>(new byte[addresses]);
        for (var i = random.Next(4); i > 0; i--)
        {
            byte[] types = [0x01, 0x02, 0x03, 0x04, 0x20, 0x30, (byte)random.Next(256)];
            var value = new byte[random.Next(40)];
            random.NextBytes(value);
            body.AddRange([types[random.Next(types.Length)], 0, (byte)value.Length, .. value]);
        }
        byte[] octets = [.. signature, (byte)(0x20 + random.Next(2)), family, 0, 0, .. body];
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(14), (ushort)body.Count);
        for (var i = random.Next(3); i > 0; i--)
        {
            octets = PduMutator.MutateAny(octets, random);
        }
        return new FuzzInput([.. octets, .. "\0\0\0\x10"u8], 0);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        var (status, header) = Read(new ReadOnlySequence<byte>(octets));
        var (again, headerAgain) = Read(OctetStream.InSegments(octets, new Random(octets.Length)));
        FuzzFailure.Unless(status == again && header == headerAgain, "in segments it is another header");
        if (header is null)
        {
            return Verdict(taken: false);
        }
        FuzzFailure.Unless(header.Length >= 16 && header.Length <= octets.Length, "the header is longer than what there is");
        FuzzFailure.Unless(!header.IsLocal || header.Source is null, "LOCAL has no address");
        var cut = Read(new ReadOnlySequence<byte>(octets, 0, header.Length - 1)).Status;
        FuzzFailure.Unless(cut == ProxyHeaderStatus.NeedMore, $"{cut} without its last octet");
        return Verdict(taken: true);
    }

    static (ProxyHeaderStatus Status, ProxyHeader? Header) Read(ReadOnlySequence<byte> buffer)
    {
        var length = buffer.Length;
        var status = ProxyHeaderReader.Read(ref buffer, ProxyHeaderReader.DefaultMaxLength, out var header);
        FuzzFailure.Unless(status == ProxyHeaderStatus.Complete == header is not null, "a header and a status that contradict");
        FuzzFailure.Unless(length - buffer.Length == (header?.Length ?? 0), "the buffer was not moved by the header");
        return (status, header);
    }
}
