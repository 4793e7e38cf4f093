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
        // All of it to one who waits, or none: what goes two ways would be stored in two statements.
        if (batch.All(e => e.Delay <= TimeSpan.Zero) && _signals.Of(queue).Reserve(batch.Count) is { } seat)
        {
            await BringAsync(seat, queue, batch, ct).ConfigureAwait(false);
            return;
        }
        await StoreAsync(queue, batch, ct).ConfigureAwait(false);
        if (batch.Any(e => e.Delay <= TimeSpan.Zero))
        {
            _wakeUps.Wake(queue);
        }
    }

    private async Task BringAsync(Seat seat, string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct)
    {
        List<ReceivedEnvelope> received = [];
        try
        {
            received = await StoreReceivedAsync(queue, batch, ct).ConfigureAwait(false);
        }
        finally
        {
            // Whatever became of it: who waits goes on.
            if (!seat.TryBring(received) && received.Count > 0)
            {
                await GiveBackAsync(queue, received).ConfigureAwait(false);
            }
        }
    }

    private Task<int> StoreAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct) =>
        ExecuteSendAsync(
            queue,
            QueueSql.Send,
            batch,
            [new NpgsqlParameter<double[]> { TypedValue = [.. batch.Select(e => e.Delay.TotalSeconds)] }, Bodies(batch)],
            command => command.ExecuteNonQueryAsync(ct),
            ct
        );

    // Those that had not been stored before, in their order.
    private Task<List<ReceivedEnvelope>> StoreReceivedAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct)
    {
        var claimedAt = _time.GetTimestamp();
        return ExecuteSendAsync(queue, QueueSql.SendReceived, batch, [Bodies(batch), Interval(Visibility)], ReadAsync, ct);

        async Task<List<ReceivedEnvelope>> ReadAsync(PooledCommand command)
        {
            await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
            var received = new List<ReceivedEnvelope>(batch.Count);
            while (await reader.ReadAsync(ct).ConfigureAwait(false))
            {
                var sent = batch[(int)reader.GetInt64(0) - 1];
                received.Add(
                    // The body is the sender's, to be used again.
                    new ReceivedEnvelope(queue, "1", sent.Id, sent.Body.ToArray(), sent.Items, 1, reader.GetFieldValue<DateTimeOffset>(1))
                    {
                        ClaimedAt = claimedAt,
                    }
                );
            }
            // The rows come before the commit: only behind them the server says that it is done.
            await reader.NextResultAsync(ct).ConfigureAwait(false);
            return received;
        }
    }

    private async Task<T> ExecuteSendAsync<T>(
        string queue,
        string sql,
        IReadOnlyList<OutgoingEnvelope> batch,
        NpgsqlParameter[] more,
        Func<PooledCommand, Task<T>> execute,
        CancellationToken ct
    )
    {
        await using var command = await OpenSendAsync(queue, sql, batch, more, ct).ConfigureAwait(false);
        try
        {
            return await execute(command).ConfigureAwait(false);
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
    }

    private async Task<PooledCommand> OpenSendAsync(
        string queue,
        string sql,
        IReadOnlyList<OutgoingEnvelope> batch,
        NpgsqlParameter[] more,
        CancellationToken ct
    )
    {
        var ids = new NpgsqlParameter<Guid[]> { TypedValue = [.. batch.Select(e => e.Id)] };
        var items = new NpgsqlParameter<int[]> { TypedValue = [.. batch.Select(e => e.Items)] };
        try
        {
            var id = await IdAsync(queue, ct).ConfigureAwait(false);
            PostgresTelemetry.Calls.Count("send", queue);
            return await OpenAsync(sql, ct, [Int(id), ids, items, .. more]).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            // No envelope left this process yet.
            throw new QueueSendException(SendFailure.Refused, batch, "The database cannot be reached.", e);
        }
    }

    private static NpgsqlParameter<ReadOnlyMemory<byte>[]> Bodies(IReadOnlyList<OutgoingEnvelope> batch) =>
        new() { TypedValue = [.. batch.Select(e => e.Body)] };

    // The receiver went while its envelopes were being stored. They are stored all the same: where this fails they come when their visibility ends.
    private async Task GiveBackAsync(string queue, List<ReceivedEnvelope> envelopes)
    {
        try
        {
            await AbandonAsync(queue, envelopes, TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            _logger.NotGivenBack(queue, envelopes.Count, e);
        }
    }

    // An error answer means that the statement was rolled back, unless the server was going down (57P0x) or the connection
    // failed (08xxx): then the answer may belong to a commit that is on disk.
    private static bool IsRolledBack(string sqlState) =>
        !sqlState.StartsWith("08", StringComparison.Ordinal) && !sqlState.StartsWith("57P", StringComparison.Ordinal);
}
