using Microsoft.Extensions.Diagnostics.HealthChecks;
using Persistence.Snapshot;

namespace SmppGateway;

/// <summary>Ready for binds: there is a configuration to check them against, no drain has begun, and a connection more would find its place.</summary>
internal sealed class AcceptsBinds(GatewayOptions options, SnapshotSource configuration, Drain drain, ConnectionLimits connections)
    : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var reason =
            !configuration.Loaded.IsCompletedSuccessfully ? "the configuration was not loaded yet"
            : drain.IsRefusing ? "draining"
            : connections.Open - connections.Unbound >= options.MaxConnections ? "all connections are taken"
            : null;
        return Task.FromResult(reason is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(reason));
    }
}
