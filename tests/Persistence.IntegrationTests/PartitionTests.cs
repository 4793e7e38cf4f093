using System.Globalization;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class PartitionTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Messages_and_their_submissions_land_in_the_partition_of_the_day_they_were_accepted()
    {
        var lease = await database.LeaseSlotAsync("partitions");
        var message = await database.RouteAsync("partitions");
        var day = message.AcceptedAt.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0));

        Assert.Equal($"messages_{day}", await PartitionAsync("messages", "id", message.Id.Value));
        Assert.Equal($"submissions_{day}", await PartitionAsync("submissions", "message_id", message.Id.Value));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from messages_default"));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from submissions_default"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_day_begins_at_midnight_UTC_to_the_millisecond(int milliseconds)
    {
        var midnight = new DateTimeOffset(Sample.Now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var at = midnight.AddMilliseconds(milliseconds);
        var message = Sample.Message() with { Id = Contracts.MessageId.New(at), AcceptedAt = at };

        await database.RecordAsync(Sample.Routed(message, "one"));

        Assert.Equal(
            $"messages_{at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}",
            await PartitionAsync("messages", "id", message.Id.Value)
        );
    }

    [Fact]
    public async Task Partitions_are_made_ahead_and_making_them_again_changes_nothing()
    {
        await database.Ledger.MakePartitionsAsync(12, CancellationToken.None);
        var made = await CountAsync();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => database.Ledger.MakePartitionsAsync(12, CancellationToken.None)));
        Assert.Equal(made, await CountAsync());

        await database.Ledger.MakePartitionsAsync(13, CancellationToken.None);
        Assert.Equal(made + 2, await CountAsync());

        Task<long> CountAsync() =>
            database.ScalarAsync<long>(
                "select count(*) from pg_inherits where inhparent in ('messages'::regclass, 'submissions'::regclass)"
            );
    }

    private Task<string> PartitionAsync(string table, string column, Guid id) =>
        database.ScalarAsync<string>($"select tableoid::regclass::text from {table} where {column} = $1", id);
}
