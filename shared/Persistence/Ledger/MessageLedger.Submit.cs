using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>What became of a claim. The numbers are stored in <c>submissions.outcome</c>.</summary>
public enum SubmitOutcome : short
{
    /// <summary>The operator answered OK and gave an id.</summary>
    Accepted = 1,

    /// <summary>The operator refused for good.</summary>
    Refused = 2,

    /// <summary>Not accepted, to be tried again.</summary>
    Retry = 3,

    /// <summary>Sent, but the answer was lost.</summary>
    Uncertain = 4,
}

/// <summary>Names one try of one part: what a claim is made for.</summary>
/// <param name="Id">The message.</param>
/// <param name="Part">The part, from 0.</param>
/// <param name="Generation">The attempt generation of the queue's copy.</param>
/// <param name="Attempt">The try, from 0.</param>
public readonly record struct SubmitKey(MessageId Id, short Part, short Generation, short Attempt);

/// <summary>Who claims: a bind slot's lease.</summary>
/// <param name="Connector">The connector.</param>
/// <param name="Slot">The slot.</param>
/// <param name="Holder">The process.</param>
/// <param name="Fence">The lease's fencing number.</param>
public readonly record struct SlotLease(string Connector, short Slot, Guid Holder, long Fence);

/// <summary>The answer to a claim.</summary>
public enum ClaimResult
{
    /// <summary>Ours: send it.</summary>
    Claimed,

    /// <summary>The message is final, held, re-driven under a newer generation or on another connector: drop this copy.</summary>
    NotWanted,

    /// <summary>The slot's lease is no longer ours: nothing may be sent on it.</summary>
    LeaseLost,

    /// <summary>The message is not in the ledger yet: its copy came before the record's commit was visible; try again shortly.</summary>
    Unknown,

    /// <summary>Its customer cancelled it before anything of it was sent: it ends here.</summary>
    Cancelled,

    /// <summary>Claimed before, and its outcome is known: see <see cref="Claim.Earlier"/>.</summary>
    Answered,

    /// <summary>Claimed before, no outcome yet, and the claiming lease is alive: another copy is being sent right now.</summary>
    InFlight,

    /// <summary>
    /// The same, and the lease is of the process that asks: it knows whether it is sending another copy. If not, the statement that claimed failed
    /// on the way back, or the outcome could not be written: nobody will write one.
    /// </summary>
    OursInFlight,

    /// <summary>Claimed before, no outcome written, and the claiming lease is gone: nobody knows whether the operator has it.</summary>
    Uncertain,
}

/// <summary>A claim's answer with what an earlier claim left.</summary>
/// <param name="Result">The answer.</param>
/// <param name="Earlier">The earlier claim's outcome, when there is one.</param>
/// <param name="EarlierAttempt">The number of the latest earlier try.</param>
/// <param name="LostAnswers">How many earlier tries went out without an answer.</param>
/// <param name="Refusals">How many earlier tries the operator refused for now: the longer the next wait.</param>
public readonly record struct Claim(ClaimResult Result, SubmitOutcome? Earlier, short EarlierAttempt, short LostAnswers, short Refusals);

/// <summary>An operator's answer, or its absence, for one claim.</summary>
/// <param name="Key">The claim.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Status">The operator's command_status; 0 when nothing was sent or nothing came.</param>
/// <param name="Operator">The operator whose id space the id belongs to.</param>
/// <param name="OperatorId">The operator's id as received; null when there is none.</param>
/// <param name="CanonicalId">The same in the form receipts are looked up by.</param>
/// <param name="Parts">Into how many parts the message was split for this operator.</param>
/// <param name="At">When the answer came.</param>
public readonly record struct SubmitAnswer(
    SubmitKey Key,
    SubmitOutcome Outcome,
    uint Status,
    string Operator,
    string? OperatorId,
    string? CanonicalId,
    short Parts,
    DateTimeOffset At
);

public sealed partial class MessageLedger
{
    // The lock makes a claim and a customer's cancel or replace of the same message wait for each other: both change what this checks. It
    // does not meet the changes of state that events bring.
    private const string ClaimRows = $"""
        insert into submissions (message_id, part, generation, attempt, connector, slot, holder, fence)
        select i.id, i.part, i.generation, i.attempt, $5, $6, $7, $8
        from unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::smallint[]) as i (id, part, generation, attempt)
        join messages m on m.id = i.id
        where exists (
                select from bind_slots where connector = $5 and slot = $6 and holder = $7 and fence = $8 and expires_at > now()
            )
            and m.state = any ($9) and m.generation = i.generation and m.connector = $5
            and not {Cancelled}
            -- A re-driven copy that meets a claim of an older generation is no first try: what became of that one counts.
            and (i.generation = 0 or i.attempt > 0 or not exists (
                select from submissions e where e.message_id = i.id and e.part = i.part and e.generation < i.generation
            ))
        for key share of m
        """;

    private const string ClaimSql = $"{ClaimRows} returning message_id, part";
    private const string ClaimRestSql = $"{ClaimRows} {ExceptWhatIsThere} returning message_id, part";

    // Only for what was not claimed, which is rare: why not, and what an earlier claim left.
    private const string UnclaimedSql = $"""
        select exists (
                select from bind_slots where connector = $4 and slot = $5 and holder = $6 and fence = $7 and expires_at > now()
            ),
            m.state, m.generation, m.connector, {Cancelled},
            earlier.attempt, earlier.outcome, earlier.in_flight, earlier.lost, earlier.refused, earlier.ours
        from unnest($1::uuid[], $2::smallint[], $3::smallint[]) with ordinality as i (id, part, generation, ord)
        left join messages m on m.id = i.id
        left join lateral (
            select s.attempt, s.outcome, s.holder = $6 as ours, exists (
                select from bind_slots b
                where b.connector = s.connector and b.slot = s.slot and b.holder = s.holder and b.fence = s.fence and b.expires_at > now()
            ) as in_flight, (count(*) filter (where s.outcome is null or s.outcome = 4) over ())::smallint as lost,
                -- ESME_RTHROTTLED (88) is about the link, and another connector's refusals are its own.
                (count(*) filter (where s.outcome = 3 and s.status not in (0, 88) and s.connector = $4) over ())::smallint as refused
            from submissions s
            where s.message_id = i.id and s.part = i.part and s.generation <= i.generation
            order by s.generation desc, s.attempt desc limit 1
        ) earlier on true
        order by i.ord
        """;

    private const string AnswerRows = """
        with input as (
            select * from unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[], $6::bigint[],
                $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::smallint[])
            as t (id, part, generation, attempt, outcome, status, operator, operator_id, canonical_id, at, parts)
        ), answered as (
            update submissions s
            set outcome = i.outcome, status = i.status, operator_id = i.operator_id, answered_at = i.at
            from input i
            where s.message_id = i.id and s.part = i.part and s.generation = i.generation and s.attempt = i.attempt
        )
        insert into operator_ids (operator, canonical_id, message_id, part, parts)
        select operator, canonical_id, id, part, parts from input where canonical_id is not null
        """;

    private const string AnswerAgainSql = $"{AnswerRows} {ExceptWhatIsThere}";

    /// <summary>
    /// Costs a row a second look into the index and a second record in the log: asked for where a row was there already, which is where a
    /// copy was delivered again.
    /// </summary>
    private const string ExceptWhatIsThere = "on conflict do nothing";

    /// <summary>States from which a message may be sent, or sent again after a lost answer.</summary>
    private static readonly short[] Sendable = [(short)MessageState.Routed, (short)MessageState.Submitted, (short)MessageState.Uncertain];

    /// <summary>
    /// Claims parts for sending, in one statement, before a byte of them goes to the operator. What is not claimed must not be sent.
    /// </summary>
    /// <returns>One answer per key, in order.</returns>
    public async Task<Claim[]> ClaimAsync(SlotLease lease, IReadOnlyList<SubmitKey> keys, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        HashSet<(Guid Id, short Part)> claimed;
        try
        {
            claimed = await ClaimAsync(connection, ClaimSql, lease, keys, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            claimed = await ClaimAsync(connection, ClaimRestSql, lease, keys, cancellationToken);
        }

        var claims = new Claim[keys.Count];
        List<int>? unclaimed = null;
        for (var i = 0; i < claims.Length; i++)
        {
            // Taken out as it is found: of two copies of one message in one batch the first is sent.
            if (!claimed.Remove((keys[i].Id.Value, keys[i].Part)))
            {
                (unclaimed ??= []).Add(i);
            }
        }

        if (unclaimed is not null)
        {
            await ReadUnclaimedAsync(connection, lease, keys, claims, unclaimed, cancellationToken);
        }

        return claims;
    }

    private static async Task<HashSet<(Guid Id, short Part)>> ClaimAsync(
        NpgsqlConnection connection,
        string sql,
        SlotLease lease,
        IReadOnlyList<SubmitKey> keys,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(Column(keys, k => k.Id.Value, NpgsqlDbType.Uuid));
        command.Parameters.Add(Column(keys, k => k.Part, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(keys, k => k.Generation, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(keys, k => k.Attempt, NpgsqlDbType.Smallint));
        BindLease(command, lease);
        command.Parameters.Add(Array(Sendable, NpgsqlDbType.Smallint));
        var claimed = new HashSet<(Guid Id, short Part)>(keys.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add((reader.GetGuid(0), reader.GetInt16(1)));
        }

        return claimed;
    }

    private static async Task ReadUnclaimedAsync(
        NpgsqlConnection connection,
        SlotLease lease,
        IReadOnlyList<SubmitKey> keys,
        Claim[] claims,
        List<int> unclaimed,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(UnclaimedSql, connection);
        command.Parameters.Add(Column(unclaimed, i => keys[i].Id.Value, NpgsqlDbType.Uuid));
        command.Parameters.Add(Column(unclaimed, i => keys[i].Part, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(unclaimed, i => keys[i].Generation, NpgsqlDbType.Smallint));
        BindLease(command, lease);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        for (var i = 0; await reader.ReadAsync(cancellationToken); i++)
        {
            claims[unclaimed[i]] = ReadUnclaimed(reader, keys[unclaimed[i]], lease.Connector);
        }
    }

    private static void BindLease(NpgsqlCommand command, SlotLease lease)
    {
        command.Parameters.Add(Value(lease.Connector));
        command.Parameters.Add(Value(lease.Slot));
        command.Parameters.Add(Value(lease.Holder));
        command.Parameters.Add(Value(lease.Fence));
    }

    /// <summary>Writes operators' answers, and with them the ids by which their receipts will be found.</summary>
    public async Task AnswerAsync(IReadOnlyList<SubmitAnswer> answers, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await AnswerAsync(connection, AnswerRows, answers, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await AnswerAsync(connection, AnswerAgainSql, answers, cancellationToken);
        }
    }

    private static async Task AnswerAsync(
        NpgsqlConnection connection,
        string sql,
        IReadOnlyList<SubmitAnswer> answers,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(Column(answers, a => a.Key.Id.Value, NpgsqlDbType.Uuid));
        command.Parameters.Add(Column(answers, a => a.Key.Part, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(answers, a => a.Key.Generation, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(answers, a => a.Key.Attempt, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(answers, a => (short)a.Outcome, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(answers, a => (long)a.Status, NpgsqlDbType.Bigint));
        command.Parameters.Add(Column(answers, a => a.Operator, NpgsqlDbType.Text));
        command.Parameters.Add(Column(answers, a => a.OperatorId, NpgsqlDbType.Text));
        command.Parameters.Add(Column(answers, a => a.CanonicalId, NpgsqlDbType.Text));
        command.Parameters.Add(Column(answers, a => a.At.UtcDateTime, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Column(answers, a => a.Parts, NpgsqlDbType.Smallint));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static bool IsRetry(NpgsqlDataReader reader, int outcome) =>
        !reader.IsDBNull(outcome) && (SubmitOutcome)reader.GetInt16(outcome) == SubmitOutcome.Retry;

    private static Claim ReadUnclaimed(NpgsqlDataReader reader, SubmitKey key, string connector)
    {
        if (!reader.GetBoolean(0))
        {
            return new Claim(ClaimResult.LeaseLost, null, 0, 0, 0);
        }

        if (reader.IsDBNull(1))
        {
            return new Claim(ClaimResult.Unknown, null, 0, 0, 0);
        }

        var cancelled = reader.GetBoolean(4);
        var wanted =
            System.Array.IndexOf(Sendable, reader.GetInt16(1)) >= 0
            && reader.GetInt16(2) == key.Generation
            && !reader.IsDBNull(3)
            && reader.GetString(3) == connector
            && !cancelled;
        if (cancelled && reader.GetInt16(1) <= (short)MessageState.Routed && (reader.IsDBNull(5) || IsRetry(reader, 6)))
        {
            return new Claim(ClaimResult.Cancelled, null, 0, 0, 0);
        }

        if (reader.IsDBNull(5))
        {
            // Wanted, not claimed and no earlier claim to see: something changed between the two statements. Another look will tell.
            return new Claim(wanted ? ClaimResult.InFlight : ClaimResult.NotWanted, null, 0, 0, 0);
        }

        var attempt = reader.GetInt16(5);
        var lost = reader.GetInt16(8);
        var refused = reader.GetInt16(9);
        if (!reader.IsDBNull(6))
        {
            var outcome = (SubmitOutcome)reader.GetInt16(6);
            // What asks for another try is dropped once there must be none.
            return !wanted && outcome is (SubmitOutcome.Retry or SubmitOutcome.Uncertain)
                ? new Claim(ClaimResult.NotWanted, outcome, attempt, lost, refused)
                : new Claim(ClaimResult.Answered, outcome, attempt, lost, refused);
        }

        var result =
            reader.GetBoolean(7) ? (reader.GetBoolean(10) ? ClaimResult.OursInFlight : ClaimResult.InFlight)
            : wanted ? ClaimResult.Uncertain
            : ClaimResult.NotWanted;
        return new Claim(result, null, attempt, lost, refused);
    }
}
