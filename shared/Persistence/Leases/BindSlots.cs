using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Persistence.Ledger;

namespace Persistence.Leases;

/// <summary>A slot as the table has it.</summary>
public sealed record BindSlotRow
{
    /// <summary>The connector.</summary>
    public required string Connector { get; init; }

    /// <summary>The slot, from 0.</summary>
    public required short Slot { get; init; }

    /// <summary>The process that holds it, or held it until its lease ran out.</summary>
    public Guid? Holder { get; init; }

    /// <summary>Rises with every change of hands.</summary>
    public long Fence { get; init; }

    /// <summary>Whether the lease is alive.</summary>
    public bool IsLeased { get; init; }

    /// <summary>For how long nobody has held it; zero while it is leased.</summary>
    public TimeSpan FreeFor { get; init; }

    /// <summary>Whether its holder said, with the last renewal, that the bind is open.</summary>
    public bool IsBound { get; init; }

    /// <summary>What it is doing, in words.</summary>
    public string State { get; init; } = "";

    /// <summary>Since when.</summary>
    public DateTimeOffset StateAt { get; init; }

    /// <summary>Why the bind was last lost or refused; null when it never was.</summary>
    public string? LastError { get; init; }

    /// <summary>Unanswered submits it may have.</summary>
    public int Window { get; init; }

    /// <summary>Unanswered submits it has.</summary>
    public int InFlight { get; init; }

    /// <summary>Parts submitted and answered in the second before the last renewal.</summary>
    public float SubmitRate { get; init; }

    /// <summary>Parts a second it may submit; null without a limit.</summary>
    public float? Pace { get; init; }

    /// <summary>Parts answered ESME_RTHROTTLED or ESME_RMSGQFUL since the slot was taken.</summary>
    public long Throttled { get; init; }
}

/// <summary>What a holder says of its slot with each renewal; see <see cref="BindSlotRow"/>.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="IsBound">Whether the bind is open, and is to stay so.</param>
/// <param name="State">What it is doing, in words.</param>
/// <param name="LastError">Why the bind was last lost or refused.</param>
/// <param name="Window">Unanswered submits it may have.</param>
/// <param name="InFlight">Unanswered submits it has.</param>
/// <param name="SubmitRate">Parts submitted and answered in the last second.</param>
/// <param name="Pace">Parts a second it may submit now; null without a limit.</param>
/// <param name="Throttled">Parts answered ESME_RTHROTTLED or ESME_RMSGQFUL since the slot was taken.</param>
/// <param name="Tps">Parts a second that all binds of the connector may submit together; null: no limit.</param>
/// <param name="Granted">The share of them that the holder keeps to at this moment; 0: it submits nothing, or there is no limit.</param>
public sealed record SlotReport(
    SlotLease Lease,
    bool IsBound,
    string State,
    string? LastError = null,
    int Window = 0,
    int InFlight = 0,
    float SubmitRate = 0,
    float? Pace = null,
    long Throttled = 0,
    int? Tps = null,
    double Granted = 0
);

/// <summary>What a bind may submit of its connector's parts a second; both 0 where there is no limit.</summary>
/// <param name="Fair">What it is to have: the connector's ÷ the binds open.</param>
/// <param name="Granted">
/// What is written down for it: it may go up to that. Where it is more than <paramref name="Fair"/>, lower the pace and renew again, so that
/// the others get the difference; where it is less, the others have not lowered theirs yet.
/// </param>
public readonly record struct SlotShare(double Fair, double Granted);

/// <summary>A worker process that is alive.</summary>
/// <param name="Id">The process.</param>
/// <param name="Connectors">The connectors it may hold; null: all.</param>
public sealed record SlotWorker(Guid Id, IReadOnlyList<string>? Connectors)
{
    /// <summary>Whether it may hold slots of a connector.</summary>
    public bool MayHold(string connector) => Connectors is null || Connectors.Contains(connector);
}

/// <summary>
/// The leases on operators' binds (<c>bind_slots</c>): a connector has as many slots as the operator allows binds, and only a slot's
/// holder may open one. Times are the database's; the holder keeps its own, earlier deadline by a monotonic clock.
/// </summary>
public sealed class BindSlots(NpgsqlDataSource source, ServiceInstance instance)
{
    /// <summary>How long a lease lasts without renewal.</summary>
    /// <remarks>
    /// 12 s: renewed every 3 s it has run out 9 to 12 s after a crash, and another worker, which looks every second, has bound within 15 s.
    /// </remarks>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(12);

    /// <summary>
    /// The worker processes with a heartbeat no older than a lease, and every slot with what its holder last said of it. This process is not among
    /// the workers before its first heartbeat.
    /// </summary>
    public async Task<(List<SlotWorker> Workers, List<BindSlotRow> Slots)> ReadAsync(CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        var alive = new NpgsqlBatchCommand(
            "select id, connectors from service_instances where service in ('workers', 'standalone') and heartbeat_at > now() - $1"
        );
        alive.Parameters.Add(MessageLedger.Value(TimeToLive));
        batch.BatchCommands.Add(alive);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(ListSql));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var workers = new List<SlotWorker>();
        while (await reader.ReadAsync(cancellationToken))
        {
            workers.Add(new SlotWorker(reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<string[]>(1)));
        }

        await reader.NextResultAsync(cancellationToken);
        return (workers, await ReadRowsAsync(reader, cancellationToken));
    }

    /// <summary>Tells the others that this process takes no slots any more: it is on its way out, and they share what it gives back.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("update service_instances set connectors = '{}' where id = $1");
        command.Parameters.Add(MessageLedger.Value(instance.Id));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Takes up to <paramref name="count"/> free slots of a connector: never held, given back, run out, or held by a dead process
    /// that ran in this same place. The fencing number rises with every change of hands.
    /// </summary>
    public async Task<List<SlotLease>> AcquireAsync(string connector, int binds, int count, CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        var exist = new NpgsqlBatchCommand(
            "insert into bind_slots (connector, slot) select $1, generate_series(0, $2 - 1) on conflict do nothing"
        );
        exist.Parameters.Add(MessageLedger.Value(connector));
        exist.Parameters.Add(MessageLedger.Value(binds));
        batch.BatchCommands.Add(exist);
        var take = new NpgsqlBatchCommand(
            """
            with free as (
                select connector, slot from bind_slots
                where connector = $1 and slot < $2
                    and (expires_at <= now() or run_key is not null and run_key = $5 and holder is distinct from $4)
                order by holder is not distinct from $4, slot limit $3 for update skip locked
            )
            update bind_slots b
            set holder = $4, run_key = $5, fence = b.fence + 1, expires_at = now() + $6, bound = false, state = 'leased',
                state_at = now(), last_error = null, in_flight = 0, submit_rate = 0, pace = null, throttled = 0, granted = 0
            from free where b.connector = free.connector and b.slot = free.slot
            returning b.slot, b.fence
            """
        );
        take.Parameters.Add(MessageLedger.Value(connector));
        take.Parameters.Add(MessageLedger.Value(binds));
        take.Parameters.Add(MessageLedger.Value(count));
        take.Parameters.Add(MessageLedger.Value(instance.Id));
        take.Parameters.Add(new NpgsqlParameter { Value = (object?)instance.RunKey ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        take.Parameters.Add(MessageLedger.Value(TimeToLive));
        batch.BatchCommands.Add(take);
        var leases = new List<SlotLease>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            leases.Add(new SlotLease(connector, reader.GetInt16(0), instance.Id, reader.GetInt64(1)));
        }

        return leases;
    }

    // A share is tps ÷ the binds open. It is raised only by what nobody else keeps to: the others lower theirs first, and say so with their own
    // renewals. A lower one is told to the holder and written down with its next renewal, when it keeps to it. What is granted to a lease that
    // ran out is nobody's: its holder has stopped by its own clock, and begins with nothing when the lease lives on after all.
    private const string RenewSql = """
        with i as (
            select i.*, case when b.expires_at > now() then i.granted else 0 end as kept
            from unnest($1::text[], $2::smallint[], $3::uuid[], $4::bigint[], $5::boolean[], $6::text[], $7::text[], $8::integer[],
                $9::integer[], $10::real[], $11::real[], $12::bigint[], $13::integer[], $14::double precision[])
                as i (connector, slot, holder, fence, bound, state, last_error, window_size, in_flight, submit_rate, pace, throttled, tps, granted)
            join bind_slots b on b.connector = i.connector and b.slot = i.slot and b.holder = i.holder and b.fence = i.fence
        ), others as (
            select b.connector, sum(b.granted) as granted, count(*) filter (where b.bound) as bound
            from bind_slots b
            where b.connector = any ($1) and b.expires_at > now()
                and not exists (select from i where i.connector = b.connector and i.slot = b.slot)
            group by b.connector
        ), shared as (
            select i.connector, i.slot, i.kept,
                case when i.bound then i.tps::double precision / (coalesce(o.bound, 0) + count(*) filter (where i.bound) over w) else 0 end
                    as share,
                i.tps - coalesce(o.granted, 0) - sum(i.kept) over w as free
            from i left join others o on o.connector = i.connector
            where i.tps is not null
            window w as (partition by i.connector)
        ), given as (
            select connector, slot, share,
                kept + case when share > kept
                    then greatest(0, least(1, free / sum(greatest(0, share - kept)) over (partition by connector))) * (share - kept) else 0 end
                    as granted
            from shared
        )
        update bind_slots b
        set expires_at = now() + $15, bound = i.bound, last_error = i.last_error,
            state = i.state, state_at = case when b.state = i.state then b.state_at else now() end,
            window_size = i.window_size, in_flight = i.in_flight, submit_rate = i.submit_rate, pace = i.pace, throttled = i.throttled,
            granted = coalesce(g.granted, 0)
        from i left join given g on g.connector = i.connector and g.slot = i.slot
        where b.connector = i.connector and b.slot = i.slot and b.holder = i.holder and b.fence = i.fence
        returning b.connector, b.slot, coalesce(g.share, 0), coalesce(g.granted, 0)
        """;

    /// <summary>Renews leases, reports their state and divides the connectors' parts a second, in one statement.</summary>
    /// <returns>Those still ours. What is missing belongs to somebody else now: unbind it.</returns>
    public async Task<Dictionary<(string Connector, short Slot), SlotShare>> RenewAsync(
        IReadOnlyList<SlotReport> leases,
        CancellationToken cancellationToken
    )
    {
        await using var batch = source.CreateBatch();
        if (leases.Any(lease => lease.Tps is not null))
        {
            // One worker at a time divides a connector's: each has to see what the one before was given.
            var alone = new NpgsqlBatchCommand(
                """
                select pg_advisory_xact_lock(hashtextextended('bind shares of ' || connector, 0))
                from (select distinct connector from unnest($1::text[]) as c (connector) order by connector) as limited
                """
            );
            alone.Parameters.Add(
                MessageLedger.Column([.. leases.Where(lease => lease.Tps is not null)], l => l.Lease.Connector, NpgsqlDbType.Text)
            );
            batch.BatchCommands.Add(alone);
        }

        var renew = new NpgsqlBatchCommand(RenewSql);
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Lease.Connector, NpgsqlDbType.Text));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Lease.Slot, NpgsqlDbType.Smallint));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Lease.Holder, NpgsqlDbType.Uuid));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Lease.Fence, NpgsqlDbType.Bigint));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.IsBound, NpgsqlDbType.Boolean));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.State, NpgsqlDbType.Text));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.LastError, NpgsqlDbType.Text));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Window, NpgsqlDbType.Integer));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.InFlight, NpgsqlDbType.Integer));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.SubmitRate, NpgsqlDbType.Real));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Pace, NpgsqlDbType.Real));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Throttled, NpgsqlDbType.Bigint));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Tps, NpgsqlDbType.Integer));
        renew.Parameters.Add(MessageLedger.Column(leases, l => l.Granted, NpgsqlDbType.Double));
        renew.Parameters.Add(MessageLedger.Value(TimeToLive));
        batch.BatchCommands.Add(renew);
        var held = new Dictionary<(string, short), SlotShare>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (batch.BatchCommands.Count > 1)
        {
            await reader.NextResultAsync(cancellationToken);
        }

        while (await reader.ReadAsync(cancellationToken))
        {
            held[(reader.GetString(0), reader.GetInt16(1))] = new SlotShare(reader.GetDouble(2), reader.GetDouble(3));
        }

        return held;
    }

    /// <summary>Gives a slot back after its bind is closed, so that another worker takes it without waiting for the lease's end.</summary>
    public async Task ReleaseAsync(SlotLease lease, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            update bind_slots
            set holder = null, run_key = null, expires_at = '-infinity', bound = false, state = 'free', state_at = now(),
                in_flight = 0, submit_rate = 0, pace = null, granted = 0
            where connector = $1 and slot = $2 and holder = $3 and fence = $4
            """
        );
        command.Parameters.Add(MessageLedger.Value(lease.Connector));
        command.Parameters.Add(MessageLedger.Value(lease.Slot));
        command.Parameters.Add(MessageLedger.Value(lease.Holder));
        command.Parameters.Add(MessageLedger.Value(lease.Fence));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Tells the holder of an open bind to unbind it, and to bind again after its back-off; writes into the audit log who wanted it.
    /// </summary>
    /// <returns>False: there is no such bind, or it is not open.</returns>
    public async Task<bool> OrderUnbindAsync(string connector, short slot, string actor, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            with told as (
                insert into commands (instance, kind, subject)
                select holder, 'unbind-slot', connector || '/' || slot || '/' || fence from bind_slots
                where connector = $1 and slot = $2 and expires_at > now() and bound
                returning 1
            )
            insert into audit_log (at, actor, action, entity, entity_id)
            select now(), $3, 'unbound', 'operator-bind', $1 || '-' || $2 from told
            """
        );
        command.Parameters.Add(MessageLedger.Value(connector));
        command.Parameters.Add(MessageLedger.Value(slot));
        command.Parameters.Add(MessageLedger.Value(actor));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Takes what this process was told: binds to unbind. Each is told once; what has changed hands since has another fence.</summary>
    public async Task<List<SlotLease>> TakeUnbindsAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "delete from commands where instance = $1 and kind = 'unbind-slot' returning subject"
        );
        command.Parameters.Add(MessageLedger.Value(instance.Id));
        var told = new List<SlotLease>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var subject = reader.GetString(0).Split('/');
            told.Add(
                new SlotLease(
                    subject[0],
                    short.Parse(subject[1], CultureInfo.InvariantCulture),
                    instance.Id,
                    long.Parse(subject[2], CultureInfo.InvariantCulture)
                )
            );
        }

        return told;
    }

    private const string ListSql = """
        select connector, slot, holder, fence, expires_at > now(), bound, state, state_at, last_error, window_size, in_flight, submit_rate,
            pace, throttled,
            case when expires_at > now() then interval '0'
                else now() - greatest(case when expires_at = '-infinity' then state_at else expires_at end, state_at) end
        from bind_slots order by connector, slot
        """;

    /// <summary>Every slot there is, for people.</summary>
    public async Task<List<BindSlotRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(ListSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadRowsAsync(reader, cancellationToken);
    }

    private static async Task<List<BindSlotRow>> ReadRowsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = new List<BindSlotRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new BindSlotRow
                {
                    Connector = reader.GetString(0),
                    Slot = reader.GetInt16(1),
                    Holder = reader.IsDBNull(2) ? null : reader.GetGuid(2),
                    Fence = reader.GetInt64(3),
                    IsLeased = reader.GetBoolean(4),
                    IsBound = reader.GetBoolean(5),
                    State = reader.GetString(6),
                    StateAt = reader.GetDateTime(7),
                    LastError = reader.IsDBNull(8) ? null : reader.GetString(8),
                    Window = reader.GetInt32(9),
                    InFlight = reader.GetInt32(10),
                    SubmitRate = reader.GetFloat(11),
                    Pace = reader.IsDBNull(12) ? null : reader.GetFloat(12),
                    Throttled = reader.GetInt64(13),
                    FreeFor = reader.GetTimeSpan(14),
                }
            );
        }

        return rows;
    }
}
