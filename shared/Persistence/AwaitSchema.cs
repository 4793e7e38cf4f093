using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Persistence;

/// <summary>
/// Holds a process's start until the database has every migration of this build: the admin API makes them, and the services may start in
/// any order. Nothing else of the process has begun by then (StartingAsync comes before every StartAsync), so it is not ready either.
/// </summary>
internal sealed class AwaitSchema(NpgsqlDataSource source, IConfiguration configuration, TimeProvider time, ILogger<AwaitSchema> logger)
    : IHostedLifecycleService
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Persistence:SchemaWait. Default 60 s, what the admin API waits for the database: then this process ends, and is started again by whoever runs it.</summary>
    private readonly TimeSpan longest = configuration.GetValue("Persistence:SchemaWait", TimeSpan.FromSeconds(60));

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        string? told = null;
        while (await MissingAsync(cancellationToken) is { } missing)
        {
            if (time.GetElapsedTime(started) >= longest)
            {
                throw new InvalidOperationException($"The database was not made ready within {longest}: {missing}.");
            }

            if (missing != told)
            {
                PersistenceLog.SchemaAwaited(logger, missing);
                told = missing;
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <returns>What is not there yet; null when nothing is missing.</returns>
    private async Task<string?> MissingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = new PlatformDbContext(
                new DbContextOptionsBuilder<PlatformDbContext>().UseNpgsql(source).Options,
                time
            );
            var pending = (await context.Database.GetPendingMigrationsAsync(cancellationToken)).ToList();
            return pending.Count == 0 ? null : $"migration {pending[0]} of this build is missing (the admin API makes it)";
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            return e.Message;
        }
    }
}
