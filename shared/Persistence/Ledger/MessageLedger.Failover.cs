using Contracts;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>Messages that go to their route's next target.</summary>
public sealed partial class MessageLedger
{
    /// <summary>
    /// Gives a message, nothing of which an operator has or may have, to the next target of its route that has not tried it: under a new
    /// generation, so that copies in the former connector's queue lose their claims, and due at once (<see cref="ReadDueAsync"/>), so that a crash
    /// between this and its dispatch loses nothing.
    /// </summary>
    /// <param name="id">The message.</param>
    /// <param name="generation">The generation of the copy at hand.</param>
    /// <param name="from">The connector that does not take it.</param>
    /// <param name="targets">The targets of the routes that have some, in order.</param>
    /// <param name="cancellationToken">Ends the attempt; then it may have happened all the same.</param>
    /// <returns>The connector it goes to; null: there is none left, or the message is not this copy's any more.</returns>
    public async Task<string?> FailOverAsync(
        MessageId id,
        short generation,
        string from,
        IReadOnlyList<(string Route, string Connector)> targets,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            $"""
            with next as (
                select t.connector
                from messages m join unnest($4::text[], $5::text[]) with ordinality as t (route, connector, ord) on t.route = m.route
                where m.id = $1 and t.connector <> $3
                    and not exists (select from submissions s where s.message_id = m.id and s.connector = t.connector)
                order by t.ord limit 1
            ), moved as (
                update messages m set connector = next.connector, generation = m.generation + 1, redriven_at = now()
                from next
                where m.id = $1 and m.generation = $2 and m.connector = $3 and m.state = 3 and not {Cancelled}
                    and not exists (select from submissions s where s.message_id = m.id and (s.outcome is null or s.outcome in (1, 4)))
                returning m.id, m.connector
            ), due as (
                insert into scheduled_work as w (message_id, kind, due_at) select id, 1, now() from moved
                on conflict (message_id, kind) do update set due_at = least(w.due_at, excluded.due_at)
            )
            select connector from moved
            """
        );
        command.Parameters.Add(Value(id.Value));
        command.Parameters.Add(Value(generation));
        command.Parameters.Add(Value(from));
        command.Parameters.Add(Column(targets, t => t.Route, NpgsqlDbType.Text));
        command.Parameters.Add(Column(targets, t => t.Connector, NpgsqlDbType.Text));
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }
}
