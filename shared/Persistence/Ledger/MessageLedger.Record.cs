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
    // A message may come twice in one batch: its first verdict counts, and the books count it once. In the order of ids, so that two
    // routers with the same messages wait for each other instead of deadlocking. What was recorded before has had its schedule.
    private const string RecordSql = $"""
        with input as (
            select distinct on (id) * from unnest(
                $1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::smallint[], $6::smallint[], $7::smallint[],
                $8::smallint[], $9::smallint[], $10::smallint[], $11::smallint[], $12::smallint[], $13::smallint[], $14::smallint[],
                $15::smallint[], $16::smallint[], $17::boolean[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[],
                $23::text[], $24::text[], $25::text[], $26::text[], $27::text[], $28::bytea[], $29::bytea[], $30::timestamptz[]) with ordinality
            as t (boot_id, id, accepted_at, valid_until, state, parts, origin,
                source_ton, source_npi, destination_ton, destination_npi, esm_class, protocol_id, priority_flag,
                registered_delivery, data_coding, is_payload, account, system_id, client_id, reference, source,
                destination, service_type, connector, route, reason, content, tlvs, scheduled_at, ord)
            order by id, ord
        ), recorded as (
            insert into messages (id, boot_id, accepted_at, valid_until, state, parts, origin, source_ton, source_npi, destination_ton,
                destination_npi, esm_class, protocol_id, priority_flag, registered_delivery, data_coding, is_payload, account,
                system_id, client_id, reference, source, destination, service_type, connector, route, reason, content, tlvs)
            select id, boot_id, accepted_at, valid_until, state, parts, origin, source_ton, source_npi, destination_ton,
                destination_npi, esm_class, protocol_id, priority_flag, registered_delivery, data_coding, is_payload, account,
                system_id, client_id, reference, source, destination, service_type, connector, route, reason, content, tlvs
            from input
            on conflict do nothing
            returning id, account, boot_id, state, client_id, source_ton, source_npi, source, destination
        ), scheduled as (
            insert into scheduled_work (message_id, kind, due_at)
            select i.id, 2, i.scheduled_at from input i
            where i.state = 1 and not exists (select from messages m where m.id = i.id)
            on conflict do nothing
        ), booked as (
            insert into ledger_entries (account, boot_id, state, delta)
            select account, boot_id, state, count(*) from recorded group by account, boot_id, state
        )
        select m.id, {Cancelled} from recorded m
        """;

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
        var recorded = new Dictionary<Guid, bool>(verdicts.Count);
        await using (var command = new NpgsqlCommand(RecordSql, connection))
        {
            BindVerdicts(command.Parameters, verdicts);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                recorded.Add(reader.GetGuid(0), reader.GetBoolean(1));
            }
        }

        var stored = new StoredVerdict[verdicts.Count];
        List<Guid>? known = null;
        for (var i = 0; i < verdicts.Count; i++)
        {
            var verdict = verdicts[i];
            if (recorded.Remove(verdict.Message.Id.Value, out var cancelled))
            {
                stored[i] = new StoredVerdict(StateOf(verdict), verdict.Connector, 0, verdict.Rejection, false, cancelled);
            }
            else
            {
                (known ??= []).Add(verdict.Message.Id.Value);
            }
        }

        if (known is not null)
        {
            await ReadStoredAsync(connection, verdicts, stored, known, cancellationToken);
        }

        return stored;
    }

    private static MessageState StateOf(in Verdict verdict) =>
        verdict.Connector is null ? MessageState.Accepted
        : verdict.Message.ScheduledAt is null ? MessageState.Routed
        : MessageState.Scheduled;

    private static async Task ReadStoredAsync(
        NpgsqlConnection connection,
        IReadOnlyList<Verdict> verdicts,
        StoredVerdict[] stored,
        List<Guid> known,
        CancellationToken cancellationToken
    )
    {
        var found = new Dictionary<Guid, StoredVerdict>(known.Count);
        await using (var command = new NpgsqlCommand(StoredSql, connection))
        {
            command.Parameters.Add(Array(known.ToArray(), NpgsqlDbType.Uuid));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                found[reader.GetGuid(0)] = new StoredVerdict(
                    (MessageState)reader.GetInt16(1),
                    reader.IsDBNull(2) ? null : reader.GetString(2),
                    reader.GetInt16(3),
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    reader.GetBoolean(5),
                    reader.GetBoolean(6)
                );
            }
        }

        for (var i = 0; i < stored.Length; i++)
        {
            if (found.TryGetValue(verdicts[i].Message.Id.Value, out var verdict))
            {
                stored[i] = verdict;
            }
        }
    }

    private static void BindVerdicts(NpgsqlParameterCollection parameters, IReadOnlyList<Verdict> verdicts)
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
        parameters.Add(Column(verdicts, v => v.Message.ScheduledAt?.UtcDateTime, NpgsqlDbType.TimestampTz));
    }
}
