using System.Diagnostics.Metrics;

namespace SmppGateway;

/// <summary>What the gateway counts now and then; on <c>/metrics</c> with <c>_total</c> at the end. Its traffic: <see cref="GatewayMetrics"/>.</summary>
internal static class GatewayTelemetry
{
    public const string MeterName = "SmppGateway";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Binds accepted, tagged with the mode.</summary>
    public static readonly Counter<long> BindsAccepted = Meter.CreateCounter<long>("smpp_gateway_binds_accepted");

    /// <summary>Binds refused, tagged with the reason.</summary>
    public static readonly Counter<long> BindsRefused = Meter.CreateCounter<long>("smpp_gateway_binds_refused");

    /// <summary>Attacks on passwords: one for each address that began one.</summary>
    public static readonly Counter<long> BindAttacks = Meter.CreateCounter<long>("smpp_gateway_bind_attacks");

    /// <summary>Connections closed for a limit: refused, or evicted for a newer one.</summary>
    public static readonly Counter<long> ConnectionsRefused = Meter.CreateCounter<long>("smpp_gateway_connections_refused");

    public static void Refused(string reason) => BindsRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
