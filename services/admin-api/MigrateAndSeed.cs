using Npgsql;
using Persistence;

namespace AdminApi;

/// <summary>
/// Brings the schema up to date and seeds the demo before any other hosted service of the process starts (StartingAsync comes before
/// every StartAsync). The admin API owns migrations; another process of the platform may start earlier and waits.
/// </summary>
internal sealed class MigrateAndSeed(
    NpgsqlDataSource source,
    SealPasswords passwords,
    DemoSeed demo,
    AdminApiOptions options,
    TimeProvider time,
    ILogger<MigrateAndSeed> logger
) : IHostedLifecycleService
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await PlatformDatabase.MigrateAsync(source, time, cancellationToken);
                AdminApiLog.Migrated(logger);
                await passwords.SealAsync(cancellationToken);
                await demo.SeedAsync(cancellationToken);
                return;
            }
            catch (Exception e) when (DatabaseFault.IsAway(e) && time.GetElapsedTime(started) < options.DatabaseWait)
            {
                // Both steps are transactions or idempotent: from the beginning.
                AdminApiLog.DatabaseAway(logger, e.Message);
                await Task.Delay(Retry, time, cancellationToken);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
