using System.Text;
using Contracts;
using Npgsql;

namespace Persistence.Ledger;

/// <summary>One try of one part.</summary>
public sealed record SubmissionRow(
    short Part,
    short Generation,
    short Attempt,
    string Connector,
    short Slot,
    DateTimeOffset ClaimedAt,
    DateTimeOffset? AnsweredAt,
    SubmitOutcome? Outcome,
    uint? Status,
    string? OperatorId,
    MessageState? ReceiptState,
    DateTimeOffset? ReceiptAt,
    string? ReceiptError
);

/// <summary>A message as the ledger has it.</summary>
public sealed record MessageRow(
    MessageId Id,
    string Account,
    Origin Origin,
    string? SystemId,
    string? ClientId,
    string? Reference,
    Party Source,
    Party Destination,
    MessageState State,
    short Parts,
    byte EsmClass,
    byte DataCoding,
    byte RegisteredDelivery,
    string? Connector,
    string? Route,
    string? Reason,
    string? ErrorCode,
    DateTimeOffset AcceptedAt,
    DateTimeOffset RecordedAt,
    DateTimeOffset ValidUntil,
    DateTimeOffset? DoneAt,
    byte[] Content
);

/// <summary>A part whose answer from the operator was lost at least once.</summary>
/// <param name="Id">The message.</param>
/// <param name="Part">The part, from 0.</param>
/// <param name="Connector">The connector of its last try.</param>
/// <param name="Attempts">Claims made for it.</param>
/// <param name="LostAnswers">Those of them without an answer, or with one that came after it was sent again.</param>
/// <param name="State">The message's state.</param>
public sealed record UncertainSubmit(MessageId Id, short Part, string Connector, int Attempts, int LostAnswers, MessageState State);

/// <summary>Which messages a search wants; what is null does not matter.</summary>
public sealed record MessageSearch
{
    /// <summary>Only this account's.</summary>
    public string? Account { get; init; }

    /// <summary>Only to this destination.</summary>
    public string? Destination { get; init; }

    /// <summary>Only from this source.</summary>
    public string? Source { get; init; }

    /// <summary>Only with this customer's reference.</summary>
    public string? Reference { get; init; }

    /// <summary>Only in this state.</summary>
    public MessageState? State { get; init; }

    /// <summary>Older than this message: the last one of the page before.</summary>
    public MessageId? After { get; init; }

    /// <summary>How many at most, 1-1000.</summary>
    public int Limit { get; init; } = 50;
}

public sealed partial class MessageLedger
{
    private const string MessageColumns = """
        select id, account, origin, system_id, client_id, reference, source_ton, source_npi, source, destination_ton, destination_npi,
            destination, state, parts, esm_class, data_coding, registered_delivery, connector, route, reason, error_code, accepted_at,
            recorded_at, valid_until, done_at, content
        from messages
        """;

    /// <summary>Finds one message; null when the ledger does not have it (yet).</summary>
    public async Task<MessageRow?> FindAsync(MessageId id, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"{MessageColumns} where id = $1", connection);
        command.Parameters.Add(Value(id.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadMessage(reader) : null;
    }

    /// <summary>Finds messages, newest first.</summary>
    public async Task<List<MessageRow>> SearchAsync(MessageSearch search, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand { Connection = connection };
        var sql = new StringBuilder(MessageColumns).Append(" where true");
        Where("account = ", search.Account);
        Where("destination = ", search.Destination);
        Where("source = ", search.Source);
        Where("reference = ", search.Reference);
        Where("state = ", (short?)search.State);
        Where("id < ", search.After?.Value);
        command.Parameters.Add(Value(search.Limit));
        sql.Append(" order by id desc limit $").Append(command.Parameters.Count);
        command.CommandText = sql.ToString();

        var messages = new List<MessageRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            messages.Add(ReadMessage(reader));
        }

        return messages;

        void Where<T>(string condition, T? value)
        {
            if (value is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
                sql.Append(" and ").Append(condition).Append('$').Append(command.Parameters.Count);
            }
        }
    }

    /// <summary>Every try of every part of a message, in order.</summary>
    public async Task<List<SubmissionRow>> ReadSubmissionsAsync(MessageId id, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select part, generation, attempt, connector, slot, claimed_at, answered_at, outcome, status, operator_id,
                receipt_state, receipt_at, receipt_error
            from submissions where message_id = $1 order by part, generation, attempt
            """,
            connection
        );
        command.Parameters.Add(Value(id.Value));
        var rows = new List<SubmissionRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new SubmissionRow(
                    reader.GetInt16(0),
                    reader.GetInt16(1),
                    reader.GetInt16(2),
                    reader.GetString(3),
                    reader.GetInt16(4),
                    reader.GetDateTime(5),
                    Time(reader, 6),
                    reader.IsDBNull(7) ? null : (SubmitOutcome)reader.GetInt16(7),
                    reader.IsDBNull(8) ? null : (uint)reader.GetInt64(8),
                    Text(reader, 9),
                    reader.IsDBNull(10) ? null : (MessageState)reader.GetInt16(10),
                    Time(reader, 11),
                    Text(reader, 12)
                )
            );
        }

        return rows;
    }

    /// <summary>
    /// Parts whose answer was lost and which were sent again, or wait uncertain: whatever reached an operator twice is among them.
    /// Claims that are merely on the wire are not.
    /// </summary>
    /// <param name="after">The last part of the page before; null for the first page.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<List<UncertainSubmit>> ReadUncertainAsync(
        (MessageId Id, short Part)? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select s.message_id, s.part, max(s.connector), count(*)::integer,
                (count(*) filter (where s.outcome is null or s.outcome = 4) + greatest(0, count(*) filter (where s.outcome = 1) - 1))::integer,
                m.state
            from submissions s join messages m on m.id = s.message_id
            where (s.message_id, s.part) > ($1, $3)
            group by s.message_id, s.part, m.state
            -- Accepted twice: the first answer was taken for lost and came after all, from a process that had been frozen, say.
            having count(*) filter (where s.outcome = 1) > 1
                or count(*) filter (where s.outcome is null or s.outcome = 4) > 0
                    and (count(*) > 1 or bool_or(s.outcome = 4) or m.state = 5)
            order by s.message_id, s.part limit $2
            """,
            connection
        );
        command.Parameters.Add(Value(after?.Id.Value ?? Guid.Empty));
        command.Parameters.Add(Value(limit));
        command.Parameters.Add(Value(after?.Part ?? 0));
        var rows = new List<UncertainSubmit>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new UncertainSubmit(
                    new MessageId(reader.GetGuid(0)),
                    reader.GetInt16(1),
                    reader.GetString(2),
                    reader.GetInt32(3),
                    reader.GetInt32(4),
                    (MessageState)reader.GetInt16(5)
                )
            );
        }

        return rows;
    }

    private static MessageRow ReadMessage(NpgsqlDataReader reader) =>
        new(
            new MessageId(reader.GetGuid(0)),
            reader.GetString(1),
            (Origin)reader.GetInt16(2),
            Text(reader, 3),
            Text(reader, 4),
            Text(reader, 5),
            new Party((byte)reader.GetInt16(6), (byte)reader.GetInt16(7), reader.GetString(8)),
            new Party((byte)reader.GetInt16(9), (byte)reader.GetInt16(10), reader.GetString(11)),
            (MessageState)reader.GetInt16(12),
            reader.GetInt16(13),
            (byte)reader.GetInt16(14),
            (byte)reader.GetInt16(15),
            (byte)reader.GetInt16(16),
            Text(reader, 17),
            Text(reader, 18),
            Text(reader, 19),
            Text(reader, 20),
            reader.GetDateTime(21),
            reader.GetDateTime(22),
            reader.GetDateTime(23),
            Time(reader, 24),
            reader.GetFieldValue<byte[]>(25)
        );

    private static string? Text(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? null : reader.GetDateTime(ordinal);
}
