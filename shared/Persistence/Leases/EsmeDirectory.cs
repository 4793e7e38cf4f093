using Npgsql;
using NpgsqlTypes;
using Persistence.Ledger;

namespace Persistence.Leases;

/// <summary>A bound ESME, as its gateway process reports it.</summary>
public sealed record EsmeSessionRow
{
    /// <summary>The session, one bind of one connection.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its gateway process.</summary>
    public Guid Instance { get; init; }

    /// <summary>The user.</summary>
    public required string SystemId { get; init; }

    /// <summary>The user's account.</summary>
    public required string Account { get; init; }

    /// <summary>The client's address.</summary>
    public required string Remote { get; init; }

    /// <summary>transmitter, receiver or transceiver.</summary>
    public required string Mode { get; init; }

    /// <summary>The interface_version it bound with.</summary>
    public short Version { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset BoundAt { get; init; }

    /// <summary>Unanswered requests it may have.</summary>
    public int Window { get; init; }

    /// <summary>Unanswered requests it has.</summary>
    public int InFlight { get; init; }

    /// <summary>PDUs it has sent since the bind.</summary>
    public long Received { get; init; }

    /// <summary>PDUs it was sent since the bind.</summary>
    public long Sent { get; init; }

    /// <summary>Its requests answered ESME_RTHROTTLED for its window.</summary>
    public long Throttled { get; init; }

    /// <summary>PDUs a second it sent over the last minute.</summary>
    public float ReceiveRate { get; init; }

    /// <summary>PDUs a second it was sent over the last minute.</summary>
    public float SendRate { get; init; }

    /// <summary>When a PDU of it last came.</summary>
    public DateTimeOffset? LastPduAt { get; init; }

    /// <summary>The specification's name of that PDU.</summary>
    public string? LastPdu { get; init; }
}

/// <summary>
/// The ESMEs bound to all gateway processes (<c>esme_sessions</c>). A row belongs to the instance that wrote it; rows of instances without a
/// heartbeat, and of a dead process that ran in our own place, don't count.
/// </summary>
public sealed class EsmeDirectory(NpgsqlDataSource source, ServiceInstance instance)
{
    /// <summary>How long after its last heartbeat an instance's binds count: three heartbeats.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(15);

    /// <summary>How long after its last heartbeat an instance's rows are kept, for one that was only slow.</summary>
    public static readonly TimeSpan SweepAfter = TimeSpan.FromMinutes(1);

    private const string Living = """
        (s.instance = $1 or (s.run_key is null or $2::text is null or s.run_key <> $2)
            and exists (select 1 from service_instances i where i.id = s.instance and i.heartbeat_at > now() - $3))
        """;

    /// <summary>Enters a session unless its user has as many binds as it may, over all processes; binds of one user are counted one after another.</summary>
    /// <param name="row">The session.</param>
    /// <param name="maxBinds">The user's limit.</param>
    /// <param name="ended">Sessions of this process that ended and may still have their rows.</param>
    /// <param name="cancellationToken">Ends the attempt; the row may then be there all the same.</param>
    /// <returns>False: no more binds for this user.</returns>
    public async Task<bool> TryEnterAsync(EsmeSessionRow row, int maxBinds, Guid[] ended, CancellationToken cancellationToken)
    {
        // Two statements of one implicit transaction: the count must be read by a snapshot taken after the lock.
        await using var batch = source.CreateBatch();
        var turn = new NpgsqlBatchCommand("select pg_advisory_xact_lock(hashtext('esme_sessions'), hashtext($1))");
        turn.Parameters.Add(MessageLedger.Value(row.SystemId));
        batch.BatchCommands.Add(turn);
        var enter = new NpgsqlBatchCommand(
            $"""
            insert into esme_sessions (instance, run_key, id, system_id, account, remote, mode, version, window_size)
            select $1, $2, $4, $5, $6, $7, $8, $9, $10
            where (select count(*) from esme_sessions s where s.system_id = $5 and s.id <> all ($12) and {Living}) < $11
            on conflict (id) do nothing
            """
        );
        AddLiving(enter.Parameters);
        enter.Parameters.Add(MessageLedger.Value(row.Id));
        enter.Parameters.Add(MessageLedger.Value(row.SystemId));
        enter.Parameters.Add(MessageLedger.Value(row.Account));
        enter.Parameters.Add(MessageLedger.Value(row.Remote));
        enter.Parameters.Add(MessageLedger.Value(row.Mode));
        enter.Parameters.Add(MessageLedger.Value(row.Version));
        enter.Parameters.Add(MessageLedger.Value(row.Window));
        enter.Parameters.Add(MessageLedger.Value(maxBinds));
        enter.Parameters.Add(MessageLedger.Array(ended, NpgsqlDbType.Uuid));
        batch.BatchCommands.Add(enter);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.NextResultAsync(cancellationToken)) { }

        return enter.RecordsAffected == 1;
    }

    /// <summary>Writes sessions as they are now, new ones too.</summary>
    public async Task ReportAsync(IReadOnlyList<EsmeSessionRow> rows, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            insert into esme_sessions as s (instance, run_key, id, system_id, account, remote, mode, version, bound_at, window_size,
                in_flight, received, sent, throttled, receive_rate, send_rate, last_pdu_at, last_pdu)
            select $1, $2, r.* from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[], $9::timestamptz[],
                $10::integer[], $11::integer[], $12::bigint[], $13::bigint[], $14::bigint[], $15::real[], $16::real[], $17::timestamptz[], $18::text[]) r
            on conflict (id) do update set window_size = excluded.window_size, in_flight = excluded.in_flight, received = excluded.received,
                sent = excluded.sent, throttled = excluded.throttled, receive_rate = excluded.receive_rate, send_rate = excluded.send_rate,
                last_pdu_at = excluded.last_pdu_at, last_pdu = excluded.last_pdu, bound_at = excluded.bound_at, reported_at = now()
            """
        );
        command.Parameters.Add(MessageLedger.Value(instance.Id));
        command.Parameters.Add(RunKey());
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Id, NpgsqlDbType.Uuid));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.SystemId, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Account, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Remote, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Mode, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Version, NpgsqlDbType.Smallint));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.BoundAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Window, NpgsqlDbType.Integer));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.InFlight, NpgsqlDbType.Integer));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Received, NpgsqlDbType.Bigint));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Sent, NpgsqlDbType.Bigint));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.Throttled, NpgsqlDbType.Bigint));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.ReceiveRate, NpgsqlDbType.Real));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.SendRate, NpgsqlDbType.Real));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.LastPduAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(MessageLedger.Column(rows, r => r.LastPdu, NpgsqlDbType.Text));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes out sessions that ended.</summary>
    public async Task RemoveAsync(Guid[] ended, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("delete from esme_sessions where id = any ($1)");
        command.Parameters.Add(MessageLedger.Array(ended, NpgsqlDbType.Uuid));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes out what dead processes left, at once where ours succeeds one in its place, and commands nobody took.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        var sessions = new NpgsqlBatchCommand(
            """
            delete from esme_sessions s
            where s.instance <> $1 and (s.run_key = $2
                or not exists (select 1 from service_instances i where i.id = s.instance and i.heartbeat_at > now() - $3))
            """
        );
        sessions.Parameters.Add(MessageLedger.Value(instance.Id));
        sessions.Parameters.Add(RunKey());
        sessions.Parameters.Add(MessageLedger.Value(SweepAfter));
        batch.BatchCommands.Add(sessions);
        var commands = new NpgsqlBatchCommand("delete from commands where created_at < now() - $1");
        commands.Parameters.Add(MessageLedger.Value(SweepAfter));
        batch.BatchCommands.Add(commands);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Everyone bound to a living process, for people; by id, from behind <paramref name="after"/>.</summary>
    public async Task<List<EsmeSessionRow>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            $"""
            select id, instance, system_id, account, remote, mode, version, bound_at, window_size, in_flight, received, sent, throttled,
                receive_rate, send_rate, last_pdu_at, last_pdu
            from esme_sessions s where ($4::uuid is null or id > $4) and {Living} order by id limit $5
            """
        );
        AddLiving(command.Parameters);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(MessageLedger.Value(limit));
        var rows = new List<EsmeSessionRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new EsmeSessionRow
                {
                    Id = reader.GetGuid(0),
                    Instance = reader.GetGuid(1),
                    SystemId = reader.GetString(2),
                    Account = reader.GetString(3),
                    Remote = reader.GetString(4),
                    Mode = reader.GetString(5),
                    Version = reader.GetInt16(6),
                    BoundAt = reader.GetDateTime(7),
                    Window = reader.GetInt32(8),
                    InFlight = reader.GetInt32(9),
                    Received = reader.GetInt64(10),
                    Sent = reader.GetInt64(11),
                    Throttled = reader.GetInt64(12),
                    ReceiveRate = reader.GetFloat(13),
                    SendRate = reader.GetFloat(14),
                    LastPduAt = reader.IsDBNull(15) ? null : reader.GetDateTime(15),
                    LastPdu = reader.IsDBNull(16) ? null : reader.GetString(16),
                }
            );
        }

        return rows;
    }

    /// <summary>Tells the process that has a session to end it, and writes into the audit log who wanted it.</summary>
    /// <returns>False: there is no such session.</returns>
    public async Task<bool> OrderUnbindAsync(Guid session, string actor, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            with told as (
                insert into commands (instance, kind, subject) select instance, 'unbind', id::text from esme_sessions where id = $1
                returning subject
            )
            insert into audit_log (at, actor, action, entity, entity_id) select now(), $2, 'unbound', 'esme-session', subject from told
            """
        );
        command.Parameters.Add(MessageLedger.Value(session));
        command.Parameters.Add(MessageLedger.Value(actor));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Takes what this process was told: sessions to unbind. Each is told once.</summary>
    public async Task<List<Guid>> TakeUnbindsAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("delete from commands where instance = $1 and kind = 'unbind' returning subject");
        command.Parameters.Add(MessageLedger.Value(instance.Id));
        var sessions = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            sessions.Add(Guid.Parse(reader.GetString(0)));
        }

        return sessions;
    }

    // $1, $2 and $3 of Living.
    private void AddLiving(NpgsqlParameterCollection parameters)
    {
        parameters.Add(MessageLedger.Value(instance.Id));
        parameters.Add(RunKey());
        parameters.Add(MessageLedger.Value(TimeToLive));
    }

    private NpgsqlParameter RunKey() => new() { Value = (object?)instance.RunKey ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
