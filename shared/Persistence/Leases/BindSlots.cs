using Npgsql;
using NpgsqlTypes;
using Persistence.Ledger;

namespace Persistence.Leases;

/// <summary>A slot as the table has it.</summary>
public sealed record BindSlotRow(
    string Connector,
    short Slot,
    Guid? Holder,
    long Fence,
    bool IsLeased,
    bool IsBound,
    string State,
    DateTimeOffset StateAt,
    string? LastError
);

/// <summary>
/// The leases on operators' binds (<c>bind_slots</c>): a connector has as many slots as the operator allows binds, and only a slot's
/// holder may open one. Times are the database's; the holder keeps its own, earlier deadline by a monotonic clock.
/// </summary>
public sealed class BindSlots(NpgsqlDataSource source, ServiceInstance instance)
{
    /// <summary>How long a lease lasts without renewal.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(15);

    /// <summary>Workers alive now, this process included: a heartbeat no older than a lease.</summary>
    public async Task<int> CountWorkersAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            select count(*) from service_instances
            where service in ('workers', 'standalone') and heartbeat_at > now() - $1 and id <> $2
            """
        );
        command.Parameters.Add(MessageLedger.Value(TimeToLive));
        command.Parameters.Add(MessageLedger.Value(instance.Id));
        return 1 + (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!;
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
                order by slot limit $3 for update skip locked
            )
            update bind_slots b
            set holder = $4, run_key = $5, fence = b.fence + 1, expires_at = now() + $6, bound = false, state = 'leased',
                state_at = now(), last_error = null
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

    /// <summary>Renews leases and reports their state in the same statement.</summary>
    /// <returns>Those still ours. What is missing belongs to somebody else now: unbind it.</returns>
    public async Task<HashSet<(string Connector, short Slot)>> RenewAsync(
        IReadOnlyList<(SlotLease Lease, bool IsBound, string State, string? LastError)> leases,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            """
            update bind_slots b
            set expires_at = now() + $8, bound = i.bound, last_error = i.last_error,
                state = i.state, state_at = case when b.state = i.state then b.state_at else now() end
            from unnest($1::text[], $2::smallint[], $3::uuid[], $4::bigint[], $5::boolean[], $6::text[], $7::text[])
                as i (connector, slot, holder, fence, bound, state, last_error)
            where b.connector = i.connector and b.slot = i.slot and b.holder = i.holder and b.fence = i.fence
            returning b.connector, b.slot
            """
        );
        command.Parameters.Add(MessageLedger.Column(leases, l => l.Lease.Connector, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(leases, l => l.Lease.Slot, NpgsqlDbType.Smallint));
        command.Parameters.Add(MessageLedger.Column(leases, l => l.Lease.Holder, NpgsqlDbType.Uuid));
        command.Parameters.Add(MessageLedger.Column(leases, l => l.Lease.Fence, NpgsqlDbType.Bigint));
        command.Parameters.Add(MessageLedger.Column(leases, l => l.IsBound, NpgsqlDbType.Boolean));
        command.Parameters.Add(MessageLedger.Column(leases, l => l.State, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(leases, l => l.LastError, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Value(TimeToLive));
        var held = new HashSet<(string, short)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            held.Add((reader.GetString(0), reader.GetInt16(1)));
        }

        return held;
    }

    /// <summary>Gives a slot back after its bind is closed, so that another worker takes it without waiting for the lease's end.</summary>
    public async Task ReleaseAsync(SlotLease lease, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            update bind_slots
            set holder = null, run_key = null, expires_at = '-infinity', bound = false, state = 'free', state_at = now()
            where connector = $1 and slot = $2 and holder = $3 and fence = $4
            """
        );
        command.Parameters.Add(MessageLedger.Value(lease.Connector));
        command.Parameters.Add(MessageLedger.Value(lease.Slot));
        command.Parameters.Add(MessageLedger.Value(lease.Holder));
        command.Parameters.Add(MessageLedger.Value(lease.Fence));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Every slot there is, for people.</summary>
    public async Task<List<BindSlotRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            select connector, slot, holder, fence, expires_at > now(), bound, state, state_at, last_error
            from bind_slots order by connector, slot
            """
        );
        var rows = new List<BindSlotRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new BindSlotRow(
                    reader.GetString(0),
                    reader.GetInt16(1),
                    reader.IsDBNull(2) ? null : reader.GetGuid(2),
                    reader.GetInt64(3),
                    reader.GetBoolean(4),
                    reader.GetBoolean(5),
                    reader.GetString(6),
                    reader.GetDateTime(7),
                    reader.IsDBNull(8) ? null : reader.GetString(8)
                )
            );
        }

        return rows;
    }
}
