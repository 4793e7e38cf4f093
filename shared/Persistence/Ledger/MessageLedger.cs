using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

/// <summary>
/// The hot tables: messages, submissions, operator ids, receipts, deliveries and the books. Batches in, batches out, one statement
/// per envelope and kind; every write is idempotent by key, because every queue delivers at least once.
/// </summary>
/// <param name="source">Connections made by <see cref="PlatformDatabase"/>: its planner settings matter here.</param>
public sealed partial class MessageLedger(NpgsqlDataSource source)
{
    /// <summary>Opens a transaction for a batch of events.</summary>
    public Task<EventTransaction> BeginAsync(CancellationToken cancellationToken) => EventTransaction.BeginAsync(source, cancellationToken);

    /// <summary>One array parameter made of one field of every item: the column of an unnest.</summary>
    internal static NpgsqlParameter<TField[]> Column<T, TField>(IReadOnlyList<T> items, Func<T, TField> field, NpgsqlDbType type)
    {
        var values = new TField[items.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = field(items[i]);
        }

        return Array(values, type);
    }

    internal static NpgsqlParameter<TField[]> Array<TField>(TField[] values, NpgsqlDbType type) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    internal static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };
}
