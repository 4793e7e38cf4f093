using Npgsql;

namespace Messaging.IntegrationTests;

/// <summary>A database of one test class's own, on the server that PLATFORM_TEST_DATABASE names; dropped at the end.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _server;
    private readonly string _name;

    private TestDatabase(NpgsqlDataSource server, string name, string connectionString)
    {
        _server = server;
        _name = name;
        ConnectionString = connectionString;
        DataSource = NpgsqlDataSource.Create(connectionString);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource DataSource { get; }

    public static async Task<TestDatabase> CreateAsync()
    {
        var server =
            Environment.GetEnvironmentVariable("PLATFORM_TEST_DATABASE")
            ?? throw new InvalidOperationException("PLATFORM_TEST_DATABASE names no server: run make test, which starts one.");
        var name = $"queue_test_{Guid.NewGuid():N}";
        var source = NpgsqlDataSource.Create(server);
        await using var create = source.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        return new TestDatabase(source, name, new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await using (var drop = _server.CreateCommand($"DROP DATABASE {_name} WITH (FORCE)"))
        {
            await drop.ExecuteNonQueryAsync();
        }
        await _server.DisposeAsync();
    }
}
