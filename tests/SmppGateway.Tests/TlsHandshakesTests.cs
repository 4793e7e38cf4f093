using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Messaging.Tests;
using Microsoft.Extensions.Logging;
using Xunit;

namespace SmppGateway.Tests;

public sealed class TlsHandshakesTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("tls-handshakes");
    private readonly ManualTime time = new();
    private readonly Lines log = new();

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task A_changed_certificate_is_taken_without_a_restart()
    {
        Write("CN=first");
        var handshakes = Handshakes();
        Assert.Equal("CN=first", (await ShakeAsync(handshakes)).Server);

        Write("CN=second");
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("CN=second", (await ShakeAsync(handshakes)).Server);
        Assert.Equal([5018], log.Ids);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_leaves_the_one_before_in_force_and_is_said_once()
    {
        Write("CN=first");
        var handshakes = Handshakes();

        File.WriteAllText(PathOf("key.pem"), "nothing of the kind");
        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal("CN=first", (await ShakeAsync(handshakes)).Server);
        }

        Assert.Equal([5019], log.Ids);
        Write("CN=second");
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("CN=second", (await ShakeAsync(handshakes)).Server);
    }

    [Fact]
    public async Task TLS_1_1_is_refused()
    {
        Write("CN=first");
#pragma warning disable SYSLIB0039, CA5397, CA5398 // That it is out of date is what the test is about.
        await Assert.ThrowsAnyAsync<Exception>(() => ShakeAsync(Handshakes(), protocols: SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397, CA5398
    }

    [Fact]
    public async Task A_clients_certificate_must_be_of_the_CA_and_may_be_left_out_unless_required()
    {
        Write("CN=server");
        using var authority = Authority("CN=ours");
        using var stranger = Authority("CN=theirs");
        File.WriteAllText(PathOf("ca.pem"), authority.ExportCertificatePem());
        using var ours = Client(authority, "CN=shop");
        using var theirs = Client(stranger, "CN=shop");

        var optional = Handshakes(clients: true);
        Assert.Equal("CN=shop", (await ShakeAsync(optional, ours)).Client);
        Assert.Null((await ShakeAsync(optional)).Client);
        await Assert.ThrowsAsync<AuthenticationException>(() => ShakeAsync(optional, theirs));

        var required = Handshakes(clients: true, required: true);
        Assert.Equal("CN=shop", (await ShakeAsync(required, ours)).Client);
        await Assert.ThrowsAsync<AuthenticationException>(() => ShakeAsync(required));
    }

    [Theory]
    [InlineData("CN=shop", null, "shop", true)]
    [InlineData("CN=shop", null, "other", false)]
    [InlineData("CN=Shop Ltd", "shop", "shop", true)]
    [InlineData("CN=Shop Ltd", "shop", "other", false)]
    public void A_certificate_names_who_may_bind_with_it(string subject, string? alternative, string systemId, bool may)
    {
        using var authority = Authority("CN=ours");
        using var certificate = Client(authority, subject, alternative);

        Assert.Equal(may, new EsmeConnection(IPAddress.Loopback, Certificate: certificate).MayBe(systemId));
        Assert.True(new EsmeConnection(IPAddress.Loopback).MayBe(systemId));
    }

    private string PathOf(string file) => Path.Combine(folder.FullName, file);

    private TlsHandshakes Handshakes(bool clients = false, bool required = false) =>
        new(new TlsFiles(PathOf("certificate.pem"), PathOf("key.pem"), clients ? PathOf("ca.pem") : null, required), time, log);

    private void Write(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.MaxValue
        );
        File.WriteAllText(PathOf("certificate.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf("key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static X509Certificate2 Authority(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
    }

    private static X509Certificate2 Client(X509Certificate2 authority, string subject, string? alternative = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        if (alternative is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(alternative);
            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.Create(authority, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, [1, 2, 3]);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Shakes hands over TCP; fails when either side does.</summary>
    private static async Task<(string Server, string? Client)> ShakeAsync(
        TlsHandshakes handshakes,
        X509Certificate2? client = null,
        SslProtocols protocols = SslProtocols.None
    )
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var ours = new TcpClient();
        await ours.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var accepted = await listener.AcceptTcpClientAsync();
        await using var server = new SslStream(accepted.GetStream());
        await using var peer = new SslStream(ours.GetStream());
        var asking = peer.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = protocols,
                ClientCertificates = client is null ? null : [client],
#pragma warning disable CA5359 // Whose it is, is what the test looks at.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            }
        );
        try
        {
            await server.AuthenticateAsServerAsync(handshakes.Options());
            await asking;
        }
        catch
        {
            // The other end's failure follows from this one.
            accepted.Close();
            await asking.ContinueWith(_ => { }, TaskScheduler.Default);
            throw;
        }

        return (peer.RemoteCertificate!.Subject, server.RemoteCertificate?.Subject);
    }

    private sealed class Lines : ILogger<TlsHandshakes>
    {
        public List<int> Ids { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Ids.Add(eventId.Id);
    }
}
