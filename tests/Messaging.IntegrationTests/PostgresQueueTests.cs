using Messaging.Postgres;
using Messaging.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>One database for the class; each test has queues of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public TestDatabase Database { get; private set; } = null!;

    public async Task InitializeAsync() => Database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await Database.DisposeAsync();
}

public sealed class PostgresQueueTests(PostgresFixture fixture) : QueueContract, IClassFixture<PostgresFixture>
{
    private readonly List<PostgresQueue> _opened = [];

    public override async Task DisposeAsync()
    {
        foreach (var queue in _opened)
        {
            await queue.DisposeAsync();
        }
    }

    protected override async Task<IMessageQueue> OpenAsync(TimeSpan visibility)
    {
        // Polls often: a redelivery is nobody's event.
        var options = new PostgresQueueOptions { Visibility = visibility, PollInterval = TimeSpan.FromMilliseconds(50) };
        var queue = new PostgresQueue(fixture.Database.DataSource, options, TimeProvider.System, NullLogger.Instance);
        _opened.Add(queue);
        await queue.EnsureSchemaAsync(CancellationToken.None);
        return queue;
    }
}
