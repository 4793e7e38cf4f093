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
        var signal = _signals.Of(queue);
        var looked = false;
        while (true)
        {
            var left = wait - _time.GetElapsedTime(started);
            // Every call looks at least once, at its end at the latest; and always where other processes would not be heard.
            var anyway = !_wakeUps.Hears || (!looked && left <= TimeSpan.Zero);
            if (signal.TryLook(anyway, _options.PollInterval, out var changed, out var pause))
            {
                looked = true;
                var received = await LookAsync(queue, id, maxEnvelopes, signal).ConfigureAwait(false);
                left = wait - _time.GetElapsedTime(started);
                if (received.Count > 0 || left <= TimeSpan.Zero)
                {
                    return received;
                }
            }
            else if (looked && left <= TimeSpan.Zero)
            {
                return [];
            }
            var brought = await WaitAsync(signal, maxEnvelopes, changed, left < pause ? left : pause, ct).ConfigureAwait(false);
            if (brought.Count > 0)
            {
                return brought;
            }
        }
    }

    private async Task<List<ReceivedEnvelope>> LookAsync(string queue, int id, int maxEnvelopes, QueueSignal signal)
    {
        var drained = false;
        try
        {
            var received = await ClaimAsync(queue, id, maxEnvelopes).ConfigureAwait(false);
            drained = received.Count < maxEnvelopes;
            return received;
        }
        finally
        {
            signal.Looked(drained);
        }
    }

    // Not cancellable: rows claimed by a statement whose answer nobody reads would be hidden for nothing. It is bounded by the
    // command timeout.
    private async Task<List<ReceivedEnvelope>> ClaimAsync(string queue, int id, int maxEnvelopes)
    {
        PostgresTelemetry.Calls.Count("receive", queue);
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

    // What a sender of this process brought; nothing when it is time to ask again.
    private async Task<IReadOnlyList<ReceivedEnvelope>> WaitAsync(
        QueueSignal signal,
        int maxEnvelopes,
        Task changed,
        TimeSpan atMost,
        CancellationToken ct
    )
    {
        var seat = signal.Sit(maxEnvelopes);
        try
        {
            await Task.WhenAny(changed, seat.Brought).WaitAsync(atMost, _time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nobody woke us; look anyway.
        }
        catch (OperationCanceledException)
        {
            if (signal.Leave(seat) || seat.TryLeave())
            {
                throw;
            }
        }
        // Reserved: its sender's statement is under way, and bounded.
        return signal.Leave(seat) ? [] : await seat.Brought.ConfigureAwait(false);
    }
}
