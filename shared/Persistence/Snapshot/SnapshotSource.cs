using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Persistence.Configuration;

namespace Persistence.Snapshot;

/// <summary>
/// Holds the current <see cref="ConfigSnapshot"/> and follows the configuration: woken by a notification, polling every second in
/// any case. While the database is away the last snapshot stays in force.
/// </summary>
public sealed class SnapshotSource(NpgsqlDataSource source, Notifications notifications, TimeProvider time, ILogger<SnapshotSource> logger)
    : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly WakeUp wake = new();
    private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DbContextOptions<PlatformDbContext> options = new DbContextOptionsBuilder<PlatformDbContext>()
        .UseNpgsql(source)
        .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
        .Options;

    private volatile ConfigSnapshot current = ConfigSnapshot.Empty;
    private (long Highest, long Count) seen = (-1, -1);

    /// <summary>The configuration in force.</summary>
    public ConfigSnapshot Current => current;

    /// <summary>Completes with the first load: services that need a configuration to say anything sensible wait for it.</summary>
    public Task Loaded => loaded.Task;

    /// <summary>Raised, on the source's own loop, after a new version is in force.</summary>
    public event Action<ConfigSnapshot>? Changed;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = notifications.ListenAsync(Notifications.Configuration, wake.Call, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ReloadAsync(stoppingToken);
                await wake.WaitAsync(Poll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or InvalidOperationException)
            {
                PersistenceLog.SnapshotStale(logger, current.Version, e.Message);
                await Task.Delay(Poll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await listening;
    }

    private async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await using var context = new PlatformDbContext(options, time);
        var version = await context
            .ConfigVersions.GroupBy(_ => 1)
            .Select(all => new { Highest = all.Max(v => v.Id), Count = all.LongCount() })
            .FirstOrDefaultAsync(cancellationToken);

        // Both numbers: of two changes at once, the one with the lower number may commit last.
        var now = (version?.Highest ?? 0, version?.Count ?? 0);
        if (now == seen)
        {
            return;
        }

        var snapshot = new ConfigSnapshot(
            now.Item1,
            await context.Accounts.ToListAsync(cancellationToken),
            await context.SmppUsers.ToListAsync(cancellationToken),
            await context.ApiKeys.ToListAsync(cancellationToken),
            await context.Connectors.ToListAsync(cancellationToken),
            Compile(await context.Routes.Where(r => r.Enabled).OrderBy(r => r.Priority).ThenBy(r => r.Id).ToListAsync(cancellationToken)),
            await context.EsmeTraces.ToListAsync(cancellationToken)
        );
        foreach (var (systemId, networks) in snapshot.AllowedNetworks)
        {
            foreach (var text in networks.Unreadable)
            {
                PersistenceLog.NetworkUnusable(logger, systemId, text);
            }
        }

        seen = now;
        Put(snapshot);
        PersistenceLog.SnapshotLoaded(
            logger,
            snapshot.Version,
            snapshot.Accounts.Count,
            snapshot.SmppUsers.Count,
            snapshot.Connectors.Count,
            snapshot.Routes.Count
        );
    }

    /// <summary>Puts a configuration in force.</summary>
    internal void Put(ConfigSnapshot snapshot)
    {
        current = snapshot;
        loaded.TrySetResult();
        Changed?.Invoke(snapshot);
    }

    /// <summary>The admin API refuses routes that do not compile; one that got past it must not take the others with it.</summary>
    private List<CompiledRoute> Compile(List<Route> routes)
    {
        var compiled = new List<CompiledRoute>(routes.Count);
        foreach (var route in routes)
        {
            try
            {
                compiled.Add(new CompiledRoute(route));
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                PersistenceLog.RouteUnusable(logger, route.Id, e.Message);
            }
        }

        return compiled;
    }
}
