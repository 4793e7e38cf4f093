using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ServiceDefaults;
using Smpp;

namespace Workers;

/// <summary>
/// TLS where operators call us and we are the server: SMPP_TLS_CERTIFICATE and SMPP_TLS_KEY (PEM files), as the gateway's. Read at each handshake, so
/// that a renewed one is taken without a restart; operators call seldom.
/// </summary>
internal static class OutbindCertificate
{
    /// <summary>For one handshake: TLS 1.2 and 1.3.</summary>
    /// <exception cref="SmppException">The files are not given, or cannot be used.</exception>
    public static SslServerAuthenticationOptions Options(IConfiguration settings)
    {
        if (settings["SMPP_TLS_CERTIFICATE"] is not { Length: > 0 } file || settings["SMPP_TLS_KEY"] is not { Length: > 0 } key)
        {
            throw new SmppException("tls with outbind needs SMPP_TLS_CERTIFICATE and SMPP_TLS_KEY.", isTransient: false);
        }

        try
        {
            return new SslServerAuthenticationOptions
            {
                ServerCertificateContext = PemCertificate.Read(File.ReadAllText(file), File.ReadAllText(key)),
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SmppException($"The TLS certificate cannot be used ({file}, {key}): {e.Message}", isTransient: true, e);
        }
    }
}
