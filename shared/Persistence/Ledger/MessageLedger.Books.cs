using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>How many messages one accepting process has answered for, for one account, since it started.</summary>
/// <param name="Account">The account.</param>
/// <param name="Accepted">Answered OK.</param>
/// <param name="MaybeAccepted">Answered with an error while the queue's outcome was unknown: recorded or not.</param>
public readonly record struct AcceptCount(string Account, long Accepted, long MaybeAccepted);

/// <summary>
/// An account's books at one moment:
/// <c>accepted = not yet recorded + rejected + cancelled + expired + failed + delivered + uncertain + in flight</c>.
/// </summary>
/// <param name="Account">The account.</param>
/// <param name="Accepted">Messages answered OK, as of the last checkpoints.</param>
/// <param name="MaybeAccepted">Messages whose client got an error although they may have been stored.</param>
/// <param name="Recorded">Messages in the ledger.</param>
/// <param name="States">Messages by state; their sum is <paramref name="Recorded"/>.</param>
public sealed record Balance(
    string Account,
    long Accepted,
    long MaybeAccepted,
    long Recorded,
    IReadOnlyDictionary<MessageState, long> States
)
{
    /// <summary>
    /// Answered OK and not in the ledger: on their way through the queue, or lost. Checkpoints are up to a second old, and messages
    /// of unknown outcome may have been recorded, so a busy system shows small negative values.
    /// </summary>
    public long NotYetRecorded => Accepted - Recorded;
}

public sealed partial class MessageLedger
{
    /// <summary>Checkpoints what a process has accepted so far. The numbers are totals since its start and only grow.</summary>
    public async Task CheckpointAsync(Guid bootId, IReadOnlyList<AcceptCount> counts, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            insert into accept_checkpoints (boot_id, account, accepted, maybe_accepted)
            select $1, * from unnest($2::text[], $3::bigint[], $4::bigint[])
            on conflict (boot_id, account) do update
            set accepted = greatest(accept_checkpoints.accepted, excluded.accepted),
                maybe_accepted = greatest(accept_checkpoints.maybe_accepted, excluded.maybe_accepted), at = now()
            """,
            connection
        );
        command.Parameters.Add(Value(bootId));
        command.Parameters.Add(Column(counts, c => c.Account, NpgsqlDbType.Text));
        command.Parameters.Add(Column(counts, c => c.Accepted, NpgsqlDbType.Bigint));
        command.Parameters.Add(Column(counts, c => c.MaybeAccepted, NpgsqlDbType.Bigint));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads the books of every account in one snapshot.</summary>
    public async Task<List<Balance>> ReadBalanceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select account, null::smallint as state, sum(accepted)::bigint, sum(maybe_accepted)::bigint
            from accept_checkpoints group by account
            union all
            select account, state, sum(messages)::bigint, 0
            from (
                select account, state, messages from ledger_totals
                union all
                select account, state, delta from ledger_entries
            ) books
            group by account, state
            """,
            connection
        );
        var accepted = new Dictionary<string, (long Accepted, long Maybe)>();
        var states = new Dictionary<string, Dictionary<MessageState, long>>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var account = reader.GetString(0);
            if (reader.IsDBNull(1))
            {
                accepted[account] = (reader.GetInt64(2), reader.GetInt64(3));
                continue;
            }

            if (!states.TryGetValue(account, out var ofAccount))
            {
                states[account] = ofAccount = [];
            }

            ofAccount[(MessageState)reader.GetInt16(1)] = reader.GetInt64(2);
        }

        return
        [
            .. accepted
                .Keys.Union(states.Keys)
                .Order(StringComparer.Ordinal)
                .Select(account =>
                {
                    var counts = accepted.GetValueOrDefault(account);
                    var ofAccount = states.GetValueOrDefault(account) ?? [];
                    return new Balance(account, counts.Accepted, counts.Maybe, ofAccount.Values.Sum(), ofAccount);
                }),
        ];
    }

    /// <summary>Folds the books' entries into their totals. Any reader sees the same sums before and after.</summary>
    public async Task FoldBooksAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            with folded as (
                delete from ledger_entries where id in (select id from ledger_entries order by id limit 20000)
                returning account, boot_id, state, delta
            ), recorded as (
                insert into accept_checkpoints (boot_id, account, recorded)
                select boot_id, account, sum(delta) from folded where boot_id is not null group by boot_id, account
                on conflict (boot_id, account) do update set recorded = accept_checkpoints.recorded + excluded.recorded
            )
            insert into ledger_totals (account, state, messages)
            select account, state, sum(delta) from folded group by account, state
            on conflict (account, state) do update set messages = ledger_totals.messages + excluded.messages
            """,
            connection
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Makes the partitions of the days to come.</summary>
    public async Task MakePartitionsAsync(int days, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select platform_make_partitions((now() at time zone 'UTC')::date, $1)", connection);
        command.Parameters.Add(Value(days));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
