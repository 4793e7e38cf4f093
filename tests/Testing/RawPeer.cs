using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Smpp.Pdus;
using Smpp.Wire;

namespace Testing;

/// <summary>A peer that writes any octets, wrong ones too, and reads whole frames. Over TCP, or over any duplex pipe.</summary>
public sealed class RawPeer : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    readonly IDuplexPipe pipe;
    readonly IAsyncDisposable? owner;

    public RawPeer(IDuplexPipe pipe, IAsyncDisposable? owner = null)
    {
        this.pipe = pipe;
        this.owner = owner;
    }

    public static async Task<RawPeer> ConnectAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint);
        var transport = new Smpp.Sessions.StreamTransport(socket, TimeProvider.System);
        return new RawPeer(transport, transport);
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> octets) => await pipe.Output.WriteAsync(octets);

    public async Task WriteAsync(IPdu pdu, uint sequence) => await WriteAsync(Bytes(pdu, sequence));

    /// <summary>The octets of a PDU.</summary>
    public static byte[] Bytes(IPdu pdu, uint sequence)
    {
        var buffer = new ArrayBufferWriter<byte>();
        return PduCodec.TryWrite(buffer, pdu, sequence, out var fault)
            ? buffer.WrittenMemory.ToArray()
            : throw new ArgumentException($"{fault.Field}: {fault.Status}", nameof(pdu));
    }

    /// <summary>The next frame; null when the other end closed.</summary>
    public async Task<(PduHeader Header, byte[] Body)?> ReadFrameAsync()
    {
        using var deadline = new CancellationTokenSource(patience);
        while (true)
        {
            ReadResult result;
            try
            {
                result = await pipe.Input.ReadAsync(deadline.Token);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                return null; // reset: as closed as can be
            }
            var buffer = result.Buffer;
            switch (FrameReader.ReadFrame(ref buffer, int.MaxValue, out var frame))
            {
                case FrameStatus.Complete:
                    var read = (frame.Header, frame.Body.ToArray());
                    pipe.Input.AdvanceTo(buffer.Start);
                    return read;
                case FrameStatus.BadLength:
                    throw new InvalidDataException($"command_length {frame.Header.Length}");
            }
            pipe.Input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    /// <summary>The next PDU, which must be a <typeparamref name="TPdu"/>.</summary>
    public async Task<(uint Sequence, TPdu Pdu)> ReadAsync<TPdu>()
        where TPdu : class, IPdu
    {
        var (header, body) = await ReadFrameAsync() ?? throw new EndOfStreamException($"Closed instead of {typeof(TPdu).Name}.");
        return PduCodec.TryRead(header, body, int.MaxValue, out var pdu, out var fault) && pdu is TPdu expected
            ? (header.Sequence, expected)
            : throw new InvalidDataException($"{header.CommandId} ({fault.Field}) instead of {typeof(TPdu).Name}.");
    }

    /// <summary>Waits until the other end closes; what comes before is thrown away.</summary>
    public async Task WaitClosedAsync()
    {
        while (await ReadFrameAsync() is not null) { }
    }

    /// <summary>Closes our direction.</summary>
    public async Task CloseAsync() => await pipe.Output.CompleteAsync();

    public async ValueTask DisposeAsync()
    {
        await pipe.Output.CompleteAsync();
        await pipe.Input.CompleteAsync();
        if (owner is not null)
        {
            await owner.DisposeAsync();
        }
    }
}
