using System.Text.Json;
using Contracts;
using Npgsql;

namespace Persistence.Ledger;

/// <summary>A receipt without a message.</summary>
/// <param name="Receipt">The receipt.</param>
/// <param name="IsWaiting">True while it is still tried, false when it was given up.</param>
/// <param name="At">Since when it waits, or when it was given up.</param>
/// <param name="Tries">How often it was tried again; 0 when it was given up.</param>
/// <param name="Reason">Why it was given up; null while it waits.</param>
public sealed record LooseReceipt(ReceiptReceived Receipt, bool IsWaiting, DateTimeOffset At, int Tries, string? Reason);

/// <summary>How many receipts have no message.</summary>
/// <param name="Waiting">Those that are still tried.</param>
/// <param name="Unmatched">Those given up and kept.</param>
public readonly record struct LooseReceiptCounts(long Waiting, long Unmatched);

public sealed partial class MessageLedger
{
    /// <summary>Receipts that have found no message, newest first.</summary>
    /// <param name="waiting">Only those still tried (true) or given up (false); null for both.</param>
    /// <param name="after">The last receipt of the page before; null for the first page.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<List<LooseReceipt>> ReadLooseReceiptsAsync(bool? waiting, Guid? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // The ids are version-7 UUIDs made on arrival: their order is that of time, and both primary keys have it.
        await using var command = new NpgsqlCommand(
            """
            select receipt_id, receipt, true, parked_at, tries, null from parked_receipts
            where receipt_id < $1 and $3 is not false
            union all
            select receipt_id, receipt, false, at, 0::smallint, reason from unmatched_receipts
            where receipt_id < $1 and $3 is not true
            order by 1 desc limit $2
            """,
            connection
        );
        command.Parameters.Add(Value(after ?? Guid.AllBitsSet));
        command.Parameters.Add(Value(limit));
        command.Parameters.Add(
            new NpgsqlParameter { Value = (object?)waiting ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Boolean }
        );
        var receipts = new List<LooseReceipt>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            receipts.Add(
                new LooseReceipt(
                    JsonSerializer.Deserialize(reader.GetString(1), ContractsJson.Default.ReceiptReceived)!,
                    reader.GetBoolean(2),
                    reader.GetDateTime(3),
                    reader.GetInt16(4),
                    Text(reader, 5)
                )
            );
        }

        return receipts;
    }

    /// <summary>Counts the receipts without a message.</summary>
    public async Task<LooseReceiptCounts> CountLooseReceiptsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "select (select count(*) from parked_receipts), (select count(*) from unmatched_receipts)",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new LooseReceiptCounts(reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>How receipts were found where the configuration did not find them, by connector.</summary>
    /// <param name="connector">Only this connector's; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<List<ReceiptRescues>> ReadRescuesAsync(string? connector, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "select connector, kind, count, first_at, last_at from receipt_rescues where connector = $1 or $1 is null order by connector, kind",
            connection
        );
        command.Parameters.Add(
            new NpgsqlParameter { Value = (object?)connector ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }
        );
        var rescues = new List<ReceiptRescues>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rescues.Add(
                new ReceiptRescues(
                    reader.GetString(0),
                    (ReceiptRescue)reader.GetInt16(1),
                    reader.GetInt64(2),
                    reader.GetDateTime(3),
                    reader.GetDateTime(4)
                )
            );
        }

        return rescues;
    }
}
