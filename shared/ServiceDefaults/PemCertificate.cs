using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ServiceDefaults;

/// <summary>A server's certificate from PEM texts.</summary>
public static class PemCertificate
{
    /// <summary>Ready for handshakes.</summary>
    /// <param name="certificate">The certificate, and those between it and its root.</param>
    /// <param name="key">Its private key.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">They cannot be used, or do not belong together.</exception>
    /// <exception cref="ArgumentException">They are no PEM, or do not belong together.</exception>
    public static SslStreamCertificateContext Read(string certificate, string key)
    {
        using var pair = X509Certificate2.CreateFromPem(certificate, key);
        // SslStream wants a key that it may hand on to the system's store on some platforms: a PKCS #12 has one everywhere.
        var portable = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificate);
        return SslStreamCertificateContext.Create(portable, chain, offline: true);
    }
}
