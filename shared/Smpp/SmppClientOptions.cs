using System.Net.Security;
using Smpp.Pdus;

namespace Smpp;

/// <summary>Where and how to bind.</summary>
public sealed record SmppClientOptions
{
    /// <summary>Host name or address of the SMSC.</summary>
    public required string Host { get; init; }

    /// <summary>Port. 2775 is SMPP's registered one.</summary>
    public int Port { get; init; } = 2775;

    /// <summary>How to bind; transceiver by default.</summary>
    public BindMode BindMode { get; init; } = BindMode.Transceiver;

    /// <summary>system_id.</summary>
    public required string SystemId { get; init; }

    /// <summary>password.</summary>
    public string Password { get; init; } = "";

    /// <summary>system_type.</summary>
    public string SystemType { get; init; } = "";

    /// <summary>interface_version; 3.4 by default.</summary>
    public byte InterfaceVersion { get; init; } = 0x34;

    /// <summary>From the start to a connection, TLS included. 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The session's limits and timers.</summary>
    public SmppSessionOptions Session { get; init; } = new();

    /// <summary>
    /// TLS; null connects in the clear. Its TargetHost is the server name that is sent (SNI) and that the certificate must be for; without one no
    /// certificate is accepted. Its ClientCertificates are presented when the server asks.
    /// </summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Without the password.</summary>
    public override string ToString() => $"{SystemId}@{Host}:{Port}";
}
