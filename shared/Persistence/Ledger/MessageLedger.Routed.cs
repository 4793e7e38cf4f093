using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>Messages that are dispatched again from the ledger: re-driven by the auditor, or due after a wait.</summary>
public sealed partial class MessageLedger
{
    private const string RoutedColumns = """
        m.id, m.account, m.origin, m.system_id, m.client_id, m.reference, m.source_ton, m.source_npi, m.source, m.destination_ton,
            m.destination_npi, m.destination, m.parts, m.esm_class, m.data_coding, m.registered_delivery, m.protocol_id, m.priority_flag,
            m.is_payload, m.service_type, m.accepted_at, m.valid_until, m.content, m.tlvs, m.generation, m.connector
        """;

    /// <summary>
    /// Keeps a message that is to be tried again for longer than a queue should hold it: it is dispatched when due, by
    /// <see cref="ReadDueAsync"/>. A message waits once; the later time counts.
    /// </summary>
    public async Task ScheduleRetryAsync(MessageId id, TimeSpan delay, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            insert into scheduled_work as w (message_id, kind, due_at) values ($1, 1, now() + $2)
            on conflict (message_id, kind) do update set due_at = greatest(w.due_at, excluded.due_at)
            """
        );
        command.Parameters.Add(Value(id.Value));
        command.Parameters.Add(Value(delay));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Scheduled messages that are due and still open, oldest first, as they are to be dispatched.</summary>
    public async Task<List<MessageRouted>> ReadDueAsync(int limit, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            $"""
            select {RoutedColumns} from (select message_id, due_at from scheduled_work where due_at <= now() order by due_at limit $1) w
            join messages m on m.id = w.message_id
            where m.state < 10 and m.connector is not null
            order by w.due_at
            """
        );
        command.Parameters.Add(Value(limit));
        return await ReadRoutedAsync(command, cancellationToken);
    }

    /// <summary>
    /// Moves scheduled messages whose time has come on to routed, with the books; <see cref="ReadDueAsync"/> gives them until they are
    /// dispatched.
    /// </summary>
    public async Task ReleaseScheduledAsync(int limit, CancellationToken cancellationToken)
    {
        // redriven_at: what was recorded long ago is not stuck, it begins now.
        await using var command = source.CreateCommand(
            """
            with due as (
                select message_id from scheduled_work where kind = 2 and due_at <= now() order by due_at limit $1
            ), released as (
                update messages m set previous_state = m.state, state = 3, redriven_at = now()
                from due where m.id = due.message_id and m.state = 1
                returning m.account
            )
            insert into ledger_entries (account, state, delta)
            select r.account, move.state, (move.sign * count(*))::integer
            from released r cross join (values (1::smallint, -1), (3::smallint, 1)) as move (state, sign)
            group by r.account, move.state, move.sign
            """
        );
        command.Parameters.Add(Value(limit));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Removes what was dispatched, and what is due but needs no dispatch any more. A message that was replaced meanwhile has a newer
    /// generation to be dispatched: its row stays.
    /// </summary>
    public async Task UnscheduleAsync(IReadOnlyList<MessageRouted> dispatched, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            with dispatched as (
                delete from scheduled_work w
                using unnest($1::uuid[], $2::smallint[]) as i (id, generation)
                    join messages m on m.id = i.id and m.generation = i.generation
                where w.message_id = i.id and w.due_at <= now()
            )
            delete from scheduled_work w
            where w.due_at <= now() and exists (select from messages m where m.id = w.message_id and m.state >= 10)
            """
        );
        command.Parameters.Add(Column(dispatched, m => m.Message.Id.Value, NpgsqlDbType.Uuid));
        command.Parameters.Add(Column(dispatched, m => m.Generation, NpgsqlDbType.Smallint));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<MessageRouted>> ReadRoutedAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var routed = new List<MessageRouted>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            routed.Add(
                new MessageRouted
                {
                    Message = ReadSubmitted(reader),
                    Connector = reader.GetString(25),
                    Generation = reader.GetInt16(24),
                }
            );
        }

        return routed;
    }

    private static MessageSubmitted ReadSubmitted(NpgsqlDataReader reader) =>
        new()
        {
            Id = new MessageId(reader.GetGuid(0)),
            Account = reader.GetString(1),
            Origin = (Origin)reader.GetInt16(2),
            SystemId = Text(reader, 3),
            ClientId = Text(reader, 4),
            Reference = Text(reader, 5),
            Source = new Party((byte)reader.GetInt16(6), (byte)reader.GetInt16(7), reader.GetString(8)),
            Destination = new Party((byte)reader.GetInt16(9), (byte)reader.GetInt16(10), reader.GetString(11)),
            Parts = reader.GetInt16(12),
            EsmClass = (byte)reader.GetInt16(13),
            DataCoding = (byte)reader.GetInt16(14),
            RegisteredDelivery = (byte)reader.GetInt16(15),
            ProtocolId = (byte)reader.GetInt16(16),
            PriorityFlag = (byte)reader.GetInt16(17),
            IsPayload = reader.GetBoolean(18),
            ServiceType = reader.GetString(19),
            AcceptedAt = reader.GetDateTime(20),
            ValidUntil = reader.GetDateTime(21),
            Content = reader.GetFieldValue<byte[]>(22),
            Tlvs = reader.IsDBNull(23) ? default : reader.GetFieldValue<byte[]>(23),
        };
}
