using System.Net;
using System.Net.Sockets;

namespace Smpp.InteropTests.Codec;

/// <summary>Octets that crossed a TCP connection on loopback.</summary>
/// <param name="Port">The listening side's port: the dissector is told that it speaks SMPP.</param>
/// <param name="Written">The exchange as a pcap file that we wrote from the octets received.</param>
/// <param name="Captured">The exchange as the kernel's capture saw it; null where this account may not capture.</param>
internal sealed record LoopbackExchange(int Port, byte[] Written, byte[]? Captured)
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    /// <summary>Sends both sides' octets over a real connection.</summary>
    public static async Task<LoopbackExchange> RunAsync(byte[] fromClient, byte[] fromServer)
    {
        using var deadline = new CancellationTokenSource(patience);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var capture = await PacketCapture.TryStartAsync(port, deadline.Token);

        using var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
        using var server = await listener.AcceptTcpClientAsync(deadline.Token);
        var clientSees = SwapAsync(client.GetStream(), fromClient, fromServer.Length, deadline.Token);
        var serverSees = SwapAsync(server.GetStream(), fromServer, fromClient.Length, deadline.Token);
        var written = PcapFile.Of(port, await serverSees, await clientSees);
        if (capture is null)
        {
            return new LoopbackExchange(port, written, Captured: null);
        }
        // Until every octet of either side is in it: nothing has to be timed, and nothing may be missing.
        var captured = await capture.ReadUntilAsync(
            file => PcapFile.Holds(file, port, fromClient.Length, fromServer.Length),
            deadline.Token
        );
        return new LoopbackExchange(port, written, captured);
    }

    static async Task<byte[]> SwapAsync(NetworkStream stream, byte[] send, int expected, CancellationToken cancellationToken)
    {
        var sending = stream.WriteAsync(send, cancellationToken);
        var received = new byte[expected];
        await stream.ReadExactlyAsync(received, cancellationToken);
        await sending;
        return received;
    }
}
