using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Smpp.Proxy;

namespace SmppGateway;

/// <summary>
/// Takes the PROXY protocol header off connections that come from trusted balancers, in front of TLS and SMPP, so that everything behind
/// sees the client's address. A trusted network must send it, section 2 of the protocol forbids to guess; everybody else must not: an
/// SMPP session reads it as a command_length that cannot be and closes.
/// </summary>
internal sealed class ProxyProtocol(ConnectionDelegate next, ProxyProtocolOptions options, TimeProvider time, ILogger<ProxyProtocol> logger)
{
    public async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var balancer } || !options.IsTrusted(balancer))
        {
            await next(connection);
            return;
        }

        if (await ReadAsync(connection, balancer) is not { } header)
        {
            return; // Kestrel closes what is returned from
        }

        // LOCAL, and address families that are not IP: the connection's own addresses hold.
        connection.RemoteEndPoint = header.Source ?? connection.RemoteEndPoint;
        connection.LocalEndPoint = header.Destination ?? connection.LocalEndPoint;
        await next(connection);
    }

    private async Task<ProxyHeader?> ReadAsync(ConnectionContext connection, IPAddress balancer)
    {
        using var deadline = new CancellationTokenSource(options.HeaderTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, connection.ConnectionClosed);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(ending.Token);
                var buffer = result.Buffer;
                var status = ProxyHeaderReader.Read(ref buffer, options.MaxHeaderLength, out var header);
                // What is behind the header is left unexamined: the next reader gets it without waiting.
                input.AdvanceTo(buffer.Start, status == ProxyHeaderStatus.NeedMore ? buffer.End : buffer.Start);
                if (status == ProxyHeaderStatus.Complete)
                {
                    return header;
                }

                if (status != ProxyHeaderStatus.NeedMore)
                {
                    GatewayLog.ProxyHeaderRefused(logger, balancer, status);
                    return null;
                }

                if (result.IsCompleted)
                {
                    return null; // a probe of the port: nothing of ours was asked for
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (deadline.IsCancellationRequested)
            {
                GatewayLog.ProxyHeaderMissing(logger, balancer);
            }

            return null;
        }
        catch (ConnectionResetException)
        {
            return null; // a probe that ends with a reset, as some balancers do
        }
    }
}

/// <summary>Who may send a PROXY protocol header, and within what limits.</summary>
internal sealed record ProxyProtocolOptions
{
    /// <summary>The networks of our balancers. None: no header is expected of anybody, as without a balancer everybody could pretend an address.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>From connecting to the whole header. 5 s: the balancer sends it with its first segment; the bind's own time begins behind it.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most octets of a header: <see cref="ProxyHeaderReader.DefaultMaxLength"/>.</summary>
    public int MaxHeaderLength { get; init; } = ProxyHeaderReader.DefaultMaxLength;

    /// <summary>Reads SMPP_PROXY_NETWORKS: networks in CIDR notation or single addresses, separated by commas.</summary>
    /// <exception cref="InvalidOperationException">One of them is neither; the message says which.</exception>
    public static ProxyProtocolOptions From(IConfiguration configuration)
    {
        var entries = (configuration["SMPP_PROXY_NETWORKS"] ?? "").Split(
            ',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
        );
        return new ProxyProtocolOptions { Networks = [.. entries.Select(Parse)] };
    }

    /// <summary>Whether a header is expected of this address.</summary>
    public bool IsTrusted(IPAddress address)
    {
        var plain = ClientNetwork.Plain(address);
        return Networks.Any(network => network.Contains(plain));
    }

    private static IPNetwork Parse(string entry)
    {
        if (IPNetwork.TryParse(entry, out var network))
        {
            return network;
        }

        return IPAddress.TryParse(entry, out var address)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : throw new InvalidOperationException($"SMPP_PROXY_NETWORKS: '{entry}' is neither a network (10.0.0.0/16) nor an address");
    }
}

/// <summary>Registration.</summary>
internal static class ProxyProtocolListenOptions
{
    /// <summary>Expects the header where a network is trusted. Comes before TLS: the balancer sends it in the clear.</summary>
    public static ListenOptions UseProxyProtocol(this ListenOptions listen, ProxyProtocolOptions options)
    {
        if (options.Networks.Count > 0)
        {
            var time = listen.ApplicationServices.GetRequiredService<TimeProvider>();
            var logger = listen.ApplicationServices.GetRequiredService<ILogger<ProxyProtocol>>();
            listen.Use(next => new ProxyProtocol(next, options, time, logger).OnConnectedAsync);
        }

        return listen;
    }
}
