using System.Text.Json;
using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>A final state reached by one part of a message.</summary>
/// <param name="Id">The message.</param>
/// <param name="Part">Which part, from 0.</param>
/// <param name="Parts">How many it has.</param>
/// <param name="State">The part's final state.</param>
/// <param name="Error">The operator's err field or status; null when there is none.</param>
/// <param name="Reason">Why, in words; null when it was delivered.</param>
/// <param name="At">When.</param>
public readonly record struct PartEnd(
    MessageId Id,
    short Part,
    short Parts,
    MessageState State,
    string? Error,
    string? Reason,
    DateTimeOffset At
);

/// <summary>A message that reached its final state in this transaction: everything its receipt needs.</summary>
public sealed record FinishedMessage(
    MessageId Id,
    string Account,
    string? SystemId,
    string? ClientId,
    byte RegisteredDelivery,
    Party Source,
    Party Destination,
    MessageState State,
    string? Error,
    DateTimeOffset AcceptedAt,
    DateTimeOffset DoneAt
);

/// <summary>What a customer is owed, packed: one row of <c>deliveries</c>.</summary>
/// <param name="Recipient">The system_id it is for.</param>
/// <param name="Account">Its account.</param>
/// <param name="Items">The receipts, 1 to 100.</param>
/// <param name="ExpiresAt">When they stop being worth delivering.</param>
public sealed record DeliveryPack(string Recipient, string Account, List<ReceiptDelivery> Items, DateTimeOffset ExpiresAt);

/// <summary>
/// One transaction of the dlr-processor: states, books and what is owed to customers change together or not at all. It is the only
/// place where a message becomes final, so a repeated event finds it final already and owes nothing twice.
/// </summary>
public sealed partial class EventTransaction : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    /// <summary>Books collected by the updates, written with the deliveries in one round trip.</summary>
    private readonly Dictionary<(string Account, MessageState State), int> entries = [];

    private EventTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        this.connection = connection;
        this.transaction = transaction;
    }

    internal static async Task<EventTransaction> BeginAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        return new EventTransaction(connection, await connection.BeginTransactionAsync(cancellationToken));
    }

    /// <summary>
    /// Ends parts, and with them messages, and moves others on to submitted or uncertain. A message of one part ends at once, a longer one
    /// with its last part (delivered when all parts were, else the state of the part that failed). Messages that are final already stay as
    /// they are, except that a delivery after expiry corrects the state without a second receipt; those further on than submitted stay too.
    /// Called once: two transactions that each lock their messages in order, but twice, could wait for each other.
    /// </summary>
    /// <returns>The messages that became final here and whose receipt is still owed.</returns>
    public async Task<List<FinishedMessage>> ApplyAsync(
        IReadOnlyList<PartEnd> ends,
        IReadOnlyList<PartSubmitted> submitted,
        CancellationToken cancellationToken
    )
    {
        var changes = new Dictionary<MessageId, PartEnd>(ends.Count + submitted.Count);
        List<PartEnd>? ofLong = null;
        foreach (var end in ends)
        {
            if (end.Parts > 1)
            {
                (ofLong ??= []).Add(end);
            }
            else
            {
                changes.TryAdd(end.Id, end);
            }
        }

        if (ofLong is not null)
        {
            await LockAsync(changes.Keys.Concat(ofLong.Select(end => end.Id)).Concat(submitted.Select(part => part.Id)), cancellationToken);
            await EndPartsAsync(ofLong, changes, cancellationToken);
        }

        // What ends in this batch need not pass through submitted first; where a message's parts differ, submitted counts.
        foreach (var part in submitted)
        {
            var state = part.Uncertain ? MessageState.Uncertain : MessageState.Submitted;
            if (!changes.TryGetValue(part.Id, out var change) || (change.State == MessageState.Uncertain && !part.Uncertain))
            {
                changes[part.Id] = new PartEnd(part.Id, 0, 1, state, null, null, part.At);
            }
        }

        return changes.Count == 0 ? [] : await ChangeAsync(changes.Values.OrderBy(change => change.Id.Value).ToList(), cancellationToken);
    }

    /// <summary>Those of the messages that are open and whose customers asked to be told of their progress (registered_delivery bit 4).</summary>
    public async Task<List<FinishedMessage>> ReadFollowedAsync(IReadOnlyList<MessageId> ids, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            select m.id, m.account, m.system_id, m.client_id, m.registered_delivery, m.source_ton, m.source_npi, m.source,
                m.destination_ton, m.destination_npi, m.destination, m.state, m.previous_state, m.error_code, m.accepted_at, now()
            from messages m
            where m.id = any ($1) and m.state < 10 and m.registered_delivery & 16 <> 0 and m.system_id is not null
            """
        );
        command.Parameters.Add(MessageLedger.Column(ids, id => id.Value, NpgsqlDbType.Uuid));
        var followed = new List<FinishedMessage>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            followed.Add(ReadFinished(reader));
        }

        return followed;
    }

    /// <summary>Writes what customers are owed and the books, then commits.</summary>
    public async Task CommitAsync(IReadOnlyList<DeliveryPack> deliveries, CancellationToken cancellationToken)
    {
        await using (var batch = new NpgsqlBatch(connection, transaction))
        {
            if (deliveries.Count > 0)
            {
                batch.BatchCommands.Add(InsertDeliveries(deliveries));
            }

            var moved = entries.Where(entry => entry.Value != 0).ToList();
            if (moved.Count > 0)
            {
                var insert = new NpgsqlBatchCommand(
                    "insert into ledger_entries (account, state, delta) select * from unnest($1::text[], $2::smallint[], $3::integer[])"
                );
                insert.Parameters.Add(MessageLedger.Column(moved, e => e.Key.Account, NpgsqlDbType.Text));
                insert.Parameters.Add(MessageLedger.Column(moved, e => (short)e.Key.State, NpgsqlDbType.Smallint));
                insert.Parameters.Add(MessageLedger.Column(moved, e => e.Value, NpgsqlDbType.Integer));
                batch.BatchCommands.Add(insert);
            }

            if (rescues.Count > 0)
            {
                batch.BatchCommands.Add(CountRescues());
            }

            if (batch.BatchCommands.Count > 0)
            {
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Rolls back what was not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    private static NpgsqlBatchCommand InsertDeliveries(IReadOnlyList<DeliveryPack> deliveries)
    {
        var insert = new NpgsqlBatchCommand(
            """
            insert into deliveries (recipient, account, items, expires_at, body)
            select * from unnest($1::text[], $2::text[], $3::smallint[], $4::timestamptz[], $5::bytea[])
            """
        );
        insert.Parameters.Add(MessageLedger.Column(deliveries, d => d.Recipient, NpgsqlDbType.Text));
        insert.Parameters.Add(MessageLedger.Column(deliveries, d => d.Account, NpgsqlDbType.Text));
        insert.Parameters.Add(MessageLedger.Column(deliveries, d => (short)d.Items.Count, NpgsqlDbType.Smallint));
        insert.Parameters.Add(MessageLedger.Column(deliveries, d => d.ExpiresAt.UtcDateTime, NpgsqlDbType.TimestampTz));
        insert.Parameters.Add(
            MessageLedger.Column(
                deliveries,
                d => JsonSerializer.SerializeToUtf8Bytes(d.Items, ContractsJson.Default.ListReceiptDelivery),
                NpgsqlDbType.Bytea
            )
        );
        return insert;
    }

    /// <summary>
    /// Locks messages in the order of their ids: of transactions that end different parts of one message, the second sees what the first
    /// marked. Costs as much as the change itself, so only batches with long messages do it.
    /// </summary>
    private async Task LockAsync(IEnumerable<MessageId> ids, CancellationToken cancellationToken)
    {
        // Not "for update": a claim's key-share lock is no business of a change of state.
        await using var command = Command("select from messages where id = any ($1) order by id for no key update");
        command.Parameters.Add(MessageLedger.Array(ids.Select(id => id.Value).Distinct().ToArray(), NpgsqlDbType.Uuid));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Marks parts of messages that are locked, then adds the messages whose parts have all ended to <paramref name="messages"/>.</summary>
    private async Task EndPartsAsync(List<PartEnd> ends, Dictionary<MessageId, PartEnd> messages, CancellationToken cancellationToken)
    {
        ends.Sort((a, b) => (a.Id.Value, a.Part).CompareTo((b.Id.Value, b.Part)));
        await using (
            var mark = Command(
                """
                update submissions s
                set receipt_state = i.state, receipt_at = i.at, receipt_error = i.error, receipt_reason = i.reason
                from unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::timestamptz[], $5::text[], $6::text[])
                    as i (id, part, state, at, error, reason)
                where s.message_id = i.id and s.part = i.part
                    and (s.receipt_state is null or s.receipt_state = 13 and i.state = 10)
                """
            )
        )
        {
            mark.Parameters.Add(MessageLedger.Column(ends, e => e.Id.Value, NpgsqlDbType.Uuid));
            mark.Parameters.Add(MessageLedger.Column(ends, e => e.Part, NpgsqlDbType.Smallint));
            mark.Parameters.Add(MessageLedger.Column(ends, e => (short)e.State, NpgsqlDbType.Smallint));
            mark.Parameters.Add(MessageLedger.Column(ends, e => e.At.UtcDateTime, NpgsqlDbType.TimestampTz));
            mark.Parameters.Add(MessageLedger.Column(ends, e => e.Error, NpgsqlDbType.Text));
            mark.Parameters.Add(MessageLedger.Column(ends, e => e.Reason, NpgsqlDbType.Text));
            await mark.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var ended = Command(
            """
            select s.message_id, i.parts, max(s.receipt_state), max(s.receipt_at),
                max(s.receipt_error) filter (where s.receipt_state > 10), max(s.receipt_reason) filter (where s.receipt_state > 10)
            from unnest($1::uuid[], $2::smallint[]) as i (id, parts) join submissions s on s.message_id = i.id
            where s.receipt_state is not null
            group by s.message_id, i.parts
            having count(distinct s.part) = i.parts
            """
        );
        var distinct = ends.DistinctBy(e => e.Id).ToList();
        ended.Parameters.Add(MessageLedger.Column(distinct, e => e.Id.Value, NpgsqlDbType.Uuid));
        ended.Parameters.Add(MessageLedger.Column(distinct, e => e.Parts, NpgsqlDbType.Smallint));
        await using var reader = await ended.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = new MessageId(reader.GetGuid(0));
            var parts = reader.GetInt16(1);
            var error = reader.IsDBNull(4) ? null : reader.GetString(4);
            var reason = reader.IsDBNull(5) ? null : reader.GetString(5);
            messages[id] = new PartEnd(id, 0, parts, (MessageState)reader.GetInt16(2), error, reason, reader.GetDateTime(3));
        }
    }

    /// <summary>Changes the states of messages, in the order given: that of their ids.</summary>
    private async Task<List<FinishedMessage>> ChangeAsync(List<PartEnd> changes, CancellationToken cancellationToken)
    {
        // States from 10 on are final. 4 = submitted, 5 = uncertain, 10 = delivered, 13 = expired.
        await using var command = Command(
            """
            update messages m
            set previous_state = m.state, state = i.state, done_at = i.done_at,
                error_code = case when i.state < 10 then m.error_code else i.error end,
                reason = case when i.state < 10 then m.reason else i.reason end
            from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::timestamptz[]) as i (id, state, error, reason, done_at)
            where m.id = i.id and (m.state < 10 and m.state <> i.state and not (m.state = 4 and i.state = 5) or m.state = 13 and i.state = 10)
            returning m.id, m.account, m.system_id, m.client_id, m.registered_delivery, m.source_ton, m.source_npi, m.source,
                m.destination_ton, m.destination_npi, m.destination, m.state, m.previous_state, m.error_code, m.accepted_at, m.done_at
            """
        );
        command.Parameters.Add(MessageLedger.Column(changes, c => c.Id.Value, NpgsqlDbType.Uuid));
        command.Parameters.Add(MessageLedger.Column(changes, c => (short)c.State, NpgsqlDbType.Smallint));
        command.Parameters.Add(MessageLedger.Column(changes, c => c.Error, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(changes, c => c.Reason, NpgsqlDbType.Text));
        command.Parameters.Add(
            MessageLedger.Column(changes, c => c.State.IsFinal() ? c.At.UtcDateTime : (DateTime?)null, NpgsqlDbType.TimestampTz)
        );
        var finished = new List<FinishedMessage>(changes.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var previous = (MessageState)reader.GetInt16(12);
            var state = (MessageState)reader.GetInt16(11);
            Move(reader.GetString(1), previous, state);
            if (state.IsFinal() && !previous.IsFinal())
            {
                finished.Add(ReadFinished(reader));
            }
        }

        return finished;
    }

    private static FinishedMessage ReadFinished(NpgsqlDataReader reader) =>
        new(
            new MessageId(reader.GetGuid(0)),
            reader.GetString(1),
            reader.IsDBNull(2) ? null : reader.GetString(2),
            reader.IsDBNull(3) ? null : reader.GetString(3),
            (byte)reader.GetInt16(4),
            new Party((byte)reader.GetInt16(5), (byte)reader.GetInt16(6), reader.GetString(7)),
            new Party((byte)reader.GetInt16(8), (byte)reader.GetInt16(9), reader.GetString(10)),
            (MessageState)reader.GetInt16(11),
            reader.IsDBNull(13) ? null : reader.GetString(13),
            reader.GetDateTime(14),
            reader.GetDateTime(15)
        );

    private void Move(string account, MessageState from, MessageState to)
    {
        Add((account, from), -1);
        Add((account, to), 1);

        void Add((string, MessageState) key, int delta) => entries[key] = entries.GetValueOrDefault(key) + delta;
    }

    private NpgsqlCommand Command(string sql) => new(sql, connection, transaction);
}
