using Persistence.Snapshot;

namespace SmppGateway;

/// <summary>
/// Applies a change of the configuration to those whom it concerns: windows, traces, and who is no longer allowed (user or account gone or
/// disabled) is unbound. Nobody else notices.
/// </summary>
internal sealed class FollowConfiguration(
    GatewayOptions options,
    SnapshotSource configuration,
    EsmeSessions sessions,
    PduTracer tracer,
    ILogger<FollowConfiguration> logger
) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        configuration.Changed += Apply;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        configuration.Changed -= Apply;
        return Task.CompletedTask;
    }

    private void Apply(ConfigSnapshot snapshot)
    {
        foreach (var esme in sessions.All)
        {
            if (snapshot.EnabledUser(esme.SystemId) is { } user)
            {
                esme.Session.MaxInFlightRequests = user.Window;
                tracer.Follow(esme);
            }
            else
            {
                GatewayLog.Unwanted(logger, esme.SystemId, esme.Remote);
                _ = esme.Session.UnbindAsync(options.UnbindTimeout);
            }
        }
    }
}
