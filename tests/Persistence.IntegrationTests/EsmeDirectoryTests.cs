using Persistence.Leases;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class EsmeDirectoryTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly string systemId = $"e{Guid.NewGuid():N}"[..15];

    [Fact]
    public async Task A_user_has_as_many_binds_as_it_may_over_all_processes()
    {
        var (first, _) = await ProcessAsync();
        var (second, _) = await ProcessAsync();

        Assert.True(await EnterAsync(first, 2));
        Assert.True(await EnterAsync(second, 2));
        Assert.False(await EnterAsync(first, 2));
        Assert.False(await EnterAsync(second, 2));
        Assert.True(await EnterAsync(second, 3));
    }

    [Fact]
    public async Task Binds_that_come_at_once_never_exceed_the_limit()
    {
        var processes = new List<EsmeDirectory>();
        for (var i = 0; i < 4; i++)
        {
            processes.Add((await ProcessAsync()).Directory);
        }

        var entered = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => EnterAsync(processes[i % 4], 7))));

        Assert.Equal(7, entered.Count(inside => inside));
        Assert.Equal(7, (await ListAsync(processes[0])).Count);
    }

    [Fact]
    public async Task What_ended_counts_no_longer_even_before_its_row_is_gone()
    {
        var (directory, _) = await ProcessAsync();
        var former = Row();
        Assert.True(await directory.TryEnterAsync(former, 1, [], default));

        Assert.False(await directory.TryEnterAsync(Row(), 1, [], default));
        Assert.True(await directory.TryEnterAsync(Row(), 1, [former.Id], default));

        await directory.RemoveAsync([former.Id], default);
        Assert.Single(await ListAsync(directory));
    }

    [Fact]
    public async Task The_binds_of_a_process_without_a_heartbeat_do_not_count_and_are_swept_later()
    {
        var (dead, id) = await ProcessAsync();
        var (living, _) = await ProcessAsync();
        Assert.True(await EnterAsync(dead, 1));
        Assert.False(await EnterAsync(living, 1));

        await database.ExecuteAsync("update service_instances set heartbeat_at = now() - interval '16 seconds' where id = $1", id);
        Assert.True(await EnterAsync(living, 1));
        Assert.Single(await ListAsync(living));
        await living.SweepAsync(default);
        Assert.Equal(2L, await CountAsync());

        await database.ExecuteAsync("update service_instances set heartbeat_at = now() - interval '61 seconds' where id = $1", id);
        await living.SweepAsync(default);
        Assert.Equal(1L, await CountAsync());
    }

    [Fact]
    public async Task A_process_started_in_the_place_of_a_dead_one_does_not_wait_for_its_heartbeat_to_age()
    {
        var place = Guid.NewGuid().ToString();
        var (dead, _) = await ProcessAsync(place);
        Assert.True(await EnterAsync(dead, 1));

        var (successor, _) = await ProcessAsync(place);
        Assert.True(await EnterAsync(successor, 1));

        await successor.SweepAsync(default);
        Assert.Equal(1L, await CountAsync());
    }

    [Fact]
    public async Task Reports_make_rows_and_keep_them_current()
    {
        var (directory, id) = await ProcessAsync();
        var row = Row() with { Received = 3, BoundAt = DateTimeOffset.UnixEpoch };
        await directory.ReportAsync([row, Row()], default);

        var last = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(1);
        await directory.ReportAsync(
            [row with { Received = 7, Sent = 5, ReceiveRate = 2.5f, InFlight = 4, LastPduAt = last, LastPdu = "submit_sm" }],
            default
        );

        var rows = await ListAsync(directory);
        Assert.Equal(2, rows.Count);
        Assert.Equal(
            row with
            {
                Instance = id,
                Received = 7,
                Sent = 5,
                ReceiveRate = 2.5f,
                InFlight = 4,
                LastPduAt = last,
                LastPdu = "submit_sm",
            },
            rows.Single(found => found.Id == row.Id)
        );
    }

    [Fact]
    public async Task An_order_reaches_the_process_that_has_the_session_once()
    {
        var (owner, _) = await ProcessAsync();
        var (other, _) = await ProcessAsync();
        var row = Row();
        await owner.ReportAsync([row], default);

        Assert.True(await other.OrderUnbindAsync(row.Id, "somebody", default));
        Assert.False(await other.OrderUnbindAsync(Guid.NewGuid(), "somebody", default));

        Assert.Empty(await other.TakeUnbindsAsync(default));
        Assert.Equal([row.Id], await owner.TakeUnbindsAsync(default));
        Assert.Empty(await owner.TakeUnbindsAsync(default));
    }

    private async Task<(EsmeDirectory Directory, Guid Id)> ProcessAsync(string? place = null)
    {
        var instance = database.Instance(place);
        await database.ExecuteAsync(
            "insert into service_instances (id, service, host, process_id) values ($1, 'smpp-gateway', 'here', 1)",
            instance.Id
        );
        return (new EsmeDirectory(database.Source, instance), instance.Id);
    }

    private Task<bool> EnterAsync(EsmeDirectory directory, int most) => directory.TryEnterAsync(Row(), most, [], default);

    private async Task<List<EsmeSessionRow>> ListAsync(EsmeDirectory directory) =>
        [.. (await directory.ListAsync(null, 1000, default)).Where(row => row.SystemId == systemId)];

    private Task<long> CountAsync() => database.ScalarAsync<long>("select count(*) from esme_sessions where system_id = $1", systemId);

    private EsmeSessionRow Row() =>
        new()
        {
            Id = Guid.NewGuid(),
            SystemId = systemId,
            Account = "acme",
            Remote = "192.0.2.1",
            Mode = "transceiver",
            Version = 0x34,
            Window = 100,
        };
}
