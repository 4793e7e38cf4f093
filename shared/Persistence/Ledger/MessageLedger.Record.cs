using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>A message as the router wants it recorded: the submit and the verdict on it.</summary>
/// <param name="BootId">The accepting process, from the envelope.</param>
/// <param name="Message">The message.</param>
/// <param name="Connector">The connector chosen; null when the verdict is no.</param>
/// <param name="Route">The route that chose it.</param>
/// <param name="Rejection">Why not; null when a connector was chosen.</param>
public readonly record struct Verdict(Guid BootId, MessageSubmitted Message, string? Connector, string? Route, string? Rejection);

/// <summary>What the ledger says of a message: the verdict that was stored first, whoever stored it.</summary>
/// <param name="State">Its state.</param>
/// <param name="Connector">The connector chosen then.</param>
/// <param name="Generation">Its attempt generation.</param>
/// <param name="Rejection">Why it was rejected then; null when it was routed.</param>
/// <param name="IsClaimed">True when a worker claimed it already in this generation.</param>
/// <param name="IsCancelled">True when its customer cancelled it: it must not be dispatched.</param>
public readonly record struct StoredVerdict(
    MessageState State,
    string? Connector,
    short Generation,
    string? Rejection,
    bool IsClaimed,
    bool IsCancelled = false
);

public sealed partial class MessageLedger
{
    private const string InsertSql = """
        insert into messages (boot_id, id, accepted_at, valid_until, state, parts, origin, source_ton, source_npi, destination_ton,
            destination_npi, esm_class, protocol_id, priority_flag, registered_delivery, data_coding, is_payload, account, system_id,
            client_id, reference, source, destination, service_type, connector, route, reason, content, tlvs)
        select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::smallint[], $6::smallint[],
            $7::smallint[], $8::smallint[], $9::smallint[], $10::smallint[], $11::smallint[], $12::smallint[], $13::smallint[],
            $14::smallint[], $15::smallint[], $16::smallint[], $17::boolean[], $18::text[], $19::text[], $20::text[], $21::text[],
            $22::text[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[], $28::bytea[], $29::bytea[])
        """;

    private const string BookSql = """
        insert into ledger_entries (account, boot_id, state, delta)
        select * from unnest($1::text[], $2::uuid[], $3::smallint[], $4::integer[])
        """;

    private const string ScheduleSql = """
        insert into scheduled_work (message_id, kind, due_at) select id, 2, due_at from unnest($1::uuid[], $2::timestamptz[]) as i (id, due_at)
        """;

    private const string CancelledSql = $"""
        select m.id
        from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::text[])
            as m (id, account, client_id, source_ton, source_npi, source, destination)
        where {Cancelled}
        """;

    /// <summary>How often a batch may meet messages that others are recording at the same moment: each time it is smaller.</summary>
    private const int RecordRounds = 10;

    private const string StoredSql = $"""
        select m.id, m.state, m.connector, m.generation, m.reason,
            exists (select from submissions s where s.message_id = m.id and s.generation = m.generation),
            {Cancelled}
        from unnest($1::uuid[]) as t (id) join messages m on m.id = t.id
        """;

    /// <summary>
    /// Records messages with their verdicts in one transaction, together with the books. A message that is there already keeps the
    /// verdict it has: the answer gives, for every message in order, what the ledger holds now.
    /// </summary>
    /// <returns>One stored verdict per input, in order.</returns>
    public async Task<StoredVerdict[]> RecordAsync(IReadOnlyList<Verdict> verdicts, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // A message may come twice in one batch: its first verdict counts, and the books count it once. In the order of ids, so that two
        // routers with the same messages wait for each other instead of deadlocking.
        var open = verdicts.DistinctBy(verdict => verdict.Message.Id).OrderBy(verdict => verdict.Message.Id.Value).ToList();
        var stored = new Dictionary<Guid, StoredVerdict>(open.Count);
        for (var round = 0; open.Count > 0; round++)
        {
            try
            {
                await InsertAsync(connection, open, stored, cancellationToken);
                break;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation && round < RecordRounds)
            {
                // A copy that was delivered again, which is rare: the whole batch was rolled back, and goes without what is there.
                await ReadStoredAsync(connection, open, stored, cancellationToken);
                open.RemoveAll(verdict => stored.ContainsKey(verdict.Message.Id.Value));
            }
        }

        return [.. verdicts.Select(verdict => stored[verdict.Message.Id.Value])];
    }

    /// <summary>All of them or, where one is there already, none.</summary>
    private static async Task InsertAsync(
        NpgsqlConnection connection,
        List<Verdict> verdicts,
        Dictionary<Guid, StoredVerdict> stored,
        CancellationToken cancellationToken
    )
    {
        // One round trip and one transaction.
        await using var batch = new NpgsqlBatch(connection);
        BindVerdicts(Add(InsertSql), verdicts);
        BindBooks(Add(BookSql), verdicts);
        var scheduled = verdicts.FindAll(verdict => StateOf(verdict) == MessageState.Scheduled);
        if (scheduled.Count > 0)
        {
            var parameters = Add(ScheduleSql);
            parameters.Add(Column(scheduled, v => v.Message.Id.Value, NpgsqlDbType.Uuid));
            parameters.Add(Column(scheduled, v => v.Message.ScheduledAt!.Value.UtcDateTime, NpgsqlDbType.TimestampTz));
        }

        BindCancelled(Add(CancelledSql), verdicts);
        var cancelled = new HashSet<Guid>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                cancelled.Add(reader.GetGuid(0));
            }
        }

        foreach (var verdict in verdicts)
        {
            var id = verdict.Message.Id.Value;
            stored.Add(id, new StoredVerdict(StateOf(verdict), verdict.Connector, 0, verdict.Rejection, false, cancelled.Contains(id)));
        }

        NpgsqlParameterCollection Add(string sql)
        {
            var command = new NpgsqlBatchCommand(sql);
            batch.BatchCommands.Add(command);
            return command.Parameters;
        }
    }

    private static MessageState StateOf(in Verdict verdict) =>
        verdict.Connector is null ? MessageState.Accepted
        : verdict.Message.ScheduledAt is null ? MessageState.Routed
        : MessageState.Scheduled;

    private static async Task ReadStoredAsync(
        NpgsqlConnection connection,
        List<Verdict> verdicts,
        Dictionary<Guid, StoredVerdict> stored,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(StoredSql, connection);
        command.Parameters.Add(Column(verdicts, v => v.Message.Id.Value, NpgsqlDbType.Uuid));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            stored[reader.GetGuid(0)] = new StoredVerdict(
                (MessageState)reader.GetInt16(1),
                reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.GetInt16(3),
                reader.IsDBNull(4) ? null : reader.GetString(4),
                reader.GetBoolean(5),
                reader.GetBoolean(6)
            );
        }
    }

    private static void BindBooks(NpgsqlParameterCollection parameters, List<Verdict> verdicts)
    {
        var sums = verdicts.CountBy(v => (v.Message.Account, v.BootId, State: StateOf(v))).ToList();
        parameters.Add(Column(sums, s => s.Key.Account, NpgsqlDbType.Text));
        parameters.Add(Column(sums, s => s.Key.BootId, NpgsqlDbType.Uuid));
        parameters.Add(Column(sums, s => (short)s.Key.State, NpgsqlDbType.Smallint));
        parameters.Add(Column(sums, s => s.Value, NpgsqlDbType.Integer));
    }

    private static void BindCancelled(NpgsqlParameterCollection parameters, List<Verdict> verdicts)
    {
        parameters.Add(Column(verdicts, v => v.Message.Id.Value, NpgsqlDbType.Uuid));
        parameters.Add(Column(verdicts, v => v.Message.Account, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.ClientId, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => (short)v.Message.Source.Ton, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.Source.Npi, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => v.Message.Source.Digits, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.Destination.Digits, NpgsqlDbType.Text));
    }

    private static void BindVerdicts(NpgsqlParameterCollection parameters, List<Verdict> verdicts)
    {
        parameters.Add(Column(verdicts, v => v.BootId, NpgsqlDbType.Uuid));
        parameters.Add(Column(verdicts, v => v.Message.Id.Value, NpgsqlDbType.Uuid));
        parameters.Add(Column(verdicts, v => v.Message.AcceptedAt.UtcDateTime, NpgsqlDbType.TimestampTz));
        parameters.Add(Column(verdicts, v => v.Message.ValidUntil.UtcDateTime, NpgsqlDbType.TimestampTz));
        parameters.Add(Column(verdicts, v => (short)StateOf(v), NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.Parts, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.Origin, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.Source.Ton, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.Source.Npi, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.Destination.Ton, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.Destination.Npi, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.EsmClass, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.ProtocolId, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.PriorityFlag, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.RegisteredDelivery, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => (short)v.Message.DataCoding, NpgsqlDbType.Smallint));
        parameters.Add(Column(verdicts, v => v.Message.IsPayload, NpgsqlDbType.Boolean));
        parameters.Add(Column(verdicts, v => v.Message.Account, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.SystemId, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.ClientId, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.Reference, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.Source.Digits, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.Destination.Digits, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.ServiceType, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Connector, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Route, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Rejection, NpgsqlDbType.Text));
        parameters.Add(Column(verdicts, v => v.Message.Content, NpgsqlDbType.Bytea));
        parameters.Add(Column(verdicts, v => v.Message.Tlvs, NpgsqlDbType.Bytea));
    }
}
