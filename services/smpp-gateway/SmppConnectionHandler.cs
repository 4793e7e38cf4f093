using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Smpp.Sessions;

namespace SmppGateway;

/// <summary>Kestrel accepts, this runs an SMPP session over the connection until it ends.</summary>
internal sealed class SmppConnectionHandler(GatewayOptions options, EsmeHandler handler, TimeProvider time, ILogger<SmppSession> logger)
    : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var session = new SmppSession(connection.Transport, SessionRole.Smsc, options.Session, handler, logger, time)
        {
            Tag = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None,
        };

        // Kestrel asks connections to end when the process stops: the client gets an orderly unbind, its requests their answers.
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        await using var registration = closing.UnsafeRegister(
            static state =>
            {
                var (session, timeout) = ((SmppSession, TimeSpan))state!;
                _ = session.UnbindAsync(timeout);
            },
            (session, options.UnbindTimeout)
        );
        await session.RunAsync(connection.ConnectionClosed);
    }
}
