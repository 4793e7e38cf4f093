using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Persistence;

/// <summary>How this platform connects to PostgreSQL.</summary>
public static class PlatformDatabase
{
    /// <summary>
    /// Makes the data source every service shares. Statements are prepared automatically; a connection is not reset between uses, for
    /// nothing here leaves anything behind in one (no session settings, no temporary tables, listeners keep their own). The planner is kept to nested loops and
    /// index scans: every hot statement joins an array of at most some hundred keys to a table by its primary key, and fresh
    /// partitions have no statistics from which the planner would see that.
    /// </summary>
    /// <param name="connectionString">An Npgsql connection string; what it sets itself is kept.</param>
    public static NpgsqlDataSource CreateDataSource(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        };
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

    /// <summary>
    /// Whether a failure says "not now": the database is away, busy or lacks something, and the same again may well succeed. What it says
    /// about the data itself (SQLSTATE classes 21, 22 and 23, and what a function raised, P0001) it will say again: that counts against
    /// the item, so that it goes to the dead letters instead of holding up its neighbours for ever.
    /// </summary>
    public static bool IsTransient(Exception error) =>
        error switch
        {
            PostgresException e => e.SqlState[..2] is not ("21" or "22" or "23") && e.SqlState != PostgresErrorCodes.RaiseException,
            _ => error is NpgsqlException or TimeoutException or IOException,
        };

    /// <summary>
    /// Makes the database when there is none and brings its schema up to this build's, under a lock, so that any number of processes
    /// may start at once.
    /// </summary>
    public static async Task MigrateAsync(NpgsqlDataSource source, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = new DbContextOptionsBuilder<PlatformDbContext>().UseNpgsql(source).Options;
        await using var context = new PlatformDbContext(options, time);
        await CreateAsync(context, cancellationToken);

        // EF Core's own lock ends with each migration's transaction: between two of them another process would begin the second again.
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select pg_advisory_lock(hashtext('platform_migrations'))", connection);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
        try
        {
            await context.Database.MigrateAsync(cancellationToken);
        }
        finally
        {
            // The connection goes back to the pool with its session, and so with its locks.
            command.CommandText = "select pg_advisory_unlock(hashtext('platform_migrations'))";
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private static async Task CreateAsync(PlatformDbContext context, CancellationToken cancellationToken)
    {
        var database = context.GetService<IRelationalDatabaseCreator>();
        if (await database.ExistsAsync(cancellationToken))
        {
            return;
        }

        try
        {
            await database.CreateAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another process made it in between: that is all that was wanted.
        }
    }
}
