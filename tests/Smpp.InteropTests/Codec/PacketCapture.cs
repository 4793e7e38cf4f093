using System.Diagnostics;

namespace Smpp.InteropTests.Codec;

/// <summary>A running capture of one port of the loopback device with dumpcap (it comes with tshark).</summary>
internal sealed class PacketCapture : IAsyncDisposable
{
    readonly Process process;

    PacketCapture(Process process) => this.process = process;

    /// <summary>Starts capturing; null where this account may not: dumpcap says so by ending before it captures.</summary>
    public static async Task<PacketCapture?> TryStartAsync(int port, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dumpcap", ["-i", "lo", "-f", $"tcp port {port}", "-P", "-w", "-"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true, // a few lines, less than a pipe holds
        };
        var capture = new PacketCapture(Process.Start(start)!);
        var capturing = false;
        try
        {
            while (!capturing && await capture.process.StandardError.ReadLineAsync(cancellationToken) is { } line)
            {
                capturing = line.StartsWith("File:", StringComparison.Ordinal);
            }
        }
        finally
        {
            if (!capturing)
            {
                await capture.DisposeAsync();
            }
        }
        return capturing ? capture : null;
    }

    /// <summary>What was captured, once it is enough.</summary>
    public async Task<byte[]> ReadUntilAsync(Func<byte[], bool> isEnough, CancellationToken cancellationToken)
    {
        using var file = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (!isEnough(file.ToArray()))
        {
            var read = await process.StandardOutput.BaseStream.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                throw new EndOfStreamException("dumpcap ended before it had captured the whole exchange.");
            }
            file.Write(buffer, 0, read);
        }
        return file.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(); // nothing to do where it has ended
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
