using System.Net;
using System.Net.Sockets;

namespace SmppGateway;

/// <summary>Whom an address stands for when strangers are counted: an IPv4 address for itself, an IPv6 one for its /64, which one host has wholly.</summary>
internal static class ClientNetwork
{
    private const int SubnetOctets = 8;

    public static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        octets[SubnetOctets..].Clear();
        return new IPAddress(octets);
    }
}
