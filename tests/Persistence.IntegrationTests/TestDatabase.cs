using Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Persistence.Leases;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

/// <summary>A migrated database of one test class's own, on the server that PLATFORM_TEST_DATABASE names; dropped at the end.</summary>
public sealed class TestDatabase : IAsyncLifetime
{
    private readonly NpgsqlDataSource server = NpgsqlDataSource.Create(ServerConnectionString);
    private readonly string name = $"persistence_test_{Guid.NewGuid():N}";

    public string ConnectionString => new NpgsqlConnectionStringBuilder(ServerConnectionString) { Database = name }.ConnectionString;

    public NpgsqlDataSource Source { get; private set; } = null!;

    public MessageLedger Ledger { get; private set; } = null!;

    /// <summary>False leaves all of it to the test: there is not even a database.</summary>
    public bool Create { get; init; } = true;

    private static string ServerConnectionString =>
        Environment.GetEnvironmentVariable("PLATFORM_TEST_DATABASE")
        ?? throw new InvalidOperationException("PLATFORM_TEST_DATABASE names no server: run make test, which starts one.");

    public async Task InitializeAsync()
    {
        Source = PlatformDatabase.CreateDataSource(ConnectionString);
        Ledger = new MessageLedger(Source);
        if (Create)
        {
            await using (var create = server.CreateCommand($"create database {name}"))
            {
                await create.ExecuteNonQueryAsync();
            }

            await PlatformDatabase.MigrateAsync(Source, TimeProvider.System, CancellationToken.None);
        }
    }

    public async Task DisposeAsync()
    {
        await Source.DisposeAsync();
        await using (var drop = server.CreateCommand($"drop database if exists {name} with (force)"))
        {
            await drop.ExecuteNonQueryAsync();
        }

        await server.DisposeAsync();
    }

    public PlatformDbContext OpenContext(string actor = "system") =>
        new(new DbContextOptionsBuilder<PlatformDbContext>().UseNpgsql(Source).Options, TimeProvider.System) { Actor = actor };

    public async Task<int> ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>A process of the platform, as its leases know it.</summary>
    public ServiceInstance Instance(string? runKey = null)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Platform:RunKey"] = runKey })
            .Build();
        return new ServiceInstance(configuration, Source, TimeProvider.System, NullLogger<ServiceInstance>.Instance);
    }

    /// <summary>Leases a slot of the connector, as a worker of its own.</summary>
    public async Task<SlotLease> LeaseSlotAsync(string connector, int binds = 8)
    {
        var leases = await new BindSlots(Source, Instance()).AcquireAsync(connector, binds, 1, CancellationToken.None);
        return Assert.Single(leases);
    }

    /// <summary>Lets a lease run out without waiting for it.</summary>
    public Task ExpireSlotAsync(SlotLease lease) =>
        ExecuteAsync(
            "update bind_slots set expires_at = now() - interval '1 second' where connector = $1 and slot = $2",
            lease.Connector,
            lease.Slot
        );

    /// <summary>Records messages as the router does.</summary>
    public Task<StoredVerdict[]> RecordAsync(params Verdict[] verdicts) => Ledger.RecordAsync(verdicts, CancellationToken.None);

    /// <summary>Records a message that goes to the connector.</summary>
    public async Task<MessageSubmitted> RouteAsync(string connector, string account = "acme", int parts = 1)
    {
        var message = Sample.Message(account) with { Parts = parts };
        await RecordAsync(Sample.Routed(message, connector));
        return message;
    }

    /// <summary>Claims, and so shows what a worker would be told now.</summary>
    public async Task<Claim> ClaimAsync(SlotLease lease, SubmitKey key) =>
        Assert.Single(await Ledger.ClaimAsync(lease, [key], CancellationToken.None));

    /// <summary>Sends one part as a worker does: claim, then the operator's OK with an id.</summary>
    public async Task SubmitAsync(SlotLease lease, MessageSubmitted message, string operatorId, short part = 0, short parts = 1)
    {
        var key = new SubmitKey(message.Id, part, 0, 0);
        Assert.Equal(ClaimResult.Claimed, (await ClaimAsync(lease, key)).Result);
        await Ledger.AnswerAsync([Sample.Accepted(key, operatorId, parts)], CancellationToken.None);
    }

    /// <summary>The messages of an account by state, as the rows have it.</summary>
    public async Task<Dictionary<MessageState, long>> CountRowsAsync(string account)
    {
        var rows = new Dictionary<MessageState, long>();
        await using var command = Command("select state, count(*) from messages where account = $1 group by state", [account]);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows[(MessageState)reader.GetInt16(0)] = reader.GetInt64(1);
        }

        return rows;
    }

    /// <summary>The account's books; they must say what the rows say.</summary>
    public async Task<Balance> ReadAgreeingBooksAsync(string account)
    {
        var balance = Assert.Single(await Ledger.ReadBalanceAsync(CancellationToken.None), b => b.Account == account);
        var booked = balance.States.Where(state => state.Value != 0).ToDictionary();
        var rows = await CountRowsAsync(account);
        Assert.Equal(rows.OrderBy(row => row.Key), booked.OrderBy(row => row.Key));
        Assert.Equal(rows.Values.Sum(), balance.Recorded);
        return balance;
    }

    /// <summary>Waits until so many sessions of this database wait for a lock of another.</summary>
    public Task BlockedSessionsAsync(int count) =>
        Eventually.TrueAsync(async () =>
            await ScalarAsync<long>("select count(*) from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'", name) >= count
        );

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command;
    }
}
