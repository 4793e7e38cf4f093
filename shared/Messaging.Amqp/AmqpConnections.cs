using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>How a connection is opened, from the options.</summary>
internal static class AmqpConnections
{
    public static ConnectionFactory Factory(AmqpQueueOptions options)
    {
        var address = options.Address ?? throw new ArgumentException("The broker's address is not given.", nameof(options));
        if (address.Scheme is not ("amqp" or "amqps"))
        {
            throw new ArgumentException("The broker's address begins with amqp:// or amqps://.", nameof(options));
        }
        var factory = new ConnectionFactory
        {
            Uri = address,
            // Ours: an attempt has a pause before it, and a lost connection takes its consumers and confirmations with it, in order.
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = options.Heartbeat,
            RequestedFrameMax = (uint)options.FrameMax,
            MaxInboundMessageBodySize = (uint)options.MaxBody,
            RequestedConnectionTimeout = options.ConnectTimeout,
            HandshakeContinuationTimeout = options.ConnectTimeout,
            ContinuationTimeout = options.CallTimeout,
            SocketReadTimeout = options.Heartbeat * 2,
            SocketWriteTimeout = options.Heartbeat * 2,
        };
        if (address.Scheme == "amqps")
        {
            factory.Ssl.ServerName = options.ServerName ?? address.IdnHost;
            if (options.CertificateAuthorities is { } file)
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPemFile(file);
                factory.Ssl.CertificateValidationCallback = (_, certificate, _, errors) => IsTrusted(authorities, certificate, errors);
            }
        }
        return factory;
    }

    // The name must fit as ever; the chain must end at one of the given, and at none of the machine's.
    private static bool IsTrusted(X509Certificate2Collection authorities, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (
            certificate is null
            || (errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) != 0
        )
        {
            return false;
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate as X509Certificate2 ?? new X509Certificate2(certificate));
    }
}
