using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Smpp.Sessions;

namespace SmppGateway;

/// <summary>Kestrel accepts, this runs an SMPP session over the connection until it ends.</summary>
internal sealed class SmppConnectionHandler(
    GatewayOptions options,
    EsmeHandler handler,
    PduTracer tracer,
    TimeProvider time,
    ILogger<SmppSession> logger
) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        var seat = connection.Features.Get<ConnectionSeat>();
        var tls = connection.Features.Get<ITlsConnectionFeature>();
        var socket = tls is null ? connection.Features.Get<IConnectionSocketFeature>()?.Socket : null;
        if (seat is not null && !await seat.FirstPduAsync(connection.Transport.Input, socket, closing))
        {
            return;
        }

        var session = new SmppSession(connection.Transport, SessionRole.Smsc, options.Session, handler, logger, time)
        {
            Tag = new EsmeConnection((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None, seat, tls?.ClientCertificate),
        };

        tracer.Watch(session);

        // Kestrel asks connections to end when the process stops: the client gets an orderly unbind, its requests their answers.
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
/// <param name="Certificate">The certificate the client showed; verified with the handshake.</param>
internal sealed record EsmeConnection(IPAddress Remote, ConnectionSeat? Seat = null, X509Certificate2? Certificate = null)
{
    /// <summary>Names its session to people.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>Whether the client's certificate, where it showed one, names this user: as its subject's CN, or a DNS name among its alternative names.</summary>
    public bool MayBe(string systemId) =>
        Certificate is null
        || Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) == systemId
        || Certificate
            .Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .Any(names => names.EnumerateDnsNames().Contains(systemId, StringComparer.OrdinalIgnoreCase));
}
