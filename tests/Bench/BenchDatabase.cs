using Npgsql;
using Persistence;

namespace Bench;

/// <summary>A database of a stage's own on the server the script started; dropped at the end.</summary>
sealed class BenchDatabase : IAsyncDisposable
{
    readonly NpgsqlDataSource server;
    readonly int postmaster;

    BenchDatabase(NpgsqlDataSource server, string name, NpgsqlDataSource source, int postmaster)
    {
        this.server = server;
        this.postmaster = postmaster;
        Name = name;
        Source = source;
    }

    public string Name { get; }

    /// <summary>Connections as every service makes them.</summary>
    public NpgsqlDataSource Source { get; }

    public static async Task<BenchDatabase> CreateAsync(BenchOptions options)
    {
        var server = NpgsqlDataSource.Create(options.Server);
        var name = $"bench_{Guid.NewGuid():N}";
        await using var create = server.CreateCommand($"create database {name}");
        await create.ExecuteNonQueryAsync();
        var source = PlatformDatabase.CreateDataSource(
            new NpgsqlConnectionStringBuilder(options.Server) { Database = name }.ConnectionString
        );
        return new BenchDatabase(server, name, source, ProcessUse.PidOf(options.RunFolder, "postgres"));
    }

    /// <summary>CPU time of this database's sessions so far, by the scheduler's clock.</summary>
    public TimeSpan SessionsCpu() => ProcessUse.SessionsCpu(postmaster, Name);

    /// <summary>CPU time of the whole server so far: sessions, checkpoints, log writer, vacuum.</summary>
    public TimeSpan ServerCpu() => ProcessUse.PostgresCpu(postmaster);

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await using (var drop = server.CreateCommand($"drop database if exists {Name} with (force)"))
        {
            await drop.ExecuteNonQueryAsync();
        }

        await server.DisposeAsync();
    }
}
