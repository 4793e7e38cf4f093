using System.Net;
using System.Net.Sockets;

namespace SmppGateway;

/// <summary>Whom an address stands for when strangers are counted: an IPv4 address for itself, an IPv6 one for its /64, which one host has wholly.</summary>
internal static class ClientNetwork
{
    private const int SubnetOctets = 8;

    /// <summary>An IPv4 address as such, where a listener of both families shows it within an IPv6 one.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    public static IPAddress Of(IPAddress address)
    {
        address = Plain(address);
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
