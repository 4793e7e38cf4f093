using Persistence.Leases;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class LeaseTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly string connector = $"c{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task A_connector_has_as_many_slots_as_the_operator_allows_binds()
    {
        var first = Worker();
        var second = Worker();

        var two = await first.AcquireAsync(connector, 3, 2, CancellationToken.None);
        var rest = await second.AcquireAsync(connector, 3, 5, CancellationToken.None);

        Assert.Equal([0, 1], two.Select(lease => (int)lease.Slot));
        Assert.Equal([2], rest.Select(lease => (int)lease.Slot));
        Assert.Empty(await Worker().AcquireAsync(connector, 3, 1, CancellationToken.None));
    }

    [Fact]
    public async Task Fewer_binds_than_before_leave_the_slots_beyond_them_untaken()
    {
        var leases = await Worker().AcquireAsync(connector, 3, 3, CancellationToken.None);
        foreach (var lease in leases)
        {
            await database.ExpireSlotAsync(lease);
        }

        var taken = await Worker().AcquireAsync(connector, 1, 3, CancellationToken.None);

        Assert.Equal([0], taken.Select(lease => (int)lease.Slot));
    }

    [Fact]
    public async Task A_renewed_lease_stays_and_shows_what_its_bind_is_doing()
    {
        var worker = Worker();
        var lease = Assert.Single(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));
        await database.ExecuteAsync("update bind_slots set expires_at = now() + interval '1 second' where connector = $1", connector);

        var held = await worker.RenewAsync(
            [
                new SlotReport(
                    lease,
                    true,
                    "bound",
                    "it was down before",
                    Window: 50,
                    InFlight: 7,
                    SubmitRate: 12.5f,
                    Pace: 25,
                    Throttled: 3
                ),
            ],
            CancellationToken.None
        );

        Assert.Equal([(connector, (short)0)], held.Keys);
        var row = Assert.Single(await worker.ListAsync(CancellationToken.None), row => row.Connector == connector);
        Assert.Equal((true, true, "bound", "it was down before"), (row.IsLeased, row.IsBound, row.State, row.LastError));
        Assert.Equal((50, 7, 12.5f, 25f, 3L), (row.Window, row.InFlight, row.SubmitRate, row.Pace, row.Throttled));
        Assert.True(
            await database.ScalarAsync<bool>(
                "select expires_at > now() + interval '9 seconds' from bind_slots where connector = $1",
                connector
            )
        );
    }

    [Fact]
    public async Task A_slot_given_back_is_free_at_once()
    {
        var worker = Worker();
        var lease = Assert.Single(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));

        await worker.ReleaseAsync(lease, CancellationToken.None);

        var next = Assert.Single(await Worker().AcquireAsync(connector, 1, 1, CancellationToken.None));
        Assert.True(next.Fence > lease.Fence);
    }

    [Fact]
    public async Task A_lease_that_ran_out_changes_hands_and_its_former_holder_can_neither_renew_nor_release_it()
    {
        var former = Worker();
        var stale = Assert.Single(await former.AcquireAsync(connector, 1, 1, CancellationToken.None));
        await database.ExpireSlotAsync(stale);
        var worker = Worker();
        var lease = Assert.Single(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));

        Assert.Equal(stale.Fence + 1, lease.Fence);
        Assert.Empty(await former.RenewAsync([new SlotReport(stale, true, "bound")], CancellationToken.None));
        await former.ReleaseAsync(stale, CancellationToken.None);

        Assert.Single(await worker.RenewAsync([new SlotReport(lease, true, "bound")], CancellationToken.None));
    }

    [Fact]
    public async Task A_process_started_in_the_place_of_a_dead_one_takes_its_slots_at_once()
    {
        var stale = Assert.Single(await Worker("run-1/workers").AcquireAsync(connector, 2, 1, CancellationToken.None));

        var lease = Assert.Single(await Worker("run-1/workers").AcquireAsync(connector, 1, 1, CancellationToken.None));

        Assert.Equal((stale.Slot, stale.Fence + 1), (lease.Slot, lease.Fence));
        Assert.Empty(await Worker("run-2/workers").AcquireAsync(connector, 1, 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_worker_does_not_take_its_own_live_slots_again()
    {
        var worker = Worker("run-3/workers");
        Assert.Single(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));

        Assert.Empty(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_slot_whose_giving_back_was_lost_is_taken_again_by_the_same_worker_when_its_lease_has_run_out()
    {
        var worker = Worker();
        var lost = Assert.Single(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));
        await database.ExpireSlotAsync(lost);

        var lease = Assert.Single(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));

        Assert.Equal(lost.Fence + 1, lease.Fence);
    }

    [Fact]
    public async Task Workers_that_reach_for_slots_at_once_never_hold_the_same_one()
    {
        const int binds = 12;
        var leases = new List<SlotLease>();
        for (var round = 0; round < 5; round++)
        {
            await database.ExecuteAsync("update bind_slots set expires_at = '-infinity' where connector = $1", connector);
            var taken = await Task.WhenAll(
                Enumerable.Range(0, 4).Select(_ => Task.Run(() => Worker().AcquireAsync(connector, binds, 5, CancellationToken.None)))
            );
            var slots = taken.SelectMany(list => list).Select(lease => lease.Slot).ToList();
            Assert.Equal(slots.Distinct(), slots);
            leases.AddRange(taken.SelectMany(list => list));
        }

        // A fence is given out once: a claim by it names one holder.
        Assert.Equal(leases.Count, leases.Select(lease => (lease.Slot, lease.Fence)).Distinct().Count());
    }

    [Fact]
    public async Task A_limit_is_divided_over_the_open_binds_and_a_share_is_lowered_by_one_before_another_has_it()
    {
        var (first, second) = (Worker(), Worker());
        var one = Assert.Single(await first.AcquireAsync(connector, 2, 1, CancellationToken.None));
        var two = Assert.Single(await second.AcquireAsync(connector, 2, 1, CancellationToken.None));

        Assert.Equal(new SlotShare(60, 60), await ShareAsync(first, one, keepsTo: 0));
        // The first does not know of the second yet.
        Assert.Equal(new SlotShare(30, 0), await ShareAsync(second, two, keepsTo: 0));
        // It has to go slower, and has not said that it does.
        Assert.Equal(new SlotShare(30, 60), await ShareAsync(first, one, keepsTo: 60));
        Assert.Equal(new SlotShare(30, 0), await ShareAsync(second, two, keepsTo: 0));
        // Now it has.
        Assert.Equal(new SlotShare(30, 30), await ShareAsync(first, one, keepsTo: 30));
        Assert.Equal(new SlotShare(30, 30), await ShareAsync(second, two, keepsTo: 0));
    }

    [Fact]
    public async Task A_bind_that_is_gone_leaves_its_share_to_the_others_at_once()
    {
        var (first, second) = (Worker(), Worker());
        var leases = await first.AcquireAsync(connector, 4, 3, CancellationToken.None);
        var last = Assert.Single(await second.AcquireAsync(connector, 4, 1, CancellationToken.None));
        await first.RenewAsync([.. leases.Select(lease => Limited(lease, keepsTo: 0))], CancellationToken.None);
        Assert.Equal(new SlotShare(15, 0), await ShareAsync(second, last, keepsTo: 0));
        await first.RenewAsync([.. leases.Select(lease => Limited(lease, keepsTo: 15))], CancellationToken.None);
        Assert.Equal(new SlotShare(15, 15), await ShareAsync(second, last, keepsTo: 0));

        var shares = await first.RenewAsync(
            [Limited(leases[0], 15) with { IsBound = false, Granted = 0 }, Limited(leases[1], 15), Limited(leases[2], 15)],
            CancellationToken.None
        );

        Assert.Equal(
            [new SlotShare(0, 0), new SlotShare(20, 20), new SlotShare(20, 20)],
            shares.OrderBy(s => s.Key.Slot).Select(s => s.Value)
        );
        Assert.Equal(new SlotShare(20, 20), await ShareAsync(second, last, keepsTo: 15));
    }

    [Fact]
    public async Task What_was_granted_to_a_lease_that_ran_out_is_free_and_its_holder_begins_with_nothing_when_it_lives_on()
    {
        var (first, second) = (Worker(), Worker());
        var one = Assert.Single(await first.AcquireAsync(connector, 2, 1, CancellationToken.None));
        var two = Assert.Single(await second.AcquireAsync(connector, 2, 1, CancellationToken.None));
        Assert.Equal(new SlotShare(60, 60), await ShareAsync(first, one, keepsTo: 0));
        await database.ExpireSlotAsync(one);
        Assert.Equal(new SlotShare(60, 60), await ShareAsync(second, two, keepsTo: 0));

        Assert.Equal(new SlotShare(30, 0), await ShareAsync(first, one, keepsTo: 60));
    }

    [Fact]
    public async Task A_lower_limit_or_none_takes_a_share_back()
    {
        var worker = Worker();
        var lease = Assert.Single(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));
        Assert.Equal(new SlotShare(60, 60), await ShareAsync(worker, lease, keepsTo: 0));

        Assert.Equal(new SlotShare(20, 60), await ShareAsync(worker, lease, keepsTo: 60, tps: 20));
        Assert.Equal(new SlotShare(20, 20), await ShareAsync(worker, lease, keepsTo: 20, tps: 20));
        Assert.Equal(new SlotShare(0, 0), await ShareAsync(worker, lease, keepsTo: 0, tps: null));
    }

    [Fact]
    public async Task Workers_that_ask_at_once_are_never_granted_more_than_the_limit()
    {
        const int tps = 70;
        var workers = Enumerable.Range(0, 4).Select(_ => Worker()).ToList();
        var binds = new List<(BindSlots Worker, SlotLease Lease, double Keeps)>();
        foreach (var worker in workers)
        {
            binds.Add((worker, Assert.Single(await worker.AcquireAsync(connector, 4, 1, CancellationToken.None)), 0));
        }

        for (var round = 0; round < 6; round++)
        {
            var shares = await Task.WhenAll(binds.Select(bind => Task.Run(() => ShareAsync(bind.Worker, bind.Lease, bind.Keeps, tps))));
            for (var i = 0; i < binds.Count; i++)
            {
                binds[i] = binds[i] with { Keeps = Math.Min(shares[i].Fair, shares[i].Granted) };
            }

            Assert.InRange(
                await database.ScalarAsync<double>("select sum(granted) from bind_slots where connector = $1", connector),
                0,
                tps + 1e-6
            );
        }

        Assert.All(binds, bind => Assert.Equal(17.5, bind.Keeps, 6));
    }

    private static async Task<SlotShare> ShareAsync(BindSlots worker, SlotLease lease, double keepsTo, int? tps = 60)
    {
        var held = await worker.RenewAsync([Limited(lease, keepsTo) with { Tps = tps }], CancellationToken.None);
        return held[(lease.Connector, lease.Slot)];
    }

    private static SlotReport Limited(SlotLease lease, double keepsTo) => new(lease, true, "bound", Tps: 60, Granted: keepsTo);

    [Fact]
    public async Task Workers_are_those_with_a_fresh_heartbeat_each_with_the_connectors_it_may_hold()
    {
        var all = Guid.NewGuid();
        var pinned = Guid.NewGuid();
        var late = Guid.NewGuid();
        await database.ExecuteAsync(
            """
            insert into service_instances (id, service, host, process_id, connectors, heartbeat_at)
            values ($1, 'workers', 'h', 1, null, now()), ($2, 'standalone', 'h', 1, array['one', 'two'], now()),
                ($3, 'workers', 'h', 1, null, now() - interval '16 seconds'), (gen_random_uuid(), 'router', 'h', 1, null, now())
            """,
            all,
            pinned,
            late
        );
        await database.ExecuteAsync(
            "update service_instances set heartbeat_at = now() - interval '1 hour' where not id = any ($1)",
            new[] { all, pinned, late }
        );

        var (workers, _) = await Worker().ReadAsync(CancellationToken.None);

        Assert.Equal([all, pinned], workers.Select(worker => worker.Id).OrderBy(id => id == pinned));
        Assert.Equal([true, true], workers.Select(worker => worker.MayHold("one")));
        Assert.False(workers.Single(worker => worker.Id == pinned).MayHold("three"));
    }

    [Fact]
    public async Task A_slot_says_for_how_long_nobody_has_held_it()
    {
        var worker = Worker();
        var lease = Assert.Single(await worker.AcquireAsync(connector, 1, 1, CancellationToken.None));
        Assert.Equal(TimeSpan.Zero, await FreeForAsync());

        await database.ExecuteAsync(
            "update bind_slots set expires_at = now() - interval '7 seconds', state_at = now() - interval '1 hour' where connector = $1",
            connector
        );
        Assert.InRange(await FreeForAsync(), TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(60));

        await worker.ReleaseAsync(lease, CancellationToken.None);
        Assert.InRange(await FreeForAsync(), TimeSpan.Zero, TimeSpan.FromSeconds(6));

        async Task<TimeSpan> FreeForAsync() =>
            (await worker.ReadAsync(CancellationToken.None)).Slots.Single(row => row.Connector == connector).FreeFor;
    }

    [Fact]
    public async Task One_process_leads_until_its_lease_runs_out()
    {
        var first = new LeaderLease(database.Source, database.Instance(), connector);
        var second = new LeaderLease(database.Source, database.Instance(), connector);

        Assert.True(await first.HoldAsync(CancellationToken.None));
        Assert.False(await second.HoldAsync(CancellationToken.None));
        Assert.True(await first.HoldAsync(CancellationToken.None));
        Assert.Equal(1L, await FenceAsync());

        await database.ExecuteAsync("update leader_leases set expires_at = now() - interval '1 second' where name = $1", connector);
        Assert.True(await second.HoldAsync(CancellationToken.None));
        Assert.False(await first.HoldAsync(CancellationToken.None));
        Assert.Equal(2L, await FenceAsync());

        Task<long> FenceAsync() => database.ScalarAsync<long>("select fence from leader_leases where name = $1", connector);
    }

    [Fact]
    public async Task Of_processes_that_reach_for_the_lead_at_once_one_gets_it()
    {
        var leads = await Task.WhenAll(
            Enumerable
                .Range(0, 6)
                .Select(_ =>
                    Task.Run(() => new LeaderLease(database.Source, database.Instance(), connector).HoldAsync(CancellationToken.None))
                )
        );

        Assert.Single(leads, lead => lead);
    }

    private BindSlots Worker(string? runKey = null) => new(database.Source, database.Instance(runKey));
}
