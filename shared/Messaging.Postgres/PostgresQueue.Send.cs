using Npgsql;

namespace Messaging.Postgres;

public sealed partial class PostgresQueue
{
    /// <inheritdoc/>
    public async Task SendAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct)
    {
        if (batch.Count == 0)
        {
            return;
        }
        await using var command = await OpenSendAsync(queue, batch, ct).ConfigureAwait(false);
        try
        {
            await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        }
        catch (PostgresException e) when (IsRolledBack(e.SqlState))
        {
            throw new QueueSendException(SendFailure.Refused, batch, $"The database refused the envelopes: {e.MessageText}", e);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            // The statement was under way: it may have been committed.
            throw new QueueSendException(SendFailure.Unknown, batch, "The database did not answer to the end.", e);
        }
        if (batch.Any(e => e.Delay <= TimeSpan.Zero))
        {
            _wakeUps.Wake(queue);
        }
    }

    private async Task<PooledCommand> OpenSendAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct)
    {
        var ids = new Guid[batch.Count];
        var items = new int[batch.Count];
        var delays = new double[batch.Count];
        var bodies = new ReadOnlyMemory<byte>[batch.Count];
        for (var i = 0; i < batch.Count; i++)
        {
            ids[i] = batch[i].Id;
            items[i] = batch[i].Items;
            delays[i] = batch[i].Delay.TotalSeconds;
            bodies[i] = batch[i].Body;
        }
        try
        {
            var id = await IdAsync(queue, ct).ConfigureAwait(false);
            return await OpenAsync(
                    QueueSql.Send,
                    ct,
                    Int(id),
                    new NpgsqlParameter<Guid[]> { TypedValue = ids },
                    new NpgsqlParameter<int[]> { TypedValue = items },
                    new NpgsqlParameter<double[]> { TypedValue = delays },
                    new NpgsqlParameter<ReadOnlyMemory<byte>[]> { TypedValue = bodies }
                )
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            // No envelope left this process yet.
            throw new QueueSendException(SendFailure.Refused, batch, "The database cannot be reached.", e);
        }
    }

    // An error answer means that the statement was rolled back, unless the server was going down (57P0x) or the connection
    // failed (08xxx): then the answer may belong to a commit that is on disk.
    private static bool IsRolledBack(string sqlState) =>
        !sqlState.StartsWith("08", StringComparison.Ordinal) && !sqlState.StartsWith("57P", StringComparison.Ordinal);
}
