using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Smpp.InteropTests.Kannel;

/// <summary>The library as an SMSC: one listener, sessions in that role, everything kept for the test to look at.</summary>
internal sealed class Centre : SmppSessionHandler, IAsyncDisposable
{
    readonly Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
    readonly CancellationTokenSource stopping = new();
    readonly Channel<SmppSession> bound = Channel.CreateUnbounded<SmppSession>();
    readonly Channel<(SubmitSm Pdu, string Id)> submits = Channel.CreateUnbounded<(SubmitSm, string)>();
    readonly TaskCompletionSource<SmppCloseReason> closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ConcurrentDictionary<CommandId, TaskCompletionSource> received = new();
    readonly Task serving;
    int lastId;

    public Centre()
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    /// <summary>The status of the next submit_sm_resp.</summary>
    public CommandStatus NextStatus { get; set; }

    /// <summary>Why the session ended.</summary>
    public Task<SmppCloseReason> Closed => closed.Task;

    public async Task<SmppSession> BoundAsync(TimeSpan patience) => await bound.Reader.ReadAsync().AsTask().WaitAsync(patience);

    public async Task<(SubmitSm Pdu, string Id)> SubmitAsync(TimeSpan patience) =>
        await submits.Reader.ReadAsync().AsTask().WaitAsync(patience);

    /// <summary>Done when a PDU of this kind has come.</summary>
    public Task ReceivedAsync(CommandId command) => Signal(command).Task;

    public override ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken) =>
        new(
            bind is { SystemId: "kannel", Password: "secret", SystemType: "VMA", InterfaceVersion: 0x34, Mode: BindMode.Transceiver }
                ? BindResp.Accepted("centre", 0x34)
                : BindResp.Rejected(CommandStatus.InvPaswd)
        );

    public override ValueTask OnBoundAsync(SmppSession session, CancellationToken cancellationToken)
    {
        bound.Writer.TryWrite(session);
        return default;
    }

    public override ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"A-{++lastId:x8}"); // neither decimal nor hex: ids are text
        submits.Writer.TryWrite((pdu, id));
        return new(NextStatus == CommandStatus.Ok ? SubmitSmResp.Accepted(id) : SubmitSmResp.Rejected(NextStatus));
    }

    public override ValueTask OnClosedAsync(SmppSession session, SmppCloseReason reason, IReadOnlyList<IPdu> unanswered)
    {
        closed.TrySetResult(reason);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await serving;
        listener.Dispose();
        stopping.Dispose();
    }

    async Task ServeAsync()
    {
        var options = new SmppSessionOptions
        {
            Trace = (_, direction, octets) =>
            {
                if (direction == SmppPduDirection.Received)
                {
                    Signal((CommandId)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(octets[4..])).TrySetResult();
                }
            },
        };
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(stopping.Token);
                await using var transport = new StreamTransport(socket, TimeProvider.System);
                var session = new SmppSession(transport, SessionRole.Smsc, options, this, NullLogger.Instance, TimeProvider.System);
                await session.RunAsync(stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return; // the test ends
            }
        }
    }

    TaskCompletionSource Signal(CommandId command) =>
        received.GetOrAdd(command, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
