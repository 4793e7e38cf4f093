using System.Net;
using System.Net.Security;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Smpp;

/// <summary>Where an SMSC may call us with outbind, and how we bind back: SMPP 5.0 section 4.1.1.7.</summary>
public sealed record SmppOutbindOptions
{
    /// <summary>The address to listen on; loopback unless said otherwise. IPv6's any takes IPv4 too.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port to listen on; 0 takes a free one. 2775 is SMPP's registered one.</summary>
    public int Port { get; init; } = 2775;

    /// <summary>system_id that the SMSC must send in its outbind; null takes any.</summary>
    public string? SmscSystemId { get; init; }

    /// <summary>password that the SMSC must send in its outbind; null takes any.</summary>
    public string? SmscPassword { get; init; }

    /// <summary>
    /// Asked for each connection, before anything of it is read, whether its address may call; IPv4 is given as such, not within IPv6. One
    /// that may not is closed without an answer, and it is the owner who logs it. It must not block. Null, as by default, allows all.
    /// </summary>
    public Func<IPAddress, bool>? MayCall { get; init; }

    /// <summary>
    /// Asked for each outbind, with its session and the caller's address, instead of comparing it with <see cref="SmscSystemId"/> and
    /// <see cref="SmscPassword"/>: what it becomes, or null, which closes the connection without an answer; it is the owner who logs why. The token is
    /// cancelled when the connection ends. Null, as by default: those two decide.
    /// </summary>
    public Func<SmppSession, IPEndPoint, Outbind, CancellationToken, ValueTask<SmppOutbindCall?>>? Answer { get; init; }

    /// <summary>How to bind; receiver by default, what outbind is for. A transmitter is not possible.</summary>
    public BindMode BindMode { get; init; } = BindMode.Receiver;

    /// <summary>Our system_id.</summary>
    public required string SystemId { get; init; }

    /// <summary>Our password.</summary>
    public string Password { get; init; } = "";

    /// <summary>system_type.</summary>
    public string SystemType { get; init; } = "";

    /// <summary>interface_version; 3.4 by default.</summary>
    public byte InterfaceVersion { get; init; } = 0x34;

    /// <summary>Connections at a time, bound or not; one more is closed at once. 16: an SMSC calls once or a few times.</summary>
    public int MaxConnections { get; init; } = 16;

    /// <summary>The TLS handshake's time. 10 s. From there to the bind it is the session's <see cref="SmppSessionOptions.SessionInitTimeout"/>.</summary>
    public TimeSpan TlsTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From our unbind to closing when the listener is stopped. 5 s.</summary>
    public TimeSpan UnbindTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The session's limits and timers.</summary>
    public SmppSessionOptions Session { get; init; } = new();

    /// <summary>
    /// TLS, in which we are the server; asked for each handshake, so that a renewed certificate is taken. What it throws ends that connection
    /// alone. Null takes connections in the clear.
    /// </summary>
    public Func<SslServerAuthenticationOptions>? Tls { get; init; }

    /// <summary>Without the passwords.</summary>
    public override string ToString() => $"{SystemId} for outbind on {Address}:{Port}";
}
