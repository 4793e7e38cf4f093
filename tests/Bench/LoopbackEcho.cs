using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Bench;

/// <summary>
/// What the machine itself takes to wake who sleeps: one octet to a socket on loopback and back. At a low rate all sleep between two messages, and on
/// a virtual machine that is most of a latency's tail.
/// </summary>
sealed class LoopbackEcho : IAsyncDisposable
{
    readonly Socket asking = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    readonly Socket answering;
    readonly Task echo;

    LoopbackEcho(Socket listening)
    {
        asking.Connect(listening.LocalEndPoint!);
        answering = listening.Accept();
        answering.NoDelay = true;
        echo = EchoAsync();
    }

    public static LoopbackEcho Start()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        return new LoopbackEcho(listening);
    }

    /// <summary>One round trip, in milliseconds.</summary>
    public async Task<double> AskAsync()
    {
        var octet = new byte[1];
        var started = Stopwatch.GetTimestamp();
        await asking.SendAsync(octet);
        await asking.ReceiveAsync(octet);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    public async ValueTask DisposeAsync()
    {
        asking.Dispose();
        await echo;
        answering.Dispose();
    }

    async Task EchoAsync()
    {
        var octet = new byte[1];
        while (await answering.ReceiveAsync(octet) > 0)
        {
            await answering.SendAsync(octet);
        }
    }
}
