using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Persistence;

/// <summary>How this platform connects to PostgreSQL.</summary>
public static class PlatformDatabase
{
    /// <summary>
    /// Makes the data source every service shares. Statements are prepared automatically. The planner is kept to nested loops and
    /// index scans: every hot statement joins an array of at most some hundred keys to a table by its primary key, and fresh
    /// partitions have no statistics from which the planner would see that.
    /// </summary>
    /// <param name="connectionString">An Npgsql connection string; what it sets itself is kept.</param>
    public static NpgsqlDataSource CreateDataSource(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 100, AutoPrepareMinUsages = 2 };
        if (string.IsNullOrEmpty(builder.Options))
        {
            builder.Options = "-c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";
        }

        builder.ApplicationName ??= "platform";
        // A server that does not answer must not hold a hot path for Npgsql's default of 30 s (a message then waits in its queue).
        if (!connectionString.Contains("Command Timeout", StringComparison.OrdinalIgnoreCase))
        {
            builder.CommandTimeout = 10;
        }

        if (!connectionString.Contains("Timeout=", StringComparison.OrdinalIgnoreCase))
        {
            builder.Timeout = 5;
        }

        return new NpgsqlDataSourceBuilder(builder.ConnectionString).Build();
    }

    /// <summary>Brings the schema up to this build's, under a lock, so that any number of processes may start at once.</summary>
    public static async Task MigrateAsync(NpgsqlDataSource source, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = new DbContextOptionsBuilder<PlatformDbContext>().UseNpgsql(source).Options;
        await using var context = new PlatformDbContext(options, time);
        await context.Database.MigrateAsync(cancellationToken);
    }
}
