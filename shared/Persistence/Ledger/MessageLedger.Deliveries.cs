using System.Text.Json;
using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>A leased pack of what a customer is owed.</summary>
/// <param name="Id">The row.</param>
/// <param name="Recipient">The system_id it is for.</param>
/// <param name="Items">All of it, what was acknowledged before included.</param>
/// <param name="Acknowledged">A bit per item, lowest first: set where an earlier lease got the customer's acknowledgement.</param>
/// <param name="ExpiresAt">When it stops being worth delivering.</param>
/// <param name="Attempts">How often it was leased, this time included: with <paramref name="Id"/> it names this lease.</param>
public sealed record LeasedPack(
    long Id,
    string Recipient,
    List<ReceiptDelivery> Items,
    byte[] Acknowledged,
    DateTimeOffset ExpiresAt,
    short Attempts
);

/// <summary>What a gateway can take for a recipient now.</summary>
/// <param name="Recipient">The system_id.</param>
/// <param name="Packs">Packs at most.</param>
/// <param name="Items">
/// Packs are leased while those before them hold fewer items than this, all together. So small packs, which a trickle of messages
/// leaves behind, are fetched many at a time, and full ones few.
/// </param>
public readonly record struct DeliveryRoom(string Recipient, int Packs, int Items);

/// <summary>How far a leased pack has come.</summary>
/// <param name="Pack">The lease.</param>
/// <param name="Acknowledged">A bit per item, lowest first: set where the customer acknowledged it.</param>
/// <param name="Left">Items without that bit. With none left the row is removed.</param>
/// <param name="Due">Gives the lease up: after this the rest may be leased again, by anyone. Null keeps it.</param>
public readonly record struct PackProgress(LeasedPack Pack, byte[] Acknowledged, short Left, TimeSpan? Due);

public sealed partial class MessageLedger
{
    /// <summary>
    /// Leases due packs, oldest first per recipient, that nobody else holds. The lease ends by itself after <paramref name="lease"/>.
    /// </summary>
    /// <param name="owner">The gateway process.</param>
    /// <param name="recipients">Recipients bound to it that have room, each once.</param>
    /// <param name="lease">How long the packs are ours.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is leased then, or the lease runs out.</param>
    public async Task<List<LeasedPack>> LeaseDeliveriesAsync(
        Guid owner,
        IReadOnlyList<DeliveryRoom> recipients,
        TimeSpan lease,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            with due as (
                select d.id from unnest($1::text[], $2::integer[], $3::integer[]) as r (recipient, packs, room)
                cross join lateral (
                    select id, sum(items) over (order by due_at, id) - items as before from (
                        select id, due_at, items from deliveries
                        where recipient = r.recipient and due_at <= now() and expires_at > now()
                        order by due_at limit r.packs for update skip locked
                    ) locked
                ) d
                where d.before < r.room
            )
            update deliveries d set lease_owner = $4, due_at = now() + $5, attempts = attempts + 1
            from due where d.id = due.id
            returning d.id, d.recipient, d.body, d.acknowledged, d.expires_at, d.attempts
            """,
            connection
        );
        command.Parameters.Add(Column(recipients, r => r.Recipient, NpgsqlDbType.Text));
        command.Parameters.Add(Column(recipients, r => r.Packs, NpgsqlDbType.Integer));
        command.Parameters.Add(Column(recipients, r => r.Items, NpgsqlDbType.Integer));
        command.Parameters.Add(Value(owner));
        command.Parameters.Add(Value(lease));
        var packs = new List<LeasedPack>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var items = JsonSerializer.Deserialize(reader.GetFieldValue<byte[]>(2), ContractsJson.Default.ListReceiptDelivery)!;
            var acknowledged = reader.IsDBNull(3) ? new byte[(items.Count + 7) / 8] : reader.GetFieldValue<byte[]>(3);
            packs.Add(
                new LeasedPack(reader.GetInt64(0), reader.GetString(1), items, acknowledged, reader.GetDateTime(4), reader.GetInt16(5))
            );
        }

        return packs;
    }

    /// <summary>
    /// Writes how far packs have come, in one round trip: those with nothing left are removed. A lease that ran out and went to somebody
    /// else in between is left alone.
    /// </summary>
    /// <returns>How many of the leases were still these ones.</returns>
    public async Task<int> SaveDeliveriesAsync(IReadOnlyList<PackProgress> progress, CancellationToken cancellationToken)
    {
        var done = progress.Where(p => p.Left == 0).ToList();
        var open = progress.Where(p => p.Left > 0).ToList();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        if (done.Count > 0)
        {
            var remove = new NpgsqlBatchCommand(
                "delete from deliveries d using unnest($1::bigint[], $2::smallint[]) as i (id, attempts) where d.id = i.id and d.attempts = i.attempts"
            );
            remove.Parameters.Add(Column(done, p => p.Pack.Id, NpgsqlDbType.Bigint));
            remove.Parameters.Add(Column(done, p => p.Pack.Attempts, NpgsqlDbType.Smallint));
            batch.BatchCommands.Add(remove);
        }

        if (open.Count > 0)
        {
            var keep = new NpgsqlBatchCommand(
                """
                update deliveries d
                set items = i.items, acknowledged = i.acknowledged, due_at = coalesce(now() + i.due, d.due_at)
                from unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::bytea[], $5::interval[])
                    as i (id, attempts, items, acknowledged, due)
                where d.id = i.id and d.attempts = i.attempts
                """
            );
            keep.Parameters.Add(Column(open, p => p.Pack.Id, NpgsqlDbType.Bigint));
            keep.Parameters.Add(Column(open, p => p.Pack.Attempts, NpgsqlDbType.Smallint));
            keep.Parameters.Add(Column(open, p => p.Left, NpgsqlDbType.Smallint));
            keep.Parameters.Add(Column(open, p => p.Acknowledged, NpgsqlDbType.Bytea));
            keep.Parameters.Add(Column(open, p => p.Due, NpgsqlDbType.Interval));
            batch.BatchCommands.Add(keep);
        }

        return batch.BatchCommands.Count == 0 ? 0 : await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
