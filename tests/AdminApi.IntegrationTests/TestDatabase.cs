using Npgsql;

namespace AdminApi.IntegrationTests;

/// <summary>An empty database of one platform's own, on the server that PLATFORM_TEST_DATABASE names; dropped at the end.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly string server;
    private readonly string name;

    private TestDatabase(string server, string name)
    {
        this.server = server;
        this.name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    public string ConnectionString { get; }

    public static async Task<TestDatabase> CreateAsync()
    {
        var server =
            Environment.GetEnvironmentVariable("PLATFORM_TEST_DATABASE")
            ?? throw new InvalidOperationException("PLATFORM_TEST_DATABASE names no server: run make test, which starts one.");
        var database = new TestDatabase(server, $"admin_test_{Guid.NewGuid():N}");
        await database.OnServerAsync($"create database {database.name}");
        return database;
    }

    /// <summary>Lets nobody in any more, and throws out who is in: to everybody else the database is away.</summary>
    public Task TakeAwayAsync() =>
        OnServerAsync(
            $"alter database {name} allow_connections false",
            $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        );

    public Task BringBackAsync() => OnServerAsync($"alter database {name} allow_connections true");

    public async ValueTask DisposeAsync() => await OnServerAsync($"drop database {name} with (force)");

    private async Task OnServerAsync(params string[] statements)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
