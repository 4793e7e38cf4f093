using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>The TLS listener of the demo.</summary>
[Collection(PlatformTests.Name)]
public sealed class TlsTests(RunningPlatform platform)
{
    [Fact]
    public async Task A_client_binds_over_TLS_with_the_demo_certificate()
    {
        using var expected = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(platform.RunDirectory, "tls", "certificate.pem"));
        var options = new SmppClientOptions
        {
            Host = "127.0.0.1",
            Port = platform.SmppTlsPort,
            SystemId = "demo",
            Password = "demo1234",
            Tls = new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                // Self-signed: no chain, but it must be the demo's own.
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == expected.Thumbprint,
            },
        };
        await using var client = await SmppClient.ConnectAsync(
            options,
            new Nothing(),
            NullLogger.Instance,
            TimeProvider.System,
            CancellationToken.None
        );
        var reply = await client.Session.SendAsync(
            new SubmitSm
            {
                Source = new Address(1, 1, "1"),
                Destination = new Address(1, 1, "4917100000099"),
                ShortMessage = "over TLS"u8.ToArray(),
            }
        );
        Assert.True(reply.IsOk, $"{reply.Outcome} {reply.Status}, {client.Session.CloseReason}");
        await client.Session.UnbindAsync(TimeSpan.FromSeconds(5));
    }

    private sealed class Nothing : SmppSessionHandler;
}
