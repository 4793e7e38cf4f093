using System.Diagnostics.Metrics;

namespace SmppGateway;

/// <summary>Names of what the gateway counts.</summary>
internal static class GatewayTelemetry
{
    public const string MeterName = "SmppGateway";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Binds refused, tagged with the reason.</summary>
    public static readonly Counter<long> BindsRefused = Meter.CreateCounter<long>("gateway_binds_refused");

    /// <summary>Attacks on passwords: one for each address that began one.</summary>
    public static readonly Counter<long> BindAttacks = Meter.CreateCounter<long>("gateway_bind_attacks");

    /// <summary>Connections closed for a limit: refused, or evicted for a newer one.</summary>
    public static readonly Counter<long> ConnectionsRefused = Meter.CreateCounter<long>("gateway_connections_refused");

    public static void Refused(string reason) => BindsRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
