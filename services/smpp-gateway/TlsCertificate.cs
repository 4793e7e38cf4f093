using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmppGateway;

/// <summary>
/// The certificate of the TLS listener: SMPP_TLS_CERTIFICATE and SMPP_TLS_KEY (PEM files), or, for the demo only, a self-signed one
/// made once in RUN_DIR. Without either there is no TLS listener.
/// </summary>
internal static class TlsCertificate
{
    private const string CertificateFile = "certificate.pem";
    private const string KeyFile = "key.pem";
    private static readonly TimeSpan DemoValidity = TimeSpan.FromDays(825);

    /// <summary>Finds the files; null when TLS is not configured.</summary>
    /// <exception cref="InvalidOperationException">Settings that belong together are not given together; the message says which.</exception>
    public static TlsFiles? Find(IConfiguration configuration, TimeProvider time)
    {
        var certificate = configuration["SMPP_TLS_CERTIFICATE"];
        var key = configuration["SMPP_TLS_KEY"];
        if (string.IsNullOrEmpty(certificate) != string.IsNullOrEmpty(key))
        {
            throw new InvalidOperationException("SMPP_TLS_CERTIFICATE and SMPP_TLS_KEY belong together: give both or neither");
        }

        var authorities = configuration["SMPP_TLS_CLIENT_CA"] is { Length: > 0 } path ? path : null;
        var required = configuration["SMPP_TLS_CLIENT_CERTIFICATES"] switch
        {
            null or "" or "optional" => false,
            "required" => true,
            var other => throw new InvalidOperationException($"SMPP_TLS_CLIENT_CERTIFICATES={other}: it is optional or required"),
        };
        if (required && authorities is null)
        {
            throw new InvalidOperationException("SMPP_TLS_CLIENT_CERTIFICATES=required needs SMPP_TLS_CLIENT_CA");
        }

        if (!string.IsNullOrEmpty(certificate))
        {
            return new TlsFiles(certificate, key!, authorities, required);
        }

        if (configuration["PLATFORM_DEMO"] != "1" || configuration["RUN_DIR"] is not { Length: > 0 } runDirectory)
        {
            return null;
        }

        var folder = Path.Combine(runDirectory, "tls");
        if (!File.Exists(Path.Combine(folder, KeyFile)))
        {
            MakeSelfSigned(folder, time.GetUtcNow());
        }

        return new TlsFiles(Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile), authorities, required);
    }

    private static void MakeSelfSigned(string folder, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + DemoValidity);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, CertificateFile), certificate.ExportCertificatePem());
        // The key last, under its final name only when complete and readable by nobody else: its presence means the pair is whole.
        var unfinished = Path.Combine(folder, KeyFile + ".new");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new StreamWriter(unfinished, options))
        {
            file.Write(key.ExportPkcs8PrivateKeyPem());
        }

        File.Move(unfinished, Path.Combine(folder, KeyFile));
    }
}

/// <summary>The files of the TLS listener, PEM.</summary>
/// <param name="Certificate">The certificate, and those between it and its root.</param>
/// <param name="Key">Its private key.</param>
/// <param name="ClientAuthorities">Who vouches for clients (SMPP_TLS_CLIENT_CA); null: clients are not asked for certificates.</param>
/// <param name="ClientCertificateRequired">Without a certificate no handshake (SMPP_TLS_CLIENT_CERTIFICATES=required).</param>
internal sealed record TlsFiles(string Certificate, string Key, string? ClientAuthorities = null, bool ClientCertificateRequired = false);
