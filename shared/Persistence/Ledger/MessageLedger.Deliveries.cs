using System.Text.Json;
using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>A leased pack of what a customer is owed.</summary>
/// <param name="Id">The row.</param>
/// <param name="Recipient">The system_id it is for.</param>
/// <param name="Items">What is left of it.</param>
/// <param name="ExpiresAt">When it stops being worth delivering.</param>
/// <param name="Attempts">How often it was leased, this time included: with <paramref name="Id"/> it names this lease.</param>
public sealed record LeasedPack(long Id, string Recipient, List<ReceiptDelivery> Items, DateTimeOffset ExpiresAt, short Attempts);

public sealed partial class MessageLedger
{
    /// <summary>
    /// Leases due packs, oldest first per recipient, that nobody else holds. The lease ends by itself after <paramref name="lease"/>.
    /// </summary>
    /// <param name="owner">The gateway process.</param>
    /// <param name="recipients">Recipients bound to it that have room, with the number of packs each has room for.</param>
    /// <param name="lease">How long the packs are ours.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is leased then, or the lease runs out.</param>
    public async Task<List<LeasedPack>> LeaseDeliveriesAsync(
        Guid owner,
        IReadOnlyList<KeyValuePair<string, int>> recipients,
        TimeSpan lease,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            with due as (
                select d.id from unnest($1::text[], $2::integer[]) as r (recipient, room)
                cross join lateral (
                    select id from deliveries
                    where recipient = r.recipient and due_at <= now() and expires_at > now()
                    order by due_at limit r.room for update skip locked
                ) d
            )
            update deliveries d set lease_owner = $3, due_at = now() + $4, attempts = attempts + 1
            from due where d.id = due.id
            returning d.id, d.recipient, d.body, d.expires_at, d.attempts
            """,
            connection
        );
        command.Parameters.Add(Column(recipients, r => r.Key, NpgsqlDbType.Text));
        command.Parameters.Add(Column(recipients, r => r.Value, NpgsqlDbType.Integer));
        command.Parameters.Add(Value(owner));
        command.Parameters.Add(Value(lease));
        var packs = new List<LeasedPack>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var items = JsonSerializer.Deserialize(reader.GetFieldValue<byte[]>(2), ContractsJson.Default.ListReceiptDelivery)!;
            packs.Add(new LeasedPack(reader.GetInt64(0), reader.GetString(1), items, reader.GetDateTime(3), reader.GetInt16(4)));
        }

        return packs;
    }

    /// <summary>Removes packs whose every item the customer acknowledged.</summary>
    public async Task CompleteDeliveriesAsync(IReadOnlyList<LeasedPack> packs, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "delete from deliveries d using unnest($1::bigint[], $2::smallint[]) as i (id, attempts) where d.id = i.id and d.attempts = i.attempts",
            connection
        );
        command.Parameters.Add(Column(packs, p => p.Id, NpgsqlDbType.Bigint));
        command.Parameters.Add(Column(packs, p => p.Attempts, NpgsqlDbType.Smallint));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Writes back what is left of a pack: after <paramref name="due"/> it may be leased again, by anyone. A lease that ran out in
    /// between and went to somebody else is left alone.
    /// </summary>
    /// <returns>False when the lease was no longer this one.</returns>
    public async Task<bool> KeepDeliveryAsync(
        LeasedPack pack,
        IReadOnlyCollection<ReceiptDelivery> left,
        TimeSpan due,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "update deliveries set items = $3, body = $4, due_at = now() + $5 where id = $1 and attempts = $2",
            connection
        );
        command.Parameters.Add(Value(pack.Id));
        command.Parameters.Add(Value(pack.Attempts));
        command.Parameters.Add(Value((short)left.Count));
        command.Parameters.Add(Value(JsonSerializer.SerializeToUtf8Bytes([.. left], ContractsJson.Default.ListReceiptDelivery)));
        command.Parameters.Add(Value(due));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
