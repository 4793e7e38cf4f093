using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Smpp.Wire;

namespace SmppGateway;

/// <summary>
/// How many connections there may be: in all, not yet bound in all, and not yet bound of one address. An address beyond its own limit is
/// closed at once; beyond the others the connection that has been silent for longest makes room, then the one whose bind is undecided for
/// longest, because who means to bind asks within its first round trip. Who is bound is never closed for somebody new. The silent are closed after a
/// while, so many a second: those of an attack come again at once, and are cheaper where they are. Thread-safe.
/// </summary>
internal sealed class ConnectionLimits : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(100);

    private readonly GatewayOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<ConnectionLimits> logger;
    private readonly Lock gate = new();

    /// <summary>Nothing whole came of them yet; the oldest first.</summary>
    private readonly LinkedList<ConnectionSeat> silent = new();

    /// <summary>They asked for something, and are not bound; the oldest first.</summary>
    private readonly LinkedList<ConnectionSeat> asking = new();
    private readonly Dictionary<IPAddress, int> unboundOf = [];
    private readonly OncePerMinute lines;
    private readonly ITimer sweeper;
    private int open;

    public ConnectionLimits(GatewayOptions options, TimeProvider time, ILogger<ConnectionLimits> logger)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
        lines = new OncePerMinute(options.FailuresTracked, time);
        sweeper = time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
    }

    /// <summary>Under the gate.</summary>
    private int Strangers => silent.Count + asking.Count;

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
                return Strangers;
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
            else if (open >= options.MaxConnections && Strangers == 0)
            {
                refusal = "the process has all the connections it takes";
            }
            else
            {
                if (open >= options.MaxConnections || Strangers >= options.MaxUnbound)
                {
                    evicted = (silent.First ?? asking.First)!.Value;
                    Take(evicted);
                    Close(evicted);
                }

                open++;
                unboundOf[address] = unboundOf.GetValueOrDefault(address) + 1;
                seat = new ConnectionSeat(this, address, time.GetTimestamp(), abort);
                seat.Unbound = silent.AddLast(seat);
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

    public void Dispose() => sweeper.Dispose();

    /// <summary>Closes those that have been silent for too long, as many as one interval's share of a second is.</summary>
    private void Sweep()
    {
        var due = new List<ConnectionSeat>();
        lock (gate)
        {
            var share = Math.Max(1, (int)(options.SilentClosedPerSecond * SweepInterval.TotalSeconds));
            while (due.Count < share && silent.First?.Value is { } oldest && time.GetElapsedTime(oldest.Since) >= options.SilentFor)
            {
                Take(oldest);
                Close(oldest);
                due.Add(oldest);
            }
        }

        foreach (var seat in due)
        {
            seat.Abort();
            Refused(seat.Address, "silent", "nothing whole came of it in time");
        }
    }

    /// <summary>Something whole came of it: what it is will be seen.</summary>
    /// <returns>False when its place was given to somebody else meanwhile.</returns>
    internal bool Asks(ConnectionSeat seat)
    {
        lock (gate)
        {
            if (seat.Unbound is { } node)
            {
                silent.Remove(node);
                asking.AddLast(node);
            }

            return !seat.IsClosed;
        }
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
        node.List!.Remove(node);
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
internal sealed class ConnectionSeat(ConnectionLimits limits, IPAddress address, long since, Action abort) : IDisposable
{
    /// <summary>Gives up the wait for the first PDU; null while there is none, or no more.</summary>
    private volatile Action? giveUp;

    public IPAddress Address { get; } = address;

    /// <summary>When it was taken, a timestamp.</summary>
    internal long Since { get; } = since;

    internal LinkedListNode<ConnectionSeat>? Unbound { get; set; }

    internal bool IsClosed { get; set; }

    /// <summary>The session on it is bound.</summary>
    public void Bound() => limits.Bound(this);

    public void Dispose() => limits.Leave(this);

    /// <summary>
    /// Waits until the first PDU is whole. Until then a connection is a socket and a buffer: it has no session, and a peer that sends octet
    /// after octet wakes nobody.
    /// </summary>
    /// <param name="input">What comes of it.</param>
    /// <param name="socket">What it comes from, where nothing is in between; null: unknown, or encrypted.</param>
    /// <param name="closing">Ends the wait: the process stops.</param>
    /// <returns>True when there is something for a session to read; false when the connection is to be closed.</returns>
    public async ValueTask<bool> FirstPduAsync(PipeReader input, Socket? socket, CancellationToken closing)
    {
        // No exception where a read is given up: they are what an attack would cost most.
        giveUp = input.CancelPendingRead;
        await using var registration = closing.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), input);
        try
        {
            var wanted = sizeof(uint);
            WakeFrom(socket, wanted);
            while (true)
            {
                var read = await input.ReadAtLeastAsync(wanted, CancellationToken.None);
                var (length, octets) = (CommandLength(read.Buffer), read.Buffer.Length);
                // Neither taken nor looked at: whoever reads next has it at once.
                input.AdvanceTo(read.Buffer.Start);
                if (read.IsCanceled || (read.IsCompleted && octets < wanted))
                {
                    return false;
                }

                // What no bind can be is the session's to refuse.
                if (octets >= length || length is < PduHeader.Size or > LongestBind)
                {
                    WakeFrom(socket, 1);
                    // Before it is asked for, so that who makes room from here on is cut off, not given up.
                    giveUp = null;
                    return limits.Asks(this);
                }

                if (octets < PduHeader.Size)
                {
                    // 15 octets may have been taken from the socket, no more: so many of the PDU are yet to come to it.
                    wanted = PduHeader.Size;
                    WakeFrom(socket, Math.Min((int)length - (PduHeader.Size - 1), MostAtOnce));
                }
                else
                {
                    wanted = (int)length;
                    WakeFrom(socket, 1);
                }
            }
        }
        catch (IOException)
        {
            // Reset by the peer, or aborted.
            return false;
        }
        finally
        {
            giveUp = null;
        }
    }

    /// <summary>All its fields at their longest, and as much again for TLVs.</summary>
    private const int LongestBind = 256;

    /// <summary>Octets of a header that the kernel may gather before it wakes anybody.</summary>
    private const int MostAtOnce = 8;

    /// <summary>
    /// The socket is looked at once so many octets have come, or it ends: by the kernel, at no cost of ours (socket(7), SO_RCVLOWAT). Lowered, what is
    /// there already is told at once.
    /// </summary>
    private static void WakeFrom(Socket? socket, int octets)
    {
        try
        {
            socket?.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, octets);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed meanwhile, which the read tells; or a system that cannot, where each octet is looked at.
        }
    }

    private static uint CommandLength(ReadOnlySequence<byte> buffer)
    {
        Span<byte> octets = stackalloc byte[sizeof(uint)];
        if (buffer.Length < octets.Length)
        {
            return 0;
        }

        buffer.Slice(0, octets.Length).CopyTo(octets);
        return BinaryPrimitives.ReadUInt32BigEndian(octets);
    }

    internal void Abort() => (giveUp ?? abort)();
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
