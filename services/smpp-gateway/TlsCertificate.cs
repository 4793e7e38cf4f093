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

    /// <summary>Loads it; null when TLS is not configured.</summary>
    /// <exception cref="InvalidOperationException">Only one of the two files is given, or they cannot be read; the message says which.</exception>
    public static X509Certificate2? Load(IConfiguration configuration, TimeProvider time)
    {
        var certificate = configuration["SMPP_TLS_CERTIFICATE"];
        var key = configuration["SMPP_TLS_KEY"];
        if (string.IsNullOrEmpty(certificate) != string.IsNullOrEmpty(key))
        {
            throw new InvalidOperationException("SMPP_TLS_CERTIFICATE and SMPP_TLS_KEY belong together: give both or neither");
        }

        if (!string.IsNullOrEmpty(certificate))
        {
            return Read(certificate, key!);
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

        return Read(Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile));
    }

    private static X509Certificate2 Read(string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"the TLS certificate cannot be read ({certificate}, {key}): {e.Message}", e);
        }
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
