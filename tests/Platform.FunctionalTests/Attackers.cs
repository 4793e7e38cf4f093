using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Smpp;

namespace Platform.FunctionalTests;

/// <summary>Peers that mean no good, from 127.0.0.2 up. Each goes on until cancelled and says when it is under way.</summary>
internal static class Attackers
{
    /// <summary>Connections of one address, as many as the gateway lets wait for a bind.</summary>
    private const int PerAddress = 20;

    /// <summary>Between an attacker's own steps: its work must not be what slows the machine.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    /// <summary>Slow-loris: sockets that send an octet of a bind now and then; a closed one is opened again.</summary>
    public static async Task SlowLorisAsync(int port, int sockets, TaskCompletionSource underWay, CancellationToken stop)
    {
        var open = 0;
        await Task.WhenAll(Enumerable.Range(0, sockets).Select(i => Task.Run(() => HoldAsync(i), CancellationToken.None)));

        async Task HoldAsync(int number)
        {
            var bind = Bind("demo", "demo1234");
            // Spread over a pace, as they would come.
            await Task.Delay(Pace * (number / (double)sockets), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    using var socket = await ConnectAsync(port, number / PerAddress, stop);
                    if (Interlocked.Increment(ref open) == sockets)
                    {
                        underWay.TrySetResult();
                    }

                    for (var i = 0; i < bind.Length - 1; i++)
                    {
                        await socket.SendAsync(bind.AsMemory(i, 1), stop);
                        await Task.Delay(Pace * 2, stop);
                    }
                }
                catch (SocketException)
                {
                    // Closed on it, as should be: it comes again.
                    await Task.Delay(Pace, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Binds with wrong passwords, from fifty addresses, until all are tried or it is cancelled.</summary>
    public static async Task BindFloodAsync(int port, int passwords, TaskCompletionSource underWay, CancellationToken stop)
    {
        const int addresses = 50;
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, addresses).Select(i => Task.Run(() => GuessAsync(i), CancellationToken.None)));

        async Task GuessAsync(int address)
        {
            while (!stop.IsCancellationRequested && Interlocked.Increment(ref next) is var number && number < passwords)
            {
                try
                {
                    using var socket = await ConnectAsync(port, address, stop);
                    await socket.SendAsync(Bind("demo", $"no{number}"), stop);
                    underWay.TrySetResult();
                    while (await socket.ReceiveAsync(new byte[64], stop) > 0) { }
                }
                catch (SocketException)
                {
                    await Task.Delay(Pace, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    /// <summary>An ESME that binds, asks on and on, and never reads an answer; cut off, it comes again.</summary>
    public static async Task NeverReadsAsync(
        int port,
        string systemId,
        string password,
        TaskCompletionSource underWay,
        CancellationToken stop
    )
    {
        var enquiries = Enumerable.Range(1, 1_000).SelectMany(i => Pdu(CommandId.EnquireLink, (uint)i, [])).ToArray();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var socket = await ConnectAsync(port, 0, stop);
                await socket.SendAsync(Bind(systemId, password), stop);
                while (true)
                {
                    await socket.SendAsync(enquiries, stop);
                    underWay.TrySetResult();
                }
            }
            catch (SocketException)
            {
                await Task.Delay(Pace, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static async Task<Socket> ConnectAsync(int port, int address, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        try
        {
            var number = address + 2;
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, (byte)(number >> 8), (byte)number]), 0));
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static byte[] Bind(string systemId, string password) =>
        Pdu(
            CommandId.BindTransceiver,
            1,
            [.. Encoding.ASCII.GetBytes(systemId), 0, .. Encoding.ASCII.GetBytes(password), 0, 0, 0x34, 0, 0, 0]
        );

    private static byte[] Pdu(CommandId command, uint sequence, byte[] body)
    {
        var pdu = new byte[16 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(pdu, (uint)pdu.Length);
        BinaryPrimitives.WriteUInt32BigEndian(pdu.AsSpan(4), (uint)command);
        BinaryPrimitives.WriteUInt32BigEndian(pdu.AsSpan(12), sequence);
        body.CopyTo(pdu, 16);
        return pdu;
    }
}
