using Contracts;
using Npgsql;

namespace Persistence.Ledger;

/// <summary>What a replacement has to know of the message it changes.</summary>
/// <param name="EsmClass">Its esm_class, which stays.</param>
/// <param name="DataCoding">Its data_coding, which stays.</param>
/// <param name="ValidUntil">When it stops being worth sending.</param>
/// <param name="ScheduledAt">When it is to be sent; null: at once.</param>
public readonly record struct ReplaceableMessage(byte EsmClass, byte DataCoding, DateTimeOffset ValidUntil, DateTimeOffset? ScheduledAt);

/// <summary>What a message is to be from now on.</summary>
/// <param name="Content">The octets of short_message or message_payload.</param>
/// <param name="IsPayload">True when they came as message_payload.</param>
/// <param name="Parts">Segments it takes on the air.</param>
/// <param name="RegisteredDelivery">SMPP registered_delivery.</param>
/// <param name="ValidUntil">When it stops being worth sending.</param>
/// <param name="ScheduledAt">When it is to be sent; null keeps what it has.</param>
public sealed record Replacement(
    ReadOnlyMemory<byte> Content,
    bool IsPayload,
    int Parts,
    byte RegisteredDelivery,
    DateTimeOffset ValidUntil,
    DateTimeOffset? ScheduledAt
);

public sealed partial class MessageLedger
{
    // What is on its way gets a new generation, so that the copies with the old text lose the claim, and a row by which the router
    // dispatches the new one. $7: the new time, or null.
    private const string ReplaceSql = $"""
        with replaced as (
            update messages m
            set content = $2, is_payload = $3, parts = $4, registered_delivery = $5, valid_until = $6,
                previous_state = m.state, state = case when $7::timestamptz is null then m.state else 1 end,
                generation = m.generation + 1, redriven_at = now()
            where m.id = $1 and m.state in (1, 3) and not {Cancelled}
                and not exists (select from submissions s where s.message_id = m.id)
            returning m.id, m.account, m.state, m.previous_state
        ), due as (
            insert into scheduled_work as w (message_id, kind, due_at)
            select id, case when state = 1 then 2 else 1 end, coalesce($7, now()) from replaced where state = 3 or $7 is not null
            on conflict (message_id, kind) do update set due_at = excluded.due_at
        ), booked as (
            insert into ledger_entries (account, state, delta)
            select r.account, move.state, move.delta
            from replaced r cross join lateral (values (r.previous_state, -1), (r.state, 1)) as move (state, delta)
            where r.previous_state <> r.state
        )
        select count(*) from replaced
        """;

    /// <summary>
    /// Replaces messages of which nothing was ever claimed, all that the key names or none: the customer may be sure that only the new text
    /// goes out, or that nothing was changed.
    /// </summary>
    /// <param name="key">Which.</param>
    /// <param name="change">The new form of a message; null refuses.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<ChangeResult> ReplaceAsync(
        CustomerKey key,
        Func<ReplaceableMessage, Replacement?> change,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockAsync(connection, key, cancellationToken);
        var meant = locked.FindAll(row => row.Source == key.Source);
        if (meant.Count == 0)
        {
            return locked.Count == 0 ? ChangeResult.NotFound : ChangeResult.OtherSource;
        }

        foreach (var row in meant)
        {
            var scheduledAt = row.State == MessageState.Scheduled ? row.ScheduledAt : null;
            if (change(new ReplaceableMessage(row.EsmClass, row.DataCoding, row.ValidUntil, scheduledAt)) is not { } replacement)
            {
                return ChangeResult.Refused;
            }

            await using var command = new NpgsqlCommand(ReplaceSql, connection);
            command.Parameters.Add(Value(row.Id.Value));
            command.Parameters.Add(Value(replacement.Content));
            command.Parameters.Add(Value(replacement.IsPayload));
            command.Parameters.Add(Value((short)replacement.Parts));
            command.Parameters.Add(Value((short)replacement.RegisteredDelivery));
            command.Parameters.Add(Value(replacement.ValidUntil.UtcDateTime));
            command.Parameters.Add(Value(replacement.ScheduledAt?.UtcDateTime));
            if ((long)(await command.ExecuteScalarAsync(cancellationToken))! == 0)
            {
                return ChangeResult.TooLate;
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return ChangeResult.Done;
    }
}
