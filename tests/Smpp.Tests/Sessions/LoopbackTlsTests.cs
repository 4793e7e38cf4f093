using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Wire;
using Xunit;

namespace Smpp.Tests.Sessions;

public class LoopbackTlsTests
{
    [Fact]
    public async Task A_client_binds_and_unbinds_over_tls_and_every_pdu_is_traced()
    {
        using var certificate = SelfSigned();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var serving = ServeAsync(listener, certificate);

        var traced = new ConcurrentQueue<(SmppPduDirection, CommandId)>();
        await using var client = await ConnectAsync(
            listener,
            traced,
            (_, presented, _, _) => presented!.GetCertHashString() == certificate.Thumbprint
        );
        Assert.True((await client.Session.SendAsync(new SubmitSm())).IsOk);
        await client.Session.UnbindAsync(TimeSpan.FromSeconds(20));
        await serving;

        Assert.Equal(
            [
                (SmppPduDirection.Sent, CommandId.BindTransceiver),
                (SmppPduDirection.Received, CommandId.BindTransceiverResp),
                (SmppPduDirection.Sent, CommandId.SubmitSm),
                (SmppPduDirection.Received, CommandId.SubmitSmResp),
                (SmppPduDirection.Sent, CommandId.Unbind),
                (SmppPduDirection.Received, CommandId.UnbindResp),
            ],
            traced
        );
    }

    [Fact]
    public async Task A_certificate_that_is_not_accepted_is_no_transient_failure()
    {
        using var certificate = SelfSigned();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var serving = ServeAsync(listener, certificate);

        var failure = await Assert.ThrowsAsync<SmppException>(() => ConnectAsync(listener, [], (_, _, _, _) => false));
        Assert.False(failure.IsTransient);
        await Record.ExceptionAsync(() => serving); // whatever its handshake says, it must have ended
    }

    [Fact]
    public async Task The_server_learns_the_name_that_is_asked_for_and_the_clients_certificate()
    {
        using var certificate = SelfSigned();
        using var own = SelfSigned("CN=esme");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        string? name = null;
        string? client = null;
        var serving = ServeAsync(
            listener,
            new SslServerAuthenticationOptions
            {
                ServerCertificateSelectionCallback = (_, asked) =>
                {
                    name = asked;
                    return certificate;
                },
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, presented, _, _) =>
                {
                    client = presented?.Subject;
                    return presented?.GetCertHashString() == own.Thumbprint;
                },
            }
        );

        await using var bound = await ConnectAsync(
            listener,
            [],
            (_, presented, _, _) => presented!.GetCertHashString() == certificate.Thumbprint,
            own
        );
        await bound.Session.UnbindAsync(TimeSpan.FromSeconds(20));
        await serving;
        Assert.Equal(("localhost", "CN=esme"), (name, client));
    }

    static Task<SmppClient> ConnectAsync(
        Socket listener,
        ConcurrentQueue<(SmppPduDirection, CommandId)> traced,
        RemoteCertificateValidationCallback validate,
        X509Certificate2? own = null
    ) =>
        SmppClient.ConnectAsync(
            new SmppClientOptions
            {
                Host = "127.0.0.1",
                Port = ((IPEndPoint)listener.LocalEndPoint!).Port,
                SystemId = "esme",
                Tls = new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    RemoteCertificateValidationCallback = validate,
                    ClientCertificates = own is null ? null : [own],
                },
                Session = new SmppSessionOptions
                {
                    Trace = (_, direction, octets) => traced.Enqueue((direction, PduHeader.Read(octets).CommandId)),
                },
            },
            new SessionFixture.Script(),
            NullLogger.Instance,
            TimeProvider.System,
            CancellationToken.None
        );

    static Task ServeAsync(Socket listener, X509Certificate2 certificate) =>
        ServeAsync(listener, new SslServerAuthenticationOptions { ServerCertificate = certificate });

    static async Task ServeAsync(Socket listener, SslServerAuthenticationOptions options)
    {
        var socket = await listener.AcceptAsync();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await tls.AuthenticateAsServerAsync(options);
        await using var transport = new StreamTransport(socket, TimeProvider.System, tls);
        var script = new SessionFixture.Script();
        await new SmppSession(
            transport,
            SessionRole.Smsc,
            new SmppSessionOptions(),
            script,
            NullLogger.Instance,
            TimeProvider.System
        ).RunAsync(CancellationToken.None);
    }

    static X509Certificate2 SelfSigned(string subject = "CN=localhost")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
