using System.Globalization;

namespace Messaging.Postgres;

public sealed partial class PostgresQueue
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReceivedEnvelope>> ReceiveAsync(string queue, int maxEnvelopes, TimeSpan wait, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        _wakeUps.Listen();
        var started = _time.GetTimestamp();
        var id = await IdAsync(queue, ct).ConfigureAwait(false);
        while (true)
        {
            // Taken before looking: what is sent after the look wakes us.
            var woken = _signals.Next(queue);
            var received = await ClaimAsync(queue, id, maxEnvelopes).ConfigureAwait(false);
            var left = wait - _time.GetElapsedTime(started);
            if (received.Count > 0 || left <= TimeSpan.Zero)
            {
                return received;
            }
            await WaitAsync(woken, left < _options.PollInterval ? left : _options.PollInterval, ct).ConfigureAwait(false);
        }
    }

    // Not cancellable: rows claimed by a statement whose answer nobody reads would be hidden for nothing. It is bounded by the
    // command timeout.
    private async Task<List<ReceivedEnvelope>> ClaimAsync(string queue, int id, int maxEnvelopes)
    {
        var claimedAt = _time.GetTimestamp();
        await using var command = await OpenAsync(
                QueueSql.Receive,
                CancellationToken.None,
                Int(id),
                Interval(Visibility),
                Int(maxEnvelopes)
            )
            .ConfigureAwait(false);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        var received = new List<ReceivedEnvelope>();
        while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            var receives = reader.GetInt32(2);
            received.Add(
                new ReceivedEnvelope(
                    queue,
                    receives.ToString(CultureInfo.InvariantCulture),
                    reader.GetGuid(0),
                    reader.GetFieldValue<byte[]>(5),
                    reader.GetInt32(1),
                    receives,
                    reader.GetFieldValue<DateTimeOffset>(3)
                )
                {
                    DeadReason = await reader.IsDBNullAsync(4, CancellationToken.None).ConfigureAwait(false) ? null : reader.GetString(4),
                    ClaimedAt = claimedAt,
                }
            );
        }
        return received;
    }

    private async Task WaitAsync(Task woken, TimeSpan atMost, CancellationToken ct)
    {
        try
        {
            await woken.WaitAsync(atMost, _time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nobody woke us; look anyway.
        }
    }
}
