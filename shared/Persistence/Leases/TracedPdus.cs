using Npgsql;
using NpgsqlTypes;
using Persistence.Ledger;

namespace Persistence.Leases;

/// <summary>A PDU of a traced ESME as people read it; or, without a command, how many were left out.</summary>
public sealed record TracedPdu
{
    /// <summary>Its place in the trace; 0 before it is stored.</summary>
    public long Id { get; init; }

    /// <summary>When it came or left.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The user's account.</summary>
    public required string Account { get; init; }

    /// <summary>The user.</summary>
    public required string SystemId { get; init; }

    /// <summary>The session, as in <see cref="EsmeSessionRow"/>.</summary>
    public Guid? Session { get; init; }

    /// <summary>The client's address.</summary>
    public string? Remote { get; init; }

    /// <summary>received or sent.</summary>
    public string? Direction { get; init; }

    /// <summary>The specification's name of the PDU.</summary>
    public string? Command { get; init; }

    /// <summary>sequence_number.</summary>
    public long? Sequence { get; init; }

    /// <summary>command_status of a response.</summary>
    public string? Status { get; init; }

    /// <summary>Its fields; without control characters.</summary>
    public required string Line { get; init; }

    /// <summary>PDUs left out since the row before.</summary>
    public int LeftOut { get; init; }
}

/// <summary>The PDUs of traced ESMEs (<c>traced_pdus</c>).</summary>
public sealed class TracedPdus(NpgsqlDataSource source)
{
    /// <summary>Appends what one process has seen.</summary>
    public async Task AppendAsync(IReadOnlyList<TracedPdu> rows, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // One process after another, so that who reads on from the last id it saw misses no row of another process.
        await using (var turn = new NpgsqlCommand("select pg_advisory_xact_lock(hashtext('traced_pdus'))", connection, transaction))
        {
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (
            var copy = await connection.BeginBinaryImportAsync(
                """
                copy traced_pdus (at, account, system_id, session, remote, direction, command, sequence, status, line, left_out)
                from stdin (format binary)
                """,
                cancellationToken
            )
        )
        {
            foreach (var row in rows)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(row.At, NpgsqlDbType.TimestampTz, cancellationToken);
                await copy.WriteAsync(row.Account, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(row.SystemId, NpgsqlDbType.Text, cancellationToken);
                await WriteAsync(copy, row.Session, NpgsqlDbType.Uuid, cancellationToken);
                await WriteAsync(copy, row.Remote, NpgsqlDbType.Text, cancellationToken);
                await WriteAsync(copy, row.Direction, NpgsqlDbType.Text, cancellationToken);
                await WriteAsync(copy, row.Command, NpgsqlDbType.Text, cancellationToken);
                await WriteAsync(copy, row.Sequence, NpgsqlDbType.Bigint, cancellationToken);
                await WriteAsync(copy, row.Status, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(row.Line, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(row.LeftOut, NpgsqlDbType.Integer, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>A user's PDUs in the order in which they were stored, from behind <paramref name="after"/>.</summary>
    public async Task<List<TracedPdu>> ListAsync(
        string account,
        string systemId,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            """
            select id, at, account, system_id, session, remote, direction, command, sequence, status, line, left_out
            from traced_pdus where system_id = $1 and account = $2 and id > $3 order by id limit $4
            """
        );
        command.Parameters.Add(MessageLedger.Value(systemId));
        command.Parameters.Add(MessageLedger.Value(account));
        command.Parameters.Add(MessageLedger.Value(after));
        command.Parameters.Add(MessageLedger.Value(limit));
        var rows = new List<TracedPdu>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new TracedPdu
                {
                    Id = reader.GetInt64(0),
                    At = reader.GetDateTime(1),
                    Account = reader.GetString(2),
                    SystemId = reader.GetString(3),
                    Session = reader.IsDBNull(4) ? null : reader.GetGuid(4),
                    Remote = Text(5),
                    Direction = Text(6),
                    Command = Text(7),
                    Sequence = reader.IsDBNull(8) ? null : reader.GetInt64(8),
                    Status = Text(9),
                    Line = reader.GetString(10),
                    LeftOut = reader.GetInt32(11),
                }
            );
        }

        return rows;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    /// <summary>Removes what is older.</summary>
    public async Task ForgetAsync(TimeSpan kept, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("delete from traced_pdus where at < now() - $1");
        command.Parameters.Add(MessageLedger.Value(kept));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Task WriteAsync<T>(NpgsqlBinaryImporter copy, T? value, NpgsqlDbType type, CancellationToken cancellationToken) =>
        value is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync<object>(value, type, cancellationToken);
}
