using System.Security.Cryptography;

namespace SmppGateway;

/// <summary>
/// The gateway's part of a stop (docs/architecture.md, decision 14), before Kestrel closes the listeners: still accepting for
/// <see cref="GatewayOptions.Announce"/>, so that balancers learn it; then new binds are refused and every session gets its unbind,
/// spread over a while so that not all customers come back to the other processes in the same moment. A session goes on being answered
/// until its unbind_resp or <see cref="GatewayOptions.UnbindTimeout"/>. Readiness ends with the stop's first moment, by "stopping".
/// </summary>
internal sealed class Drain(GatewayOptions options, EsmeSessions sessions, TimeProvider time, ILogger<Drain> logger)
    : IHostedLifecycleService
{
    private volatile bool isRefusing;

    /// <summary>No more binds.</summary>
    public bool IsRefusing => isRefusing;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(options.Announce, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        isRefusing = true;
        var bound = sessions.All;
        var spread = options.UnbindSpacing * bound.Count;
        spread = spread < options.UnbindSpread ? spread : options.UnbindSpread;
        GatewayLog.Draining(logger, bound.Count, spread);
        await Task.WhenAll(bound.Select(esme => UnbindAsync(esme, spread, cancellationToken)));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task UnbindAsync(EsmeSession esme, TimeSpan spread, CancellationToken cancellationToken)
    {
        var jitter = spread * (RandomNumberGenerator.GetInt32(1_000) / 1_000d);
        await Task.Delay(jitter, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await esme.Session.UnbindAsync(options.UnbindTimeout);
    }
}
