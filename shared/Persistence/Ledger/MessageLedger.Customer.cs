using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>A message, or the messages of one submit_multi, as their customer names them.</summary>
/// <param name="Account">Whose it is: nobody else's is found.</param>
/// <param name="WireId">The id as it was given to the customer.</param>
/// <param name="Id">The platform's id, where the text tells it; null for a short one.</param>
/// <param name="Source">The sender it must have (SMPP 5.0 section 4.5: it has to match the original's).</param>
public readonly record struct CustomerKey(string Account, string WireId, MessageId? Id, Party Source);

/// <summary>What a customer may know of a message.</summary>
/// <param name="Id">The message.</param>
/// <param name="State">Its state.</param>
/// <param name="IsCancelled">True when a cancel of it was answered OK, which its state may not show yet.</param>
/// <param name="Source">Its sender.</param>
/// <param name="Destination">Its recipient.</param>
/// <param name="ErrorCode">The operator's err field or status; null when there is none.</param>
/// <param name="DoneAt">When it ended; null while it is open.</param>
public sealed record CustomerMessage(
    MessageId Id,
    MessageState State,
    bool IsCancelled,
    Party Source,
    Party Destination,
    string? ErrorCode,
    DateTimeOffset? DoneAt
);

/// <summary>What became of a cancel or a replace.</summary>
public enum ChangeResult
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>The ledger has no message of this account by that id (yet).</summary>
    NotFound,

    /// <summary>There is one, and its sender is another.</summary>
    OtherSource,

    /// <summary>There is one of that sender, and its recipient is another.</summary>
    OtherDestination,

    /// <summary>It was claimed for sending, or is final: nothing was changed.</summary>
    TooLate,

    /// <summary>The caller did not want to change what it saw.</summary>
    Refused,
}

public sealed partial class MessageLedger
{
    /// <summary>Whether a cancel of the message <c>m</c> was answered OK. The id is the one its customer has.</summary>
    private const string Cancelled = """
        exists (
            select from cancel_intents c
            where c.account = m.account and c.wire_id = coalesce(m.client_id, replace(m.id::text, '-', ''))
                and c.destination in ('', m.destination)
                and c.source_ton = m.source_ton and c.source_npi = m.source_npi and c.source = m.source
        )
        """;

    // An id that tells the message tells the millisecond too, and the messages of one submit_multi are of the same: one partition, a few rows.
    private const string ById = "m.id >= $3 and m.id <= $4 and (m.id = $5 or m.client_id = $2) and m.account = $1";

    private const string ByShortId = "m.client_id = $2 and length(m.client_id) = 8 and m.account = $1";

    /// <summary>Finds what the customer means, whatever its sender; several for the id of a submit_multi, none when there is no row.</summary>
    public async Task<List<CustomerMessage>> FindAsync(CustomerKey key, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"""
            select m.id, m.state, {Cancelled}, m.source_ton, m.source_npi, m.source, m.destination_ton, m.destination_npi, m.destination,
                m.error_code, m.done_at
            from messages m where {(key.Id is null ? ByShortId : ById)}
            """,
            connection
        );
        BindKey(command, key);
        var found = new List<CustomerMessage>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(
                new CustomerMessage(
                    new MessageId(reader.GetGuid(0)),
                    (MessageState)reader.GetInt16(1),
                    reader.GetBoolean(2),
                    new Party((byte)reader.GetInt16(3), (byte)reader.GetInt16(4), reader.GetString(5)),
                    new Party((byte)reader.GetInt16(6), (byte)reader.GetInt16(7), reader.GetString(8)),
                    Text(reader, 9),
                    Time(reader, 10)
                )
            );
        }

        return found;
    }

    /// <summary>
    /// Cancels messages nothing of which was sent, all that the key and the destination name or none. From the commit on no claim of them
    /// succeeds; the caller has the dlr-processor end them. (Should it not come to that, the re-drive's claim does.)
    /// </summary>
    /// <param name="key">Which.</param>
    /// <param name="destination">Only the one to this recipient; empty: to any.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The messages cancelled; none unless the result is <see cref="ChangeResult.Done"/>.</returns>
    public async Task<(ChangeResult Result, List<MessageId> Ids)> CancelAsync(
        CustomerKey key,
        string destination,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockAsync(connection, key, cancellationToken);
        var own = locked.FindAll(row => row.Source == key.Source);
        var meant = own.FindAll(row => destination.Length == 0 || row.Destination == destination);
        if (meant.Count == 0)
        {
            return (
                locked.Count == 0 ? ChangeResult.NotFound
                : own.Count == 0 ? ChangeResult.OtherSource
                : ChangeResult.OtherDestination,
                []
            );
        }

        var ids = meant.ConvertAll(row => row.Id);
        // A statement of its own: it sees the claims that were committed while the lock was waited for. What an operator refused for now
        // (3) is not with it.
        await using (
            var raise = new NpgsqlCommand(
                """
                update messages m set generation = generation + 1
                where m.id = any ($1) and m.state in (1, 2, 3)
                    and not exists (select from submissions s where s.message_id = m.id and s.outcome is distinct from 3)
                """,
                connection
            )
        )
        {
            raise.Parameters.Add(Column(ids, id => id.Value, NpgsqlDbType.Uuid));
            if (await raise.ExecuteNonQueryAsync(cancellationToken) < ids.Count)
            {
                return (ChangeResult.TooLate, []);
            }
        }

        await IntendCancelAsync(connection, key with { WireId = meant[0].WireId }, destination, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (ChangeResult.Done, ids);
    }

    /// <summary>
    /// Cancels what has no row yet: the router finds the intent when it records the message, and so does the claim. A row that came in
    /// between is found by <see cref="CancelAsync"/>, which is to be asked again.
    /// </summary>
    public async Task IntendCancelAsync(CustomerKey key, string destination, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await IntendCancelAsync(connection, key, destination, cancellationToken);
    }

    /// <summary>Removes cancels that are older than any message they could still be of.</summary>
    public async Task ForgetCancelsAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("delete from cancel_intents where at < now() - $1");
        command.Parameters.Add(Value(age));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task IntendCancelAsync(
        NpgsqlConnection connection,
        CustomerKey key,
        string destination,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            insert into cancel_intents (account, wire_id, destination, source_ton, source_npi, source) values ($1, $2, $3, $4, $5, $6)
            on conflict do nothing
            """,
            connection
        );
        command.Parameters.Add(Value(key.Account));
        command.Parameters.Add(Value(key.WireId));
        command.Parameters.Add(Value(destination));
        command.Parameters.Add(Value((short)key.Source.Ton));
        command.Parameters.Add(Value((short)key.Source.Npi));
        command.Parameters.Add(Value(key.Source.Digits));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Locks what the key names against claims, in the order of ids.</summary>
    private static async Task<List<LockedMessage>> LockAsync(
        NpgsqlConnection connection,
        CustomerKey key,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            $"""
            select m.id, coalesce(m.client_id, replace(m.id::text, '-', '')), m.source_ton, m.source_npi, m.source, m.destination, m.state,
                m.esm_class, m.data_coding, m.valid_until,
                (select due_at from scheduled_work w where w.message_id = m.id and w.kind = 2)
            from messages m where {(key.Id is null ? ByShortId : ById)}
            order by m.id for update of m
            """,
            connection
        );
        BindKey(command, key);
        var locked = new List<LockedMessage>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            locked.Add(
                new LockedMessage(
                    new MessageId(reader.GetGuid(0)),
                    reader.GetString(1),
                    new Party((byte)reader.GetInt16(2), (byte)reader.GetInt16(3), reader.GetString(4)),
                    reader.GetString(5),
                    (MessageState)reader.GetInt16(6),
                    (byte)reader.GetInt16(7),
                    (byte)reader.GetInt16(8),
                    reader.GetDateTime(9),
                    Time(reader, 10)
                )
            );
        }

        return locked;
    }

    private static void BindKey(NpgsqlCommand command, CustomerKey key)
    {
        command.Parameters.Add(Value(key.Account));
        command.Parameters.Add(Value(key.WireId));
        if (key.Id is { } id)
        {
            Span<byte> octets = stackalloc byte[16];
            id.Value.TryWriteBytes(octets, bigEndian: true, out _);
            octets[6..].Clear();
            command.Parameters.Add(Value(new Guid(octets, bigEndian: true)));
            octets[6..].Fill(0xFF);
            command.Parameters.Add(Value(new Guid(octets, bigEndian: true)));
            command.Parameters.Add(Value(id.Value));
        }
    }

    private sealed record LockedMessage(
        MessageId Id,
        string WireId,
        Party Source,
        string Destination,
        MessageState State,
        byte EsmClass,
        byte DataCoding,
        DateTimeOffset ValidUntil,
        DateTimeOffset? ScheduledAt
    );
}
