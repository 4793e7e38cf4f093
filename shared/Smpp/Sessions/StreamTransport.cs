using System.IO.Pipelines;
using System.Net.Sockets;

namespace Smpp.Sessions;

/// <summary>A connected socket, plain or under TLS, as a session's transport. A server on Kestrel needs none: it has its own.</summary>
public sealed class StreamTransport : IDuplexPipe, IAsyncDisposable
{
    static readonly TimeSpan linger = TimeSpan.FromSeconds(1);

    readonly Socket socket;
    readonly Stream stream;
    readonly TimeProvider time;

    /// <summary>Takes over the socket and, where there is one, the TLS stream over it.</summary>
    public StreamTransport(Socket socket, TimeProvider time, Stream? tls = null)
    {
        this.socket = socket;
        this.time = time;
        stream = tls ?? new NetworkStream(socket, ownsSocket: false);
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, minimumReadSize: 4096, leaveOpen: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 16 * 1024, leaveOpen: true));
    }

    /// <inheritdoc />
    public PipeReader Input { get; }

    /// <inheritdoc />
    public PipeWriter Output { get; }

    /// <summary>
    /// Closes so that the last PDU arrives: closing a socket that holds unread octets resets the connection, and a reset discards what
    /// the peer has not read. So: shut down sending, read off what comes for a second at most, close.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(linger, time);
        try
        {
            if (socket.Connected)
            {
                socket.Shutdown(SocketShutdown.Send);
                var discarded = new byte[4096];
                while (await socket.ReceiveAsync(discarded, deadline.Token).ConfigureAwait(false) > 0) { }
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Gone already, or the peer keeps sending: nothing of ours is in this connection any more.
        }
        await stream.DisposeAsync().ConfigureAwait(false);
        socket.Dispose();
    }
}
