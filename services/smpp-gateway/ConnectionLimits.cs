using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SmppGateway;

/// <summary>
/// How many connections there may be: in all, not yet bound in all, and not yet bound of one address. An address beyond its own limit is
/// closed at once; beyond the others the connection that has been without a bind for longest makes room, because who means to bind does
/// so within its first round trip. Who is bound is never closed for somebody new. Thread-safe.
/// </summary>
internal sealed class ConnectionLimits(GatewayOptions options, TimeProvider time, ILogger<ConnectionLimits> logger)
{
    private readonly Lock gate = new();
    private readonly LinkedList<ConnectionSeat> unbound = new();
    private readonly Dictionary<IPAddress, int> unboundOf = [];
    private readonly OncePerMinute lines = new(options.FailuresTracked, time);
    private int open;

    /// <summary>Connections now, bound or not.</summary>
    public int Open
    {
        get
        {
            lock (gate)
            {
                return open;
            }
        }
    }

    /// <summary>Connections without a bind.</summary>
    public int Unbound
    {
        get
        {
            lock (gate)
            {
                return unbound.Count;
            }
        }
    }

    /// <summary>A seat for a new connection, or null when it is refused.</summary>
    /// <param name="remote">The client's address.</param>
    /// <param name="abort">Ends the connection: called when it has to make room.</param>
    public ConnectionSeat? TryEnter(IPAddress remote, Action abort)
    {
        var address = ClientNetwork.Of(remote);
        ConnectionSeat? evicted = null;
        string? refusal = null;
        ConnectionSeat? seat = null;
        lock (gate)
        {
            if (unboundOf.GetValueOrDefault(address) >= options.UnboundPerAddress)
            {
                refusal = "too many unbound connections of its address";
            }
            else if (open >= options.MaxConnections && unbound.Count == 0)
            {
                refusal = "the process has all the connections it takes";
            }
            else
            {
                if (open >= options.MaxConnections || unbound.Count >= options.MaxUnbound)
                {
                    evicted = unbound.First!.Value;
                    Take(evicted);
                    Close(evicted);
                }

                open++;
                unboundOf[address] = unboundOf.GetValueOrDefault(address) + 1;
                seat = new ConnectionSeat(this, address, abort);
                seat.Unbound = unbound.AddLast(seat);
            }
        }

        evicted?.Abort();
        if (evicted is not null)
        {
            Refused(evicted.Address, "evicted", "without a bind for longest when connections ran out");
        }

        if (refusal is not null)
        {
            Refused(remote, "refused", refusal);
        }

        return seat;
    }

    /// <summary>It is bound: it no longer counts as a stranger.</summary>
    internal void Bound(ConnectionSeat seat)
    {
        lock (gate)
        {
            Take(seat);
        }
    }

    internal void Leave(ConnectionSeat seat)
    {
        lock (gate)
        {
            Take(seat);
            Close(seat);
        }
    }

    // Under the gate; once for each seat.
    private void Take(ConnectionSeat seat)
    {
        if (seat.Unbound is not { } node)
        {
            return;
        }

        seat.Unbound = null;
        unbound.Remove(node);
        var left = unboundOf[seat.Address] - 1;
        if (left == 0)
        {
            unboundOf.Remove(seat.Address);
        }
        else
        {
            unboundOf[seat.Address] = left;
        }
    }

    // Under the gate; once for each seat: an evicted connection frees its place at once, its own end comes a moment later.
    private void Close(ConnectionSeat seat)
    {
        if (!seat.IsClosed)
        {
            seat.IsClosed = true;
            open--;
        }
    }

    private void Refused(IPAddress remote, string kind, string reason)
    {
        GatewayTelemetry.ConnectionsRefused.Add(1, new KeyValuePair<string, object?>("kind", kind));
        if (lines.IsDue(kind, remote))
        {
            GatewayLog.ConnectionRefused(logger, remote, reason);
        }
    }
}

/// <summary>A connection's place among all of the process. Disposed with the connection.</summary>
internal sealed class ConnectionSeat(ConnectionLimits limits, IPAddress address, Action abort) : IDisposable
{
    public IPAddress Address { get; } = address;

    internal LinkedListNode<ConnectionSeat>? Unbound { get; set; }

    internal bool IsClosed { get; set; }

    /// <summary>The session on it is bound.</summary>
    public void Bound() => limits.Bound(this);

    public void Dispose() => limits.Leave(this);

    internal void Abort() => abort();
}

/// <summary>Registration.</summary>
internal static class ConnectionLimitsListenOptions
{
    /// <summary>Comes behind the PROXY protocol, which says whose connection it is, and before TLS, whose handshake costs.</summary>
    public static ListenOptions UseConnectionLimits(this ListenOptions listen)
    {
        var limits = listen.ApplicationServices.GetRequiredService<ConnectionLimits>();
        listen.Use(next =>
            async connection =>
            {
                var remote = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
                using var seat = limits.TryEnter(remote, connection.Abort);
                if (seat is null)
                {
                    connection.Abort();
                    return;
                }

                connection.Features.Set(seat);
                await next(connection);
            }
        );
        return listen;
    }
}
