using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Smpp;
using Smpp.Wire;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>Peers that mean no good, from 127.0.0.2 up. Each goes on until cancelled and says when it is under way.</summary>
internal static class Attackers
{
    /// <summary>Connections of one address, as many as the gateway lets wait for a bind.</summary>
    private const int PerAddress = 20;

    /// <summary>Between an attacker's own steps: its work must not be what slows the machine.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Slow-loris: sockets that send an octet of a bind now and then; a closed one is opened again. On a thread of its own: thousands of timers
    /// in the pool would hold up the customer's client, whose latency is measured in this process.
    /// </summary>
    public static Task SlowLorisAsync(int port, int sockets, TaskCompletionSource underWay, CancellationToken stop) =>
        Task.Factory.StartNew(
            () =>
            {
                var octets = Bind("demo", "demo1234");
                // Spread over a pace, as they would come.
                var held = Enumerable
                    .Range(0, sockets)
                    .Select(i => new HeldSocket(i / PerAddress, Environment.TickCount64 + (long)(Pace.TotalMilliseconds * i / sockets)))
                    .ToArray();
                while (!stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(10)))
                {
                    foreach (var socket in held)
                    {
                        socket.Step(port, octets);
                    }

                    if (!underWay.Task.IsCompleted && Array.TrueForAll(held, socket => socket.WasOpen))
                    {
                        underWay.TrySetResult();
                    }
                }

                Array.ForEach(held, socket => socket.Dispose());
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    /// <summary>One of a slow-loris attack's: opened, sent an octet every two paces, and opened again when it was closed.</summary>
    private sealed class HeldSocket(int address, long due) : IDisposable
    {
        private Socket? socket;
        private int sent;

        public bool WasOpen { get; private set; }

        public void Step(int port, byte[] octets)
        {
            if (Environment.TickCount64 < due)
            {
                return;
            }

            try
            {
                if (socket is null)
                {
                    socket = Create(address);
                    socket.Connect(IPAddress.Loopback, port);
                    WasOpen = true;
                }

                socket.Send(octets.AsSpan(sent++, 1));
                due += (long)Pace.TotalMilliseconds * 2;
                // The last is never sent: the bind does not become whole.
                if (sent == octets.Length - 1)
                {
                    Dispose();
                }
            }
            catch (SocketException)
            {
                // Closed on it, as should be: it comes again.
                Dispose();
                due += (long)Pace.TotalMilliseconds;
            }
        }

        public void Dispose()
        {
            socket?.Dispose();
            socket = null;
            sent = 0;
        }
    }

    /// <summary>
    /// Binds with wrong passwords, each on a connection of its own, evenly over a time and without waiting for the answer to the one before.
    /// The addresses are new ones in each wave: those of the wave before are refused slowly, and would be no flood any more.
    /// </summary>
    public static async Task BindFloodAsync(
        int port,
        int passwords,
        TimeSpan over,
        int wave,
        TaskCompletionSource underWay,
        CancellationToken stop
    )
    {
        const int addresses = 50;
        var tried = 0;
        await Task.WhenAll(Enumerable.Range(0, passwords).Select(i => Task.Run(() => GuessAsync(i), CancellationToken.None)));
        Assert.Equal(passwords, tried);

        async Task GuessAsync(int number)
        {
            await Task.Delay(over * (number / (double)passwords), CancellationToken.None);
            try
            {
                using var socket = await ConnectAsync(port, (wave * addresses) + (number % addresses), CancellationToken.None);
                await socket.SendAsync(Bind("demo", $"no{number}"), CancellationToken.None);
                underWay.TrySetResult();
                var answer = new byte[64];
                var octets = await socket.ReceiveAsync(answer, stop);
                Assert.False(
                    octets >= PduHeader.Size && BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(8)) == 0,
                    "a wrong password was let in"
                );
            }
            catch (SocketException)
            {
                // Closed on it: refused all the same.
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Its refusal is held back for longer than the attack lasts.
            }

            Interlocked.Increment(ref tried);
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
        var socket = Create(address);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>From one of the attackers' addresses, 127.0.0.2 being the first.</summary>
    private static Socket Create(int address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        var number = address + 2;
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, (byte)(number >> 8), (byte)number]), 0));
        return socket;
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
