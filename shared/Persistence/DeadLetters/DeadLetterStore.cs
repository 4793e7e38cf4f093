using System.Text.Json;
using Contracts;
using Npgsql;
using NpgsqlTypes;
using Persistence.Ledger;

namespace Persistence.DeadLetters;

/// <summary>
/// Table <c>dead_letters</c>: what failed too often on any queue, over any adapter. Keeping is idempotent; what a person decides is
/// written with its audit entry in one transaction.
/// </summary>
public sealed class DeadLetterStore(NpgsqlDataSource source)
{
    private const string Names =
        "id, queue, envelope_id, position, items, failures, kind, state, item_id, boot_id, sent_at, dead_at, first_seen, changed_at, account, reason";
    private const string Columns = $"{Names}, octet_length(body), body";

    // $1 to $4 of every statement with it.
    private const string Wanted = """
        queue = $1 and ($2::text is null or account = $2) and ($3::text is null or strpos(lower(reason), lower($3)) > 0)
        and ($4::bigint[] is null or id = any ($4))
        """;

    /// <summary>
    /// Keeps letters; one that is kept already is left as it is. An account that a letter does not tell is that of its message in the
    /// ledger. U+0000, which no text column takes, becomes a blank.
    /// </summary>
    /// <returns>How many were new.</returns>
    public async Task<int> KeepAsync(IReadOnlyList<NewDeadLetter> letters, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            insert into dead_letters (queue, envelope_id, position, items, failures, kind, item_id, boot_id, sent_at, dead_at, account, reason, body)
            select t.queue, t.envelope_id, t.position, t.items, t.failures, t.kind, t.item_id, t.boot_id, t.sent_at, t.dead_at,
                coalesce(t.account, m.account), t.reason, t.body
            from unnest($1::text[], $2::uuid[], $3::int[], $4::int[], $5::int[], $6::smallint[], $7::uuid[], $8::uuid[], $9::timestamptz[],
                $10::timestamptz[], $11::text[], $12::text[], $13::bytea[]) with ordinality
            as t (queue, envelope_id, position, items, failures, kind, item_id, boot_id, sent_at, dead_at, account, reason, body, ord)
            left join messages m on m.id = t.item_id
            order by t.ord
            on conflict do nothing
            """
        );
        var parameters = command.Parameters;
        parameters.Add(MessageLedger.Column(letters, l => l.Queue, NpgsqlDbType.Text));
        parameters.Add(MessageLedger.Column(letters, l => l.EnvelopeId, NpgsqlDbType.Uuid));
        parameters.Add(MessageLedger.Column(letters, l => l.Position, NpgsqlDbType.Integer));
        parameters.Add(MessageLedger.Column(letters, l => l.Items, NpgsqlDbType.Integer));
        parameters.Add(MessageLedger.Column(letters, l => l.Failures, NpgsqlDbType.Integer));
        parameters.Add(MessageLedger.Column(letters, l => l.Kind, NpgsqlDbType.Smallint));
        parameters.Add(MessageLedger.Column(letters, l => l.ItemId, NpgsqlDbType.Uuid));
        parameters.Add(MessageLedger.Column(letters, l => l.BootId, NpgsqlDbType.Uuid));
        parameters.Add(MessageLedger.Column(letters, l => l.SentAt?.ToUniversalTime(), NpgsqlDbType.TimestampTz));
        parameters.Add(MessageLedger.Column(letters, l => l.DeadAt.ToUniversalTime(), NpgsqlDbType.TimestampTz));
        parameters.Add(MessageLedger.Column(letters, l => l.Account?.Replace('\0', ' '), NpgsqlDbType.Text));
        parameters.Add(MessageLedger.Column(letters, l => l.Reason.Replace('\0', ' '), NpgsqlDbType.Text));
        parameters.Add(MessageLedger.Column(letters, l => l.Body, NpgsqlDbType.Bytea));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Letters in a state, oldest first, from behind <paramref name="after"/>; without their bodies, which may be long.</summary>
    public async Task<List<DeadLetterRow>> ListAsync(
        DeadLetterFilter filter,
        DeadLetterState state,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            $"select {Names}, octet_length(body), ''::bytea from dead_letters where {Wanted} and state = $5 and id > $6 order by id limit $7"
        );
        AddFilter(command.Parameters, filter);
        command.Parameters.Add(MessageLedger.Value((short)state));
        command.Parameters.Add(MessageLedger.Value(after));
        command.Parameters.Add(MessageLedger.Value(limit));
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>One letter in any state; null when there is none of that number on that queue.</summary>
    public async Task<DeadLetterRow?> FindAsync(string queue, long id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"select {Columns} from dead_letters where queue = $1 and id = $2");
        command.Parameters.Add(MessageLedger.Value(queue));
        command.Parameters.Add(MessageLedger.Value(id));
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The messages that wait, by queue; queues without any are left out.</summary>
    public async Task<Dictionary<string, long>> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("select queue, sum(items)::bigint from dead_letters where state = 0 group by queue");
        return await ReadCountsAsync(command, cancellationToken);
    }

    /// <summary>
    /// The messages that were accepted and are not in the ledger because they are dead letters of <c>submit</c>, waiting or purged, by
    /// account; under "" those whose account cannot be read.
    /// </summary>
    public async Task<Dictionary<string, long>> CountUnrecordedAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            select coalesce(account, ''), sum(items)::bigint from dead_letters d
            where queue = $1 and state in (0, 2) and not exists (select from messages m where m.id = d.item_id)
            group by 1
            """
        );
        command.Parameters.Add(MessageLedger.Value(QueueNames.Submit));
        return await ReadCountsAsync(command, cancellationToken);
    }

    /// <summary>
    /// Takes the oldest waiting letters, has them sent, and marks those that were confirmed. Rows that another replay has in hand are passed
    /// over. A crash between sending and marking leaves them waiting: another replay sends them a second time.
    /// </summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="actor">Who wants it, for the audit log.</param>
    /// <param name="send">Sends them; returns the numbers of those that were confirmed.</param>
    /// <param name="cancellationToken">Gives up; what was confirmed until then may be sent again.</param>
    /// <returns>How many were found, and how many of them replayed.</returns>
    public async Task<(int Found, int Replayed)> ReplayAsync(
        DeadLetterFilter filter,
        int limit,
        string actor,
        Func<IReadOnlyList<DeadLetterRow>, CancellationToken, Task<IReadOnlyList<long>>> send,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var rows = await TakeAsync(connection, filter, limit, cancellationToken);
        if (rows.Count == 0)
        {
            return (0, 0);
        }

        var sent = await send(rows, cancellationToken);
        await using var mark = new NpgsqlCommand("update dead_letters set state = 1, changed_at = now() where id = any ($1)", connection);
        mark.Parameters.Add(MessageLedger.Array(sent.ToArray(), NpgsqlDbType.Bigint));
        await mark.ExecuteNonQueryAsync(cancellationToken);
        await AuditAsync(connection, actor, "replayed", filter, sent.Count, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (rows.Count, sent.Count);
    }

    /// <summary>Takes the oldest waiting letters and gives them up.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="actor">Who wants it, for the audit log.</param>
    /// <param name="end">Ends their messages where they have to; returns the numbers of those that stay without an end and are to explain the books.</param>
    /// <param name="cancellationToken">Gives up; nothing is purged then.</param>
    /// <returns>How many were purged.</returns>
    public async Task<int> PurgeAsync(
        DeadLetterFilter filter,
        int limit,
        string actor,
        Func<IReadOnlyList<DeadLetterRow>, CancellationToken, Task<IReadOnlyList<long>>> end,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var rows = await TakeAsync(connection, filter, limit, cancellationToken);
        if (rows.Count == 0)
        {
            return 0;
        }

        var kept = await end(rows, cancellationToken);
        await using var purge = new NpgsqlBatch(connection);
        purge.BatchCommands.Add(
            new NpgsqlBatchCommand("update dead_letters set state = 2, body = '', changed_at = now() where id = any ($1)")
        );
        purge.BatchCommands[0].Parameters.Add(MessageLedger.Array(kept.ToArray(), NpgsqlDbType.Bigint));
        purge.BatchCommands.Add(new NpgsqlBatchCommand("delete from dead_letters where id = any ($1)"));
        purge.BatchCommands[1].Parameters.Add(MessageLedger.Array(rows.Select(row => row.Id).Except(kept).ToArray(), NpgsqlDbType.Bigint));
        await purge.ExecuteNonQueryAsync(cancellationToken);
        await AuditAsync(connection, actor, "purged", filter, rows.Count, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return rows.Count;
    }

    /// <summary>Forgets what was replayed longer ago.</summary>
    public async Task ForgetReplayedAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("delete from dead_letters where state = 1 and changed_at < now() - $1");
        command.Parameters.Add(MessageLedger.Value(age));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<DeadLetterRow>> TakeAsync(
        NpgsqlConnection connection,
        DeadLetterFilter filter,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            $"select {Columns} from dead_letters where {Wanted} and state = 0 order by id limit $5 for update skip locked",
            connection
        );
        AddFilter(command.Parameters, filter);
        command.Parameters.Add(MessageLedger.Value(limit));
        return await ReadAsync(command, cancellationToken);
    }

    private static async Task AuditAsync(
        NpgsqlConnection connection,
        string actor,
        string action,
        DeadLetterFilter filter,
        int count,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            insert into audit_log (at, actor, action, entity, entity_id, after)
            values (now(), $1, $2, 'dead-letters', $3, jsonb_build_object('letters', $4::int) || jsonb_strip_nulls($5::jsonb))
            """,
            connection
        );
        command.Parameters.Add(MessageLedger.Value(actor));
        command.Parameters.Add(MessageLedger.Value(action));
        command.Parameters.Add(MessageLedger.Value(filter.Queue));
        command.Parameters.Add(MessageLedger.Value(count));
        command.Parameters.Add(
            MessageLedger.Value(
                JsonSerializer.Serialize(
                    new
                    {
                        account = filter.Account,
                        reason = filter.Reason,
                        ids = filter.Ids,
                    }
                )
            )
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddFilter(NpgsqlParameterCollection parameters, DeadLetterFilter filter)
    {
        parameters.Add(MessageLedger.Value(filter.Queue));
        parameters.Add(new NpgsqlParameter { Value = (object?)filter.Account ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        parameters.Add(new NpgsqlParameter { Value = (object?)filter.Reason ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        parameters.Add(
            new NpgsqlParameter
            {
                Value = filter.Ids is { } ids ? ids.ToArray() : DBNull.Value,
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
            }
        );
    }

    private static async Task<List<DeadLetterRow>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var rows = new List<DeadLetterRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new DeadLetterRow
                {
                    Id = reader.GetInt64(0),
                    Queue = reader.GetString(1),
                    EnvelopeId = reader.GetGuid(2),
                    Position = reader.GetInt32(3),
                    Items = reader.GetInt32(4),
                    Failures = reader.GetInt32(5),
                    Kind = reader.GetInt16(6),
                    State = (DeadLetterState)reader.GetInt16(7),
                    ItemId = reader.IsDBNull(8) ? null : reader.GetGuid(8),
                    BootId = reader.IsDBNull(9) ? null : reader.GetGuid(9),
                    SentAt = reader.IsDBNull(10) ? null : reader.GetDateTime(10),
                    DeadAt = reader.GetDateTime(11),
                    FirstSeen = reader.GetDateTime(12),
                    ChangedAt = reader.IsDBNull(13) ? null : reader.GetDateTime(13),
                    Account = reader.IsDBNull(14) ? null : reader.GetString(14),
                    Reason = reader.GetString(15),
                    Bytes = reader.GetInt32(16),
                    Body = reader.GetFieldValue<byte[]>(17),
                }
            );
        }

        return rows;
    }

    private static async Task<Dictionary<string, long>> ReadCountsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counts[reader.GetString(0)] = reader.GetInt64(1);
        }

        return counts;
    }
}
