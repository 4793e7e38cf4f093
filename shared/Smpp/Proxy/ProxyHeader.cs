using System.Net;

namespace Smpp.Proxy;

/// <summary>What a proxy says about a connection: PROXY protocol version 2, section 2.2 (haproxy's proxy-protocol.txt).</summary>
public sealed record ProxyHeader
{
    /// <summary>
    /// True for the command LOCAL: the proxy opened the connection for itself, a health check say, and the connection's own addresses hold.
    /// </summary>
    public required bool IsLocal { get; init; }

    /// <summary>
    /// Where the client is; null with LOCAL and with address families other than INET and INET6: then the connection's own address holds.
    /// </summary>
    public IPEndPoint? Source { get; init; }

    /// <summary>Which address of the proxy the client connected to; null like <see cref="Source"/>.</summary>
    public IPEndPoint? Destination { get; init; }

    /// <summary>PP2_TYPE_AUTHORITY, the host name that the client asked for (SNI), section 2.2.2; null when it is absent or no UTF-8.</summary>
    public string? Authority { get; init; }

    /// <summary>PP2_TYPE_SSL, section 2.2.6: the client came over TLS, which the proxy ended.</summary>
    public bool IsTls { get; init; }

    /// <summary>Octets of the whole header on the wire, 16 and more.</summary>
    public required int Length { get; init; }
}

/// <summary>What <see cref="ProxyHeaderReader.Read"/> found.</summary>
public enum ProxyHeaderStatus
{
    /// <summary>A whole header, legal.</summary>
    Complete,

    /// <summary>The beginning of one, so far legal.</summary>
    NeedMore,

    /// <summary>The first octets are not those of a header of version 2; one of version 1 ("PROXY ...") counts as such.</summary>
    NoHeader,

    /// <summary>The version is not 2, or the command neither LOCAL nor PROXY: the connection must be dropped, section 2.2.</summary>
    Unsupported,

    /// <summary>Longer than the cap.</summary>
    TooLong,

    /// <summary>The length is too short for the addresses, or a TLV reaches beyond it.</summary>
    Malformed,

    /// <summary>PP2_TYPE_CRC32C is there and does not match: the connection must be dropped, section 2.2.3.</summary>
    WrongChecksum,
}
