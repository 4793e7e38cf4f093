using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Testing;

/// <summary>
/// Stands between a client and a server on loopback, and does to their connections what networks do: cuts them, or lets nothing through.
/// With a certificate it speaks TLS to the client, and plainly to the server.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint server;
    private readonly X509Certificate2? certificate;
    private readonly ConcurrentDictionary<Link, Task> links = new();
    private readonly Task accepting;
    private readonly TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? frozen;
    private long left;
    private long cutEvery;
    private int accepted;
    private int cuts;

    private TcpProxy(IPEndPoint server, X509Certificate2? certificate)
    {
        this.server = server;
        this.certificate = certificate;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>One before a server of this machine, on a port of its own.</summary>
    public static TcpProxy Start(int serverPort, X509Certificate2? certificate = null) =>
        new(new IPEndPoint(IPAddress.Loopback, serverPort), certificate);

    /// <summary>Where clients connect to.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>Connections cut so far.</summary>
    public int Cuts => Volatile.Read(ref cuts);

    /// <summary>
    /// After so many bytes, both ways and all connections together, the connection that carries the last of them is reset, with a part of
    /// what it read sent on; 0: never.
    /// </summary>
    public long CutEvery
    {
        get => Interlocked.Read(ref cutEvery);
        set
        {
            Interlocked.Exchange(ref left, value);
            Interlocked.Exchange(ref cutEvery, value);
        }
    }

    /// <summary>What of the server's answers is dropped, read by read; null: nothing.</summary>
    public Func<ReadOnlyMemory<byte>, bool>? Swallow { get; set; }

    /// <summary>Resets every connection there is.</summary>
    public void Cut()
    {
        foreach (var link in links.Keys)
        {
            link.Reset();
            Interlocked.Increment(ref cuts);
        }
    }

    /// <summary>From now on nothing gets through, and nobody is told; until <see cref="Thaw"/>.</summary>
    public void Freeze() => frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// The connection that has been there longest carries nothing any more: what either end sends is dropped, the sockets stay open, and the
    /// server is not told when the client gives up. As behind a firewall that forgot the connection.
    /// </summary>
    public void SilenceOldest()
    {
        var oldest = links.Keys.Where(link => !link.IsSilent).MinBy(link => link.Number);
        (oldest ?? throw new InvalidOperationException("There is no connection to be silenced.")).IsSilent = true;
    }

    /// <summary>What was held up goes on.</summary>
    public void Thaw() => Interlocked.Exchange(ref frozen, null)?.SetResult();

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        stopping.TrySetResult();
        Thaw();
        foreach (var link in links.Keys)
        {
            link.Reset();
        }
        await accepting;
        await Task.WhenAll(links.Values);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return; // stopped
            }
            var number = Interlocked.Increment(ref accepted);
            var link = new Link(number, client, new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            links[link] = CarryAsync(link);
        }
    }

    private async Task CarryAsync(Link link)
    {
        await Task.Yield();
        try
        {
            await link.Server.ConnectAsync(server);
            Stream client = new NetworkStream(link.Client);
            if (certificate is not null)
            {
                var tls = new SslStream(client);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate });
                client = tls;
            }
            var upstream = new NetworkStream(link.Server);
            await Task.WhenAll(
                PumpAsync(link, client, upstream, static _ => false),
                PumpAsync(link, upstream, client, answer => Swallow?.Invoke(answer) == true)
            );
        }
        catch (Exception e)
            when (e is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // One side is gone, or was cut: so is the other.
        }
        finally
        {
            link.Reset();
            links.TryRemove(link, out _);
        }
    }

    private async Task PumpAsync(Link link, Stream from, Stream to, Predicate<ReadOnlyMemory<byte>> isDropped)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var read = await from.ReadAsync(buffer);
                if (read == 0)
                {
                    if (link.IsSilent)
                    {
                        // A farewell is dropped as everything else is.
                        await stopping.Task;
                    }
                    return;
                }
                if (link.IsSilent || isDropped(buffer.AsMemory(0, read)))
                {
                    continue;
                }
                if (frozen is { } gate)
                {
                    await gate.Task;
                }
                if (CutEvery > 0 && Interlocked.Add(ref left, -read) <= 0)
                {
                    Interlocked.Exchange(ref left, CutEvery);
                    await to.WriteAsync(buffer.AsMemory(0, read / 2));
                    Interlocked.Increment(ref cuts);
                    return;
                }
                await to.WriteAsync(buffer.AsMemory(0, read));
            }
        }
        finally
        {
            // Half a connection is of no use to anybody here.
            link.Reset();
        }
    }

    private sealed class Link(int number, Socket client, Socket server)
    {
        private volatile bool silent;

        public int Number => number;

        public Socket Client => client;

        public Socket Server => server;

        public bool IsSilent
        {
            get => silent;
            set => silent = value;
        }

        public void Reset()
        {
            foreach (var socket in (Socket[])[client, server])
            {
                // Without a farewell: the other side sees a reset.
                socket.Close(0);
            }
        }
    }
}
