using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Persistence.Configuration;
using Persistence.Snapshot;
using Testing;
using Xunit;

namespace Persistence.IntegrationTests;

/// <summary>Each test has a database of its own: the configuration is one for all of it.</summary>
public sealed class SnapshotTests : IAsyncLifetime, IDisposable
{
    /// <summary>A look every second, and what a look takes on a busy machine.</summary>
    private static readonly TimeSpan SoonEnough = TimeSpan.FromSeconds(2);

    private readonly TestDatabase database = new();
    private readonly ListLogger log = new();
    private Notifications notifications = null!;
    private SnapshotSource snapshots = null!;

    public async Task InitializeAsync()
    {
        await database.InitializeAsync();
        notifications = new Notifications(database.Source, TimeProvider.System, NullLogger<Notifications>.Instance);
        snapshots = new SnapshotSource(database.Source, notifications, TimeProvider.System, new LoggerOf<SnapshotSource>(log));
    }

    public async Task DisposeAsync()
    {
        await snapshots.StopAsync(CancellationToken.None);
        await notifications.DisposeAsync();
        await database.DisposeAsync();
    }

    public void Dispose() => snapshots.Dispose();

    [Fact]
    public async Task An_empty_configuration_loads_too()
    {
        Assert.Equal(0, snapshots.Current.Version);
        await StartAsync();
        Assert.Empty(snapshots.Current.Accounts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_is_in_force_within_a_second_with_its_notification_or_without(bool notified)
    {
        await StartAsync();
        await SaveAsync(new Account { Id = "acme", Name = "Acme" });
        var saved = TimeProvider.System.GetTimestamp();
        if (notified)
        {
            notifications.Notify(Notifications.Configuration);
        }

        await Eventually.TrueAsync(() => snapshots.Current.Accounts.ContainsKey("acme"));

        Assert.True(TimeProvider.System.GetElapsedTime(saved) < SoonEnough);
        Assert.True(snapshots.Current.Version > 0);
    }

    [Fact]
    public async Task Whoever_follows_the_configuration_is_told_of_each_new_version()
    {
        await StartAsync();
        var told = new TaskCompletionSource<ConfigSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        snapshots.Changed += snapshot => told.TrySetResult(snapshot);

        await SaveAsync(new Account { Id = "acme", Name = "Acme" });

        Assert.True((await told.Task.WaitAsync(TimeSpan.FromSeconds(10))).Accounts.ContainsKey("acme"));
    }

    [Fact]
    public async Task A_route_that_does_not_compile_is_passed_over_and_takes_no_other_with_it()
    {
        await SaveAsync(
            new Route
            {
                Id = "a-bad-pattern",
                Match = new RouteMatch { SourcePattern = "(" },
            },
            new Route
            {
                Id = "b-no-backtracking",
                Match = new RouteMatch { TextPattern = "(a)\\1" },
            },
            new Route
            {
                Id = "c-bad-zone",
                Match = new RouteMatch { TimeWindow = new(new(8, 0), new(9, 0), "Nowhere/At-All", null) },
            },
            new Route { Id = "d-disabled", Enabled = false },
            new Route { Id = "f-good", Targets = [new("one", 3)] },
            new Route { Id = "e-first", Priority = 1 }
        );

        await StartAsync();

        Assert.Equal(["e-first", "f-good"], snapshots.Current.Routes.Select(route => route.Route.Id));
        Assert.Equal([new RouteTarget("one", 3)], snapshots.Current.Routes[1].Route.Targets);
        Assert.Equal(3, log.Entries.Count(entry => entry.Level == LogLevel.Error));
    }

    [Fact]
    public async Task An_allowed_network_that_is_none_is_named_and_takes_nothing_else_with_it()
    {
        await SaveAsync(new Account { Id = "acme", Name = "Acme" });
        await SaveAsync(User("strict", ["192.0.2.0/24", "nonsense", "2001:db8::7"]), User("shut", ["nonsense"]), User("open", []));

        await StartAsync();

        var now = snapshots.Current;
        Assert.True(now.MayComeFrom(now.SmppUsers["strict"], IPAddress.Parse("192.0.2.9")));
        Assert.True(now.MayComeFrom(now.SmppUsers["strict"], IPAddress.Parse("2001:db8::7")));
        Assert.False(now.MayComeFrom(now.SmppUsers["strict"], IPAddress.Parse("192.0.3.9")));
        Assert.False(now.MayComeFrom(now.SmppUsers["shut"], IPAddress.Parse("192.0.2.9")));
        Assert.True(now.MayComeFrom(now.SmppUsers["open"], IPAddress.Parse("192.0.2.9")));
        Assert.Equal(
            2,
            log.Entries.Count(entry => entry.Level == LogLevel.Error && entry.Text.Contains("nonsense", StringComparison.Ordinal))
        );

        static SmppUser User(string systemId, List<string> allowed) =>
            new()
            {
                SystemId = systemId,
                AccountId = "acme",
                PasswordHash = "",
                AllowedIps = allowed,
            };
    }

    [Fact]
    public async Task While_the_database_is_away_the_last_configuration_stays_in_force()
    {
        await SaveAsync(new Account { Id = "acme", Name = "Acme" });
        await StartAsync();
        var version = snapshots.Current.Version;

        await using var server = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "postgres" }.ConnectionString
        );
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        await RunAsync($"alter database {name} with allow_connections false");
        await RunAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        await Eventually.TrueAsync(() => log.Entries.Any(entry => entry.Level == LogLevel.Warning));

        Assert.Equal(version, snapshots.Current.Version);
        Assert.True(snapshots.Current.Accounts.ContainsKey("acme"));

        await RunAsync($"alter database {name} with allow_connections true");
        NpgsqlConnection.ClearPool(database.Source.CreateConnection());
        await SaveAsync(new Account { Id = "later", Name = "Later" });
        await Eventually.TrueAsync(() => snapshots.Current.Accounts.ContainsKey("later"));

        async Task RunAsync(string sql)
        {
            await using var command = server.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task Revoked_keys_are_not_in_force()
    {
        var now = Sample.Now;
        await SaveAsync(new Account { Id = "acme", Name = "Acme" });
        var live = Key();
        var revoked = Key();
        revoked.RevokedAt = now;
        await SaveAsync(live, revoked);

        await StartAsync();

        Assert.Equal(live.Id, Assert.Single(snapshots.Current.ApiKeys).Key);

        ApiKey Key() =>
            new()
            {
                Id = Guid.NewGuid(),
                AccountId = "acme",
                Name = "key",
                SecretHash = [1],
                CreatedAt = now,
            };
    }

    private async Task StartAsync()
    {
        await snapshots.StartAsync(CancellationToken.None);
        await snapshots.Loaded.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private async Task SaveAsync(params object[] entities)
    {
        await using var context = database.OpenContext();
        context.AddRange(entities);
        await context.SaveChangesAsync();
    }

    private sealed class LoggerOf<T>(ListLogger log) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => log.Log(logLevel, eventId, state, exception, formatter);
    }
}
