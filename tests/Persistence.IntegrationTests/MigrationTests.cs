using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class MigrationTests
{
    [Fact]
    public async Task Migrations_apply_to_an_empty_database_and_a_second_time_change_nothing()
    {
        var database = new TestDatabase();
        await database.InitializeAsync();
        try
        {
            var tables = await CountTablesAsync(database);
            Assert.True(tables > 20, $"{tables} tables");

            await PlatformDatabase.MigrateAsync(database.Source, TimeProvider.System, CancellationToken.None);

            Assert.Equal(tables, await CountTablesAsync(database));
            await using var context = database.OpenContext();
            Assert.Empty(await context.Database.GetPendingMigrationsAsync());
        }
        finally
        {
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task Processes_that_start_at_once_without_a_database_make_and_migrate_it_together()
    {
        var database = new TestDatabase { Create = false };
        await database.InitializeAsync();
        try
        {
            await Task.WhenAll(
                Enumerable
                    .Range(0, 4)
                    .Select(_ =>
                        Task.Run(() => PlatformDatabase.MigrateAsync(database.Source, TimeProvider.System, CancellationToken.None))
                    )
            );

            await using var context = database.OpenContext();
            Assert.Empty(await context.Database.GetPendingMigrationsAsync());
            var applied = await context.Database.GetAppliedMigrationsAsync();
            Assert.Equal(applied.Distinct(), applied);
        }
        finally
        {
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_model_has_no_change_without_a_migration()
    {
        // Nothing is read from the database for it.
        await using var source = PlatformDatabase.CreateDataSource("Host=127.0.0.1;Port=1");
        await using var context = new PlatformDbContext(
            new DbContextOptionsBuilder<PlatformDbContext>().UseNpgsql(source).Options,
            TimeProvider.System
        );

        Assert.False(context.Database.HasPendingModelChanges());
    }

    private static Task<long> CountTablesAsync(TestDatabase database) =>
        database.ScalarAsync<long>("select count(*) from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace");
}
