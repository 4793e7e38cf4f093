using System.Net;

namespace Persistence.Snapshot;

/// <summary>The networks a user may bind from, parsed once. One that does not parse lets nobody in, and takes no other with it.</summary>
public sealed class AllowedNetworks
{
    private readonly List<IPNetwork> networks = [];
    private readonly List<string> unreadable = [];

    /// <summary>Parses networks (CIDR) and single addresses.</summary>
    public AllowedNetworks(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            if (IPNetwork.TryParse(text, out var network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(text, out var address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                unreadable.Add(text);
            }
        }
    }

    /// <summary>What did not parse.</summary>
    public IReadOnlyList<string> Unreadable => unreadable;

    /// <summary>Whether one of them has the address; an IPv4 address is given as such, not within an IPv6 one.</summary>
    public bool Contains(IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
