using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Messaging.Amqp;
using Testing;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>TLS before the broker: a certificate is believed only if it is the right one.</summary>
public sealed class AmqpTlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("platform-amqps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task With_the_authority_and_the_name_given_messages_pass()
    {
        await using var proxy = TcpProxy.Start(AmqpBroker.Address.Port, Certificate("broker.test", out var authority));
        await using var queue = Open(proxy.Port, authority, "broker.test");
        var name = $"tls-{Guid.NewGuid():N}";

        await queue.SendAsync(name, [new OutgoingEnvelope(Guid.CreateVersion7(), "x"u8.ToArray(), 1)], CancellationToken.None);

        var received = Assert.Single(await queue.ReceiveAsync(name, 1, TimeSpan.FromSeconds(10), CancellationToken.None));
        Assert.Equal("x", Encoding.UTF8.GetString(received.Body.Span));
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        await using var proxy = TcpProxy.Start(AmqpBroker.Address.Port, Certificate("another.test", out var authority));
        await using var queue = Open(proxy.Port, authority, "broker.test");

        await AssertRefusedAsync(queue);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        await using var proxy = TcpProxy.Start(AmqpBroker.Address.Port, Certificate("broker.test", out _));
        Certificate("broker.test", out var otherAuthority);
        await using var queue = Open(proxy.Port, otherAuthority, "broker.test");

        await AssertRefusedAsync(queue);
    }

    [Fact]
    public async Task Without_an_authority_given_only_the_machines_are_believed()
    {
        await using var proxy = TcpProxy.Start(AmqpBroker.Address.Port, Certificate("broker.test", out _));
        await using var queue = Open(proxy.Port, authority: null, "broker.test");

        await AssertRefusedAsync(queue);
    }

    private static async Task AssertRefusedAsync(AmqpQueue queue)
    {
        var error = await Assert.ThrowsAsync<QueueSendException>(() =>
            queue.SendAsync("tls", [new OutgoingEnvelope(Guid.CreateVersion7(), "x"u8.ToArray(), 1)], CancellationToken.None)
        );
        Assert.Equal(SendFailure.Refused, error.Outcome);
    }

    private AmqpQueue Open(int port, X509Certificate2? authority, string serverName)
    {
        string? file = null;
        if (authority is not null)
        {
            file = Path.Combine(_folder, "authority.pem");
            File.WriteAllText(file, authority.ExportCertificatePem());
        }
        var address = new UriBuilder(AmqpBroker.Address) { Scheme = "amqps", Port = port }.Uri;
        return AmqpBroker.Open(
            new AmqpQueueOptions
            {
                Address = address,
                ServerName = serverName,
                CertificateAuthorities = file,
            }
        );
    }

    private static X509Certificate2 Certificate(string name, out X509Certificate2 authority)
    {
        var from = TimeProvider.System.GetUtcNow().AddDays(-1);
        var to = from.AddDays(30);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=An authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authority = authorityRequest.CreateSelfSigned(from, to);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, from.AddHours(1), to.AddHours(-1), [1, 2, 3, 4]);
        using var withKey = certificate.CopyWithPrivateKey(key);
        // A certificate with a key in memory alone is not taken by every platform's TLS.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
