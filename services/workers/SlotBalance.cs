using Persistence.Leases;

namespace Workers;

/// <summary>
/// Who should have which bind slots, as one worker sees it: a pure function of what the database says of the slots and the workers. Each
/// worker decides for itself alone; the leases decide between them.
/// </summary>
/// <remarks>
/// No worker holds more of a connector than its binds ÷ the workers that may hold it, rounded up. Within that a worker whose total is below
/// its fair share takes at once, others after a slot was free for a while. Handing on: first what a worker has two more of than another
/// (one connector), then a slot of any where its total is two more. Either makes the whole more even, so it comes to an end.
/// </remarks>
internal sealed class SlotBalance
{
    private readonly Guid me;
    private readonly IReadOnlyDictionary<string, int> binds;
    private readonly List<SlotWorker> workers;
    private readonly Dictionary<(Guid Worker, string Connector), int> held = [];
    private readonly Dictionary<Guid, int> totals = [];

    /// <param name="me">This worker.</param>
    /// <param name="binds">The enabled connectors with their binds.</param>
    /// <param name="workers">The workers alive; this one among them.</param>
    /// <param name="rows">The slots there are.</param>
    public SlotBalance(Guid me, IReadOnlyDictionary<string, int> binds, IReadOnlyList<SlotWorker> workers, IReadOnlyList<BindSlotRow> rows)
    {
        this.me = me;
        this.binds = binds;
        // Who let a lease run out is dead or frozen, whatever its last heartbeat says.
        var dead = rows.Where(row => row.Holder is not null && !row.IsLeased).Select(row => row.Holder!.Value).ToHashSet();
        this.workers = [.. workers.Where(worker => worker.Id == me || !dead.Contains(worker.Id))];
        foreach (var row in rows)
        {
            if (row is { Holder: { } holder, IsLeased: true } && row.Slot < binds.GetValueOrDefault(row.Connector))
            {
                held[(holder, row.Connector)] = Held(holder, row.Connector) + 1;
                totals[holder] = Total(holder) + 1;
            }
        }
    }

    /// <summary>How many slots of a connector this worker may take now.</summary>
    /// <param name="connector">The connector.</param>
    /// <param name="waitedLong">Whether a slot of it has been free for so long that nobody with fewer slots wants it.</param>
    public int Missing(string connector, bool waitedLong)
    {
        var able = workers.FindAll(worker => worker.MayHold(connector));
        var room = Cap(connector, able.Count) - Held(me, connector);
        if (room <= 0 || !able.Exists(worker => worker.Id == me))
        {
            return 0;
        }

        var below = (int)Math.Ceiling(FairTotal(me) - 1e-6) - Total(me);
        return Math.Min(room, waitedLong ? Math.Max(1, below) : below);
    }

    /// <summary>Counts slots that were just taken, so that the next connector's share sees them.</summary>
    public void Took(string connector, int count)
    {
        held[(me, connector)] = Held(me, connector) + count;
        totals[me] = Total(me) + count;
    }

    /// <summary>The connector of which this worker should hand one slot on; null: it is even enough.</summary>
    public string? Surplus()
    {
        string? best = null;
        foreach (var connector in binds.Keys.Order(StringComparer.Ordinal))
        {
            var mine = Held(me, connector);
            if (mine == 0)
            {
                continue;
            }

            var others = workers.FindAll(worker => worker.Id != me && worker.MayHold(connector));
            var may = workers.Exists(worker => worker.Id == me && worker.MayHold(connector));
            if (
                !may
                || others.Exists(other => mine - Held(other.Id, connector) >= 2) && IsFirst(worker => Held(worker.Id, connector), others)
            )
            {
                return connector;
            }

            if (
                others.Exists(other => Total(me) - Total(other.Id) >= 2 && mine > Held(other.Id, connector))
                && IsFirst(worker => Total(worker.Id), others)
            )
            {
                best ??= connector;
            }
        }

        return best;
    }

    /// <summary>Of those that hold as many, one gives back at a time.</summary>
    private bool IsFirst(Func<SlotWorker, int> count, List<SlotWorker> others)
    {
        var mine = count(workers.Find(worker => worker.Id == me)!);
        return !others.Exists(other => count(other) > mine || (count(other) == mine && other.Id.CompareTo(me) < 0));
    }

    private int Cap(string connector, int able) => able == 0 ? 0 : (binds[connector] + able - 1) / able;

    private double FairTotal(Guid worker) =>
        binds.Sum(connector =>
        {
            var able = workers.FindAll(other => other.MayHold(connector.Key));
            return able.Exists(other => other.Id == worker) ? (double)connector.Value / able.Count : 0;
        });

    private int Held(Guid worker, string connector) => held.GetValueOrDefault((worker, connector));

    private int Total(Guid worker) => totals.GetValueOrDefault(worker);
}
