using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>What the auditor looks for. Every scan is bounded by the id, which starts with the time of acceptance.</summary>
public sealed partial class MessageLedger
{
    /// <summary>Counts messages in no final state <paramref name="grace"/> after their validity: somebody should have ended them.</summary>
    public async Task<long> CountOverdueAsync(DateTimeOffset now, TimeSpan grace, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "select count(*) from messages where id < $1 and state < 10 and valid_until < now() - $2",
            connection
        );
        command.Parameters.Add(Value(OldestOf(now - grace)));
        command.Parameters.Add(Value(grace));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>
    /// Open messages to be expired: those sent whose receipt did not come until <paramref name="receiptGrace"/> after their validity,
    /// and those never claimed whose validity passed <paramref name="queueGrace"/> ago.
    /// </summary>
    public async Task<List<MessageId>> ReadExpiredAsync(
        DateTimeOffset now,
        TimeSpan queueGrace,
        TimeSpan receiptGrace,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select m.id from messages m
            where m.id < $1 and m.state < 10 and m.valid_until < now() - $2
                and (m.valid_until < now() - $3
                    or m.state <= 3 and not exists (select from submissions s where s.message_id = m.id))
            limit $4
            """,
            connection
        );
        command.Parameters.Add(Value(OldestOf(now - queueGrace)));
        command.Parameters.Add(Value(queueGrace));
        command.Parameters.Add(Value(receiptGrace));
        command.Parameters.Add(Value(limit));
        var ids = new List<MessageId>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(new MessageId(reader.GetGuid(0)));
        }

        return ids;
    }

    /// <summary>
    /// First step of a re-drive: raises the generation of messages of a connector that were routed <paramref name="age"/> ago, for which
    /// no claim was made since and none is scheduled, and whose copy is not kept as a dead letter: that one waits for a person. From now on older queue copies lose the claim. The copy is sent by a later step, when
    /// every claim that saw the old generation has long been committed and shows: the new copy's claim meets it, and its fate counts.
    /// </summary>
    /// <returns>How many were raised.</returns>
    public async Task<int> RaiseStuckAsync(
        string connector,
        DateTimeOffset now,
        TimeSpan age,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            update messages m set generation = generation + 1, redrive = 1, redriven_at = now()
            where m.id = any (array(
                select id from messages
                where id < $1 and state = 3 and connector = $2 and valid_until > now() and redrive <> 1
                    and greatest(recorded_at, redriven_at) < now() - $3
                    and not exists (select from submissions s where s.message_id = messages.id and s.claimed_at > now() - $3)
                    and not exists (select from scheduled_work w where w.message_id = messages.id)
                    and not exists (select from dead_letters d where d.item_id = messages.id and d.queue = any ($5) and d.state = 0)
                limit $4))
            """,
            connection
        );
        command.Parameters.Add(Value(OldestOf(now - age)));
        command.Parameters.Add(Value(connector));
        command.Parameters.Add(Value(age));
        command.Parameters.Add(Value(limit));
        command.Parameters.Add(Array([QueueNames.Dispatch(connector), QueueNames.DispatchHigh(connector)], NpgsqlDbType.Text));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Second step of a re-drive: the messages raised at least <paramref name="settled"/> ago and still only routed, ready to be dispatched.</summary>
    public async Task<List<MessageRouted>> ReadRaisedAsync(
        string connector,
        TimeSpan settled,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"""
            select {RoutedColumns} from messages m
            where m.state = 3 and m.connector = $1 and m.redrive = 1 and m.redriven_at < now() - $2
            limit $3
            """,
            connection
        );
        command.Parameters.Add(Value(connector));
        command.Parameters.Add(Value(settled));
        command.Parameters.Add(Value(limit));
        return await ReadRoutedAsync(command, cancellationToken);
    }

    /// <summary>Last step of a re-drive: the copies are in the queue.</summary>
    public async Task MarkRedrivenAsync(IReadOnlyList<MessageRouted> sent, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "update messages set redrive = 2, redriven_at = now() where id = any ($1) and redrive = 1",
            connection
        );
        command.Parameters.Add(Column(sent, m => m.Message.Id.Value, NpgsqlDbType.Uuid));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Messages whose verdict was no and which are still not final after <paramref name="age"/>: their event is repeated.</summary>
    public async Task<List<MessageRejected>> ReadUnendedRejectionsAsync(
        DateTimeOffset now,
        TimeSpan age,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "select id, reason from messages where id < $1 and state = 0 and connector is null and recorded_at < now() - $2 limit $3",
            connection
        );
        command.Parameters.Add(Value(OldestOf(now - age)));
        command.Parameters.Add(Value(age));
        command.Parameters.Add(Value(limit));
        var rejections = new List<MessageRejected>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rejections.Add(
                new MessageRejected
                {
                    Id = new MessageId(reader.GetGuid(0)),
                    Reason = Text(reader, 1) ?? "rejected",
                    At = now,
                }
            );
        }

        return rejections;
    }

    /// <summary>An id about as old as a moment: good as a bound for ids of before, give or take a millisecond.</summary>
    private static Guid OldestOf(DateTimeOffset moment) => Guid.CreateVersion7(moment);
}
