using Persistence.Snapshot;

namespace SmppGateway;

/// <summary>Unbinds those whom a change of the configuration concerns: user or account gone or disabled. Nobody else notices.</summary>
internal sealed class FollowConfiguration(
    GatewayOptions options,
    SnapshotSource configuration,
    EsmeSessions sessions,
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
            var allowed =
                snapshot.SmppUsers.TryGetValue(esme.SystemId, out var user)
                && user.Enabled
                && snapshot.Accounts.TryGetValue(user.AccountId, out var account)
                && account.Enabled;
            if (allowed)
            {
                esme.Session.MaxInFlightRequests = user!.Window;
            }
            else
            {
                GatewayLog.Unwanted(logger, esme.SystemId, esme.Remote);
                _ = esme.Session.UnbindAsync(options.UnbindTimeout);
            }
        }
    }
}
