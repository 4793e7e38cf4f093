using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ServiceDefaults;

namespace SmppGateway;

/// <summary>
/// How the TLS listener shakes hands: TLS 1.2 and 1.3, the certificate of the files as they are now, and, where a CA for them is given,
/// certificates of clients. Files that changed are taken at a handshake, looked at every <see cref="Look"/> at most; ones that cannot be
/// used are said so in the log, and those before them stay in force. Thread-safe.
/// </summary>
internal sealed class TlsHandshakes(TlsFiles files, TimeProvider time, ILogger<TlsHandshakes> logger)
{
    /// <summary>5 s: renewals are days apart, handshakes may be thousands a second.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>TLS client authentication, RFC 5280 section 4.2.1.12.</summary>
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly Lock gate = new();
    private InForce current = Read(files, ReadTexts(files));
    private string refused = "";
    private long lookedAt = time.GetTimestamp();

    /// <summary>For one handshake.</summary>
    public SslServerAuthenticationOptions Options()
    {
        var now = Current();
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = now.Certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = now.ClientAuthorities is not null,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (now.ClientAuthorities is { } authorities)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(authorities);
            policy.ApplicationPolicy.Add(ClientAuthentication);
            options.CertificateChainPolicy = policy;
            options.RemoteCertificateValidationCallback = (_, _, _, errors) =>
                errors == SslPolicyErrors.None
                || (errors == SslPolicyErrors.RemoteCertificateNotAvailable && !files.ClientCertificateRequired);
        }

        return options;
    }

    private InForce Current()
    {
        lock (gate)
        {
            if (time.GetElapsedTime(lookedAt) >= Look)
            {
                lookedAt = time.GetTimestamp();
                Reload();
            }

            return current;
        }
    }

    // By content, not by time of change: mounted secrets are swapped by links.
    private void Reload()
    {
        var texts = "";
        try
        {
            texts = ReadTexts(files);
            if (texts == current.Texts || texts == refused)
            {
                return;
            }

            current = Read(files, texts);
            refused = "";
            GatewayLog.CertificateReloaded(logger, current.Certificate.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (InvalidOperationException e)
        {
            // Once for each state of the files: half of a pair may be written before the other.
            refused = texts;
            GatewayLog.CertificateNotReloaded(logger, e.Message);
        }
    }

    private static string ReadTexts(TlsFiles files)
    {
        try
        {
            var clients = files.ClientAuthorities is { } path ? File.ReadAllText(path) : "";
            return $"{File.ReadAllText(files.Certificate)}\0{File.ReadAllText(files.Key)}\0{clients}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"the TLS certificate cannot be read: {e.Message}", e);
        }
    }

    private static InForce Read(TlsFiles files, string texts)
    {
        var text = texts.Split('\0');
        try
        {
            var certificate = PemCertificate.Read(text[0], text[1]);
            X509Certificate2Collection? clients = null;
            if (text[2].Length > 0)
            {
                clients = [];
                clients.ImportFromPem(text[2]);
                if (clients.Count == 0)
                {
                    throw new CryptographicException($"{files.ClientAuthorities} holds no certificate");
                }
            }

            return new InForce(texts, certificate, clients);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new InvalidOperationException($"the TLS certificate cannot be used ({files.Certificate}, {files.Key}): {e.Message}", e);
        }
    }

    private sealed record InForce(string Texts, SslStreamCertificateContext Certificate, X509Certificate2Collection? ClientAuthorities);
}
