using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SmppGateway;

/// <summary>
/// Whether the gateway's loops turn. Each says so once a turn; one that was silent for <see cref="GatewayOptions.StuckAfter"/> makes the
/// process dead for its probe. A database that does not answer is no reason: every wait for it ends and the loop turns. Thread-safe.
/// </summary>
internal sealed class LoopWatch(GatewayOptions options, TimeProvider time) : IHealthCheck
{
    private readonly ConcurrentDictionary<string, long> turns = new();

    /// <summary>The loop turns. From its first turn on it is watched.</summary>
    public void Turned(string loop) => turns[loop] = time.GetTimestamp();

    /// <summary>The loop has ended in order.</summary>
    public void Ended(string loop) => turns.TryRemove(loop, out _);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var stuck = turns.Where(turn => time.GetElapsedTime(turn.Value) > options.StuckAfter).Select(turn => turn.Key).ToList();
        return Task.FromResult(
            stuck.Count == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"no turn within {options.StuckAfter.TotalSeconds} s: {string.Join(", ", stuck)}")
        );
    }
}
