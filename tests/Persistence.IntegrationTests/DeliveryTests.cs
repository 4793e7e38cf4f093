using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class DeliveryTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private readonly string esme = $"e{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task A_pack_is_leased_whole_and_by_one_gateway_at_a_time()
    {
        await OweAsync(Sample.Pack(esme, items: 3));

        var pack = Assert.Single(await LeaseAsync(room: 4));

        Assert.Equal((esme, (short)1, 3), (pack.Recipient, pack.Attempts, pack.Items.Count));
        Assert.Equal($"{esme}-0", pack.Items[0].MessageId);
        Assert.Empty(await LeaseAsync(room: 4));
    }

    [Fact]
    public async Task Each_recipient_gets_as_many_packs_as_it_has_room_for_oldest_first()
    {
        var other = esme + "x";
        for (var i = 0; i < 3; i++)
        {
            await OweAsync(Sample.Pack(esme), Sample.Pack(other));
        }

        var packs = await database.Ledger.LeaseDeliveriesAsync(
            Guid.NewGuid(),
            [new(esme, 2, int.MaxValue), new(other, 1, int.MaxValue)],
            Lease,
            CancellationToken.None
        );

        Assert.Equal(2, packs.Count(pack => pack.Recipient == esme));
        Assert.Equal(1, packs.Count(pack => pack.Recipient == other));
        var oldest = await database.ScalarAsync<long>("select min(id) from deliveries where recipient = $1", other);
        Assert.Equal(oldest, packs.Single(pack => pack.Recipient == other).Id);
    }

    [Fact]
    public async Task Packs_are_leased_until_they_hold_as_many_items_as_there_is_room_for()
    {
        await OweAsync([.. Enumerable.Range(0, 4).Select(_ => Sample.Pack(esme, items: 3))]);

        // Two hold six, which is one too few; the third fills it up.
        Assert.Equal(3, (await LeaseAsync(room: 10, items: 7)).Count);
        Assert.Single(await LeaseAsync(room: 10, items: 1));
    }

    [Fact]
    public async Task A_pack_that_another_transaction_has_locked_is_passed_over_without_waiting()
    {
        await OweAsync(Sample.Pack(esme), Sample.Pack(esme));
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var take = connection.CreateCommand();
        take.CommandText = "select id from deliveries where recipient = $1 order by due_at limit 1 for update";
        take.Parameters.Add(new() { Value = esme });
        var locked = (long)(await take.ExecuteScalarAsync())!;

        var pack = Assert.Single(await LeaseAsync(room: 4));

        Assert.NotEqual(locked, pack.Id);
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_somebody_elses_and_the_first_holder_can_no_longer_settle_it()
    {
        await OweAsync(Sample.Pack(esme, items: 2));
        var stale = Assert.Single(await LeaseAsync(room: 1));
        await RunOutAsync();
        var current = Assert.Single(await LeaseAsync(room: 1));
        Assert.Equal((stale.Id, (short)2), (current.Id, current.Attempts));

        Assert.Equal(0, await SaveAsync(new PackProgress(stale, [0b11], 0, null)));
        Assert.Equal(0, await SaveAsync(new PackProgress(stale, [0b10], 1, TimeSpan.Zero)));

        Assert.Equal(2, await ItemsOwedAsync());
        Assert.Empty(await LeaseAsync(room: 1));
        Assert.Equal(1, await SaveAsync(new PackProgress(current, [0b11], 0, null)));
        Assert.Equal(0, await ItemsOwedAsync());
    }

    [Fact]
    public async Task What_was_not_acknowledged_goes_back_and_is_leased_again_when_due()
    {
        await OweAsync(Sample.Pack(esme, items: 3));
        var pack = Assert.Single(await LeaseAsync(room: 1));

        Assert.Equal(1, await SaveAsync(new PackProgress(pack, [0b011], 1, TimeSpan.FromMinutes(5))));

        Assert.Equal(1, await ItemsOwedAsync());
        Assert.Empty(await LeaseAsync(room: 1));
        await RunOutAsync();
        var left = Assert.Single(await LeaseAsync(room: 1));
        Assert.Equal([0b011], left.Acknowledged);
        Assert.Equal(3, left.Items.Count);
    }

    [Fact]
    public async Task Progress_is_kept_when_the_gateway_dies_and_does_not_end_the_lease()
    {
        await OweAsync(Sample.Pack(esme, items: 10), Sample.Pack(esme, items: 2));
        var packs = await LeaseAsync(room: 2);
        var (long_, short_) = (packs.Single(pack => pack.Items.Count == 10), packs.Single(pack => pack.Items.Count == 2));

        Assert.Equal(2, await SaveAsync(new PackProgress(long_, [0b1111_0000, 0b01], 5, null), new PackProgress(short_, [0b11], 0, null)));

        Assert.Equal(5, await ItemsOwedAsync());
        Assert.Empty(await LeaseAsync(room: 2));
        await RunOutAsync();
        Assert.Equal([0b1111_0000, 0b01], Assert.Single(await LeaseAsync(room: 2)).Acknowledged);
    }

    [Fact]
    public async Task What_has_expired_is_not_delivered_any_more()
    {
        await OweAsync(Sample.Pack(esme, expiresIn: TimeSpan.FromSeconds(-1)));

        Assert.Empty(await LeaseAsync(room: 1));
    }

    [Fact]
    public async Task Gateways_that_lease_at_once_never_hold_the_same_pack()
    {
        await OweAsync([.. Enumerable.Range(0, 40).Select(_ => Sample.Pack(esme))]);

        var leased = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => LeaseAsync(room: 10))));

        var ids = leased.SelectMany(packs => packs).Select(pack => pack.Id).ToList();
        Assert.Equal(ids.Distinct(), ids);
        // Whoever found a pack locked took the next one, or fewer than it had room for.
        Assert.Equal(40, ids.Count + (await LeaseAsync(room: 40)).Count);
    }

    private async Task OweAsync(params DeliveryPack[] packs)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        await transaction.CommitAsync(packs, CancellationToken.None);
    }

    private Task<int> SaveAsync(params PackProgress[] progress) => database.Ledger.SaveDeliveriesAsync(progress, CancellationToken.None);

    private Task<List<LeasedPack>> LeaseAsync(int room, int items = int.MaxValue) =>
        database.Ledger.LeaseDeliveriesAsync(Guid.NewGuid(), [new(esme, room, items)], Lease, CancellationToken.None);

    private Task<int> RunOutAsync() =>
        database.ExecuteAsync("update deliveries set due_at = now() - interval '1 second' where recipient = $1", esme);

    private async Task<int> ItemsOwedAsync() =>
        (int)await database.ScalarAsync<long>("select coalesce(sum(items), 0) from deliveries where recipient = $1", esme);
}
