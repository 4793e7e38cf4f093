using System.Buffers.Binary;

namespace Smpp.InteropTests.Codec;

/// <summary>
/// The classic capture file format (little-endian, microseconds): a file header of 24 octets, then per packet 16 octets and the packet.
/// </summary>
internal static class PcapFile
{
    const uint Magic = 0xA1B2C3D4;
    const int FileHeader = 24;
    const int PacketHeader = 16;
    const uint RawIp = 101; // LINKTYPE_RAW: the packet begins with its IP header
    const int IpHeader = 20;
    const int TcpHeader = 20;
    const int SegmentSize = 1400;
    const ushort ClientPort = 40000;

    /// <summary>A capture of a connection in which the client, then the server wrote these octets.</summary>
    public static byte[] Of(int port, byte[] fromClient, byte[] fromServer)
    {
        using var file = new MemoryStream();
        Span<byte> header = stackalloc byte[FileHeader];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2); // version 2.4
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 0x40000); // snapshot length
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], RawIp);
        file.Write(header);
        WriteStream(file, ClientPort, (ushort)port, fromClient, 1, 1);
        WriteStream(file, (ushort)port, ClientPort, fromServer, 1, (uint)(1 + fromClient.Length));
        return file.ToArray();
    }

    /// <summary>Whether the file has that many octets of payload of each direction.</summary>
    public static bool Holds(ReadOnlySpan<byte> file, int port, int fromClient, int fromServer)
    {
        var (client, server) = (0, 0);
        if (file.Length < FileHeader)
        {
            return false;
        }
        // Loopback is captured with an Ethernet header before the IP one.
        var link = BinaryPrimitives.ReadUInt32LittleEndian(file[20..]) == RawIp ? 0 : 14;
        for (var position = FileHeader; file.Length - position >= PacketHeader; )
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(file[(position + 8)..]);
            if (file.Length - position - PacketHeader < length)
            {
                break;
            }
            var ip = file.Slice(position + PacketHeader + link, length - link);
            var tcp = ip[((ip[0] & 0x0F) * 4)..];
            var payload = BinaryPrimitives.ReadUInt16BigEndian(ip[2..]) - (ip[0] & 0x0F) * 4 - (tcp[12] >> 4) * 4;
            if (BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]) == port)
            {
                client += payload;
            }
            else
            {
                server += payload;
            }
            position += PacketHeader + length;
        }
        return client >= fromClient && server >= fromServer;
    }

    static void WriteStream(MemoryStream file, ushort from, ushort to, byte[] octets, uint sequence, uint acknowledged)
    {
        foreach (var payload in octets.Chunk(SegmentSize))
        {
            var packet = new byte[PacketHeader + IpHeader + TcpHeader + payload.Length];
            var length = packet.Length - PacketHeader;
            BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), (uint)length);
            BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(12), (uint)length);
            var ip = packet.AsSpan(PacketHeader);
            ip[0] = 0x45; // IPv4, five words of header; checksums stay zero, which dissectors do not check
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)length);
            ip[8] = 64; // time to live
            ip[9] = 6; // TCP
            ip[12] = ip[16] = 127;
            ip[15] = ip[19] = 1;
            var tcp = ip[IpHeader..];
            BinaryPrimitives.WriteUInt16BigEndian(tcp, from);
            BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], to);
            BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
            BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledged);
            tcp[12] = 0x50; // five words of header
            tcp[13] = 0x18; // PSH, ACK
            BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 0xFFFF); // window
            payload.CopyTo(tcp[TcpHeader..]);
            file.Write(packet);
            sequence += (uint)payload.Length;
        }
    }
}
