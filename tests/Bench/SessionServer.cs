using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Bench;

/// <summary>The library as a server on a free port of loopback; it accepts every bind, and every submit at once.</summary>
sealed class SessionServer : IAsyncDisposable
{
    readonly Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
    readonly CancellationTokenSource stopping = new();
    readonly List<Task> sessions = [];
    readonly SmppSessionOptions options;
    Task accepting = Task.CompletedTask;

    SessionServer(SmppSessionOptions options) => this.options = options;

    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    /// <summary>Sessions that ended by their own fault.</summary>
    public List<string> Failures { get; } = [];

    public static SessionServer Start(int window)
    {
        var server = new SessionServer(new SmppSessionOptions { MaxInFlightRequests = Math.Max(100, window) });
        server.listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.listener.Listen(16);
        server.accepting = server.AcceptAsync();
        return server;
    }

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await accepting;
        await Task.WhenAll(sessions);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        listener.Dispose();
        stopping.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                sessions.Add(ServeAsync(await listener.AcceptAsync(stopping.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: the sessions end with the same token.
        }
    }

    async Task ServeAsync(Socket connection)
    {
        connection.NoDelay = true;
        await using var transport = new StreamTransport(connection, TimeProvider.System);
        var session = new SmppSession(transport, SessionRole.Smsc, options, new Accepting(), NullLogger.Instance, TimeProvider.System);
        await session.RunAsync(stopping.Token);
        if (session.CloseReason is SmppCloseReason.Failed or SmppCloseReason.FramingLost)
        {
            lock (Failures)
            {
                Failures.Add($"a session of the server ended: {session.CloseReason}");
            }
        }
    }

    sealed class Accepting : SmppSessionHandler
    {
        long last;

        public override ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken) =>
            new(new BindResp { Mode = bind.Mode, SystemId = "bench" });

        public override ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken) =>
            new(SubmitSmResp.Accepted((++last).ToString("x32", CultureInfo.InvariantCulture)));
    }
}
