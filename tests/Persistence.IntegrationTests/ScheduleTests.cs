using Contracts;
using Xunit;

namespace Persistence.IntegrationTests;

/// <summary>Retries that wait longer than a queue should hold them. The only tests with due rows: what is due is read for all connectors.</summary>
public sealed class ScheduleTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly string connector = $"c{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task A_retry_is_dispatched_when_due_as_it_was_routed_and_only_then()
    {
        var message = await database.RouteAsync(connector);
        await database.Ledger.ScheduleRetryAsync(message.Id, TimeSpan.FromHours(1), CancellationToken.None);
        Assert.DoesNotContain(await DueAsync(), due => due.Message.Id == message.Id);

        await DueNowAsync(message);

        var routed = Assert.Single(await DueAsync(), due => due.Message.Id == message.Id);
        Assert.Equal((connector, (short)0), (routed.Connector, routed.Generation));
        Assert.Equal(message.Content.ToArray(), routed.Message.Content.ToArray());
        Assert.Equal(message.ValidUntil.ToUnixTimeMilliseconds(), routed.Message.ValidUntil.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task What_could_not_be_dispatched_stays_and_what_was_is_removed()
    {
        var dispatched = await database.RouteAsync(connector);
        var refused = await database.RouteAsync(connector);
        foreach (var message in new[] { dispatched, refused })
        {
            await database.Ledger.ScheduleRetryAsync(message.Id, TimeSpan.Zero, CancellationToken.None);
        }

        var due = await DueAsync();
        await database.Ledger.UnscheduleAsync([.. due.Where(d => d.Message.Id == dispatched.Id)], CancellationToken.None);

        var left = (await DueAsync()).ConvertAll(d => d.Message.Id);
        Assert.Contains(refused.Id, left);
        Assert.DoesNotContain(dispatched.Id, left);
    }

    [Fact]
    public async Task A_message_that_ended_meanwhile_is_not_dispatched_and_its_row_goes()
    {
        var message = await database.RouteAsync(connector);
        await database.Ledger.ScheduleRetryAsync(message.Id, TimeSpan.Zero, CancellationToken.None);
        await database.ExecuteAsync("update messages set state = 14 where id = $1", message.Id.Value);

        Assert.DoesNotContain(await DueAsync(), due => due.Message.Id == message.Id);
        await database.Ledger.UnscheduleAsync([], CancellationToken.None);
        Assert.Equal(0L, await RowsAsync(message));
    }

    [Fact]
    public async Task A_message_waits_once_until_the_later_time_and_a_new_wait_survives_the_removal_of_the_old()
    {
        var message = await database.RouteAsync(connector);
        await database.Ledger.ScheduleRetryAsync(message.Id, TimeSpan.Zero, CancellationToken.None);
        var due = Assert.Single(await DueAsync(), d => d.Message.Id == message.Id);
        // Dispatched, refused again and scheduled again before the first row was removed.
        await database.Ledger.ScheduleRetryAsync(message.Id, TimeSpan.FromHours(1), CancellationToken.None);

        await database.Ledger.UnscheduleAsync([due], CancellationToken.None);

        Assert.Equal(1L, await RowsAsync(message));
        Assert.DoesNotContain(await DueAsync(), d => d.Message.Id == message.Id);
    }

    private Task<List<MessageRouted>> DueAsync() => database.Ledger.ReadDueAsync(1000, CancellationToken.None);

    private Task<int> DueNowAsync(MessageSubmitted message) =>
        database.ExecuteAsync("update scheduled_work set due_at = now() - interval '1 second' where message_id = $1", message.Id.Value);

    private Task<long> RowsAsync(MessageSubmitted message) =>
        database.ScalarAsync<long>("select count(*) from scheduled_work where message_id = $1", message.Id.Value);
}
