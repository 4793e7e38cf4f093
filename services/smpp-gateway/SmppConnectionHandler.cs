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
            Tag = new EsmeConnection(
                (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None,
                connection.Features.Get<ConnectionSeat>()
            ),
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

/// <summary>What a session's handler has to know of its connection.</summary>
/// <param name="Remote">The client's address, behind a balancer too.</param>
/// <param name="Seat">Its place among the connections; null where nobody counts them.</param>
internal sealed record EsmeConnection(IPAddress Remote, ConnectionSeat? Seat = null);
