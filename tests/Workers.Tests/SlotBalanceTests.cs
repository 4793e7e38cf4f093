using Persistence.Leases;
using Xunit;

namespace Workers.Tests;

/// <summary>Workers that each follow the rules alone, against one table of slots as the database has it.</summary>
public sealed class SlotBalanceTests
{
    private readonly Dictionary<string, int> binds = [];
    private readonly List<SlotWorker> workers = [];
    private readonly Dictionary<(string Connector, short Slot), Guid?> slots = [];
    private int handedOn;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 10)]
    [InlineData(7, 10)]
    public void Every_slot_is_held_and_totals_differ_by_one_at_most(int workerCount, int connectorCount)
    {
        Connectors(connectorCount, i => 1 + (i % 4));
        Workers(workerCount);

        Settle();

        AssertEven();
        var moves = handedOn;
        Settle();
        Assert.Equal(moves, handedOn);
    }

    [Fact]
    public void A_worker_that_comes_gets_its_share_and_then_nothing_moves_any_more()
    {
        Connectors(10, i => 1 + (i % 4));
        Workers(2);
        Settle();

        Workers(1);
        Settle();

        AssertEven();
        // A third of the 24 slots: each that was handed on went where it was wanted.
        Assert.InRange(handedOn, 7, 10);
        var before = handedOn;
        Settle();
        Assert.Equal(before, handedOn);
    }

    [Fact]
    public void Single_bind_connectors_are_spread_over_the_workers_too()
    {
        Connectors(9, _ => 1);
        Workers(3);

        Settle();

        Assert.Equal([3, 3, 3], Totals());
    }

    [Fact]
    public void What_a_dead_worker_held_is_taken_by_those_who_are_left()
    {
        Connectors(5, _ => 3);
        Workers(3);
        Settle();
        var dead = workers[1];
        workers.Remove(dead);
        foreach (var slot in slots.Where(slot => slot.Value == dead.Id).Select(slot => slot.Key).ToList())
        {
            slots[slot] = null;
        }

        Settle();

        AssertEven();
    }

    [Fact]
    public void A_worker_whose_lease_ran_out_counts_no_more_though_its_heartbeat_is_fresh()
    {
        Connectors(1, _ => 4);
        Workers(2);
        var rows = new List<BindSlotRow> { Row("c0", 0, workers[1].Id, leased: false) };

        Assert.Equal(4, new SlotBalance(workers[0].Id, binds, workers, rows).Missing("c0", waitedLong: true));
    }

    [Fact]
    public void A_connector_pinned_to_some_workers_is_held_by_those_alone()
    {
        Connectors(4, _ => 4);
        workers.Add(new SlotWorker(Guid.NewGuid(), ["c0"]));
        workers.Add(new SlotWorker(Guid.NewGuid(), ["c0", "c1"]));
        workers.Add(new SlotWorker(Guid.NewGuid(), null));

        Settle();

        Assert.All(slots, slot => Assert.True(workers.Single(worker => worker.Id == slot.Value).MayHold(slot.Key.Connector)));
    }

    [Fact]
    public void A_worker_on_its_way_out_takes_nothing_and_its_share_goes_to_the_others_at_once()
    {
        Connectors(2, _ => 2);
        Workers(1);
        workers.Add(new SlotWorker(Guid.NewGuid(), []));

        Settle();

        Assert.All(slots.Values, holder => Assert.Equal(workers[0].Id, holder));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_comes_and_goes_it_ends_evenly_without_an_end_of_moves(int seed)
    {
        var random = new Random(seed);
        Connectors(random.Next(1, 15), _ => random.Next(1, 6));
        Workers(random.Next(1, 5));
        for (var round = 0; round < 20; round++)
        {
            if (workers.Count > 1 && random.Next(2) == 0)
            {
                var gone = workers[random.Next(workers.Count)];
                workers.Remove(gone);
                foreach (var slot in slots.Where(slot => slot.Value == gone.Id).Select(slot => slot.Key).ToList())
                {
                    slots[slot] = null;
                }
            }
            else
            {
                Workers(1);
            }

            Settle();
            AssertEven();
        }
    }

    private void Connectors(int count, Func<int, int> bindsOf)
    {
        for (var i = 0; i < count; i++)
        {
            binds[$"c{i}"] = bindsOf(i);
            for (short slot = 0; slot < bindsOf(i); slot++)
            {
                slots[($"c{i}", slot)] = null;
            }
        }

        // The generator may have answered differently the second time.
        foreach (var connector in binds.Keys.ToList())
        {
            binds[connector] = slots.Keys.Count(key => key.Connector == connector);
        }
    }

    private void Workers(int count) => workers.AddRange(Enumerable.Range(0, count).Select(_ => new SlotWorker(Guid.NewGuid(), null)));

    /// <summary>Lets every worker look in turn until nobody changes anything.</summary>
    private void Settle()
    {
        for (var turn = 0; ; turn++)
        {
            Assert.True(turn < 200, "slots go round in circles");
            var changed = false;
            foreach (var worker in workers)
            {
                changed |= Look(worker.Id, waitedLong: turn % 3 == 2);
            }

            if (!changed && turn % 3 == 2)
            {
                return;
            }
        }
    }

    private bool Look(Guid me, bool waitedLong)
    {
        var balance = new SlotBalance(
            me,
            binds,
            workers,
            [.. slots.Select(s => Row(s.Key.Connector, s.Key.Slot, s.Value, s.Value is not null))]
        );
        if (balance.Surplus() is { } surplus)
        {
            slots[slots.First(slot => slot.Key.Connector == surplus && slot.Value == me).Key] = null;
            handedOn++;
            return true;
        }

        var changed = false;
        foreach (var connector in binds.Keys)
        {
            var free = slots.Where(slot => slot.Key.Connector == connector && slot.Value is null).Select(slot => slot.Key).ToList();
            if (free.Count > 0)
            {
                foreach (var slot in free.Take(balance.Missing(connector, waitedLong)))
                {
                    slots[slot] = me;
                    balance.Took(connector, 1);
                    changed = true;
                }
            }
        }

        return changed;
    }

    private void AssertEven()
    {
        Assert.All(slots.Values, holder => Assert.NotNull(holder));
        var totals = Totals();
        Assert.True(totals[^1] - totals[0] <= 1, string.Join(", ", totals));
        foreach (var connector in binds.Keys)
        {
            var most = workers.Max(worker => slots.Count(slot => slot.Key.Connector == connector && slot.Value == worker.Id));
            Assert.True(
                most <= (binds[connector] + workers.Count - 1) / workers.Count,
                $"{connector}: {most} of {binds[connector]} at one worker"
            );
        }
    }

    private List<int> Totals() => [.. workers.Select(worker => slots.Values.Count(holder => holder == worker.Id)).Order()];

    private static BindSlotRow Row(string connector, short slot, Guid? holder, bool leased) =>
        new()
        {
            Connector = connector,
            Slot = slot,
            Holder = holder,
            IsLeased = leased,
        };
}
