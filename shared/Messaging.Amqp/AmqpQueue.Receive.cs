using System.Globalization;
using RabbitMQ.Client;

namespace Messaging.Amqp;

public sealed partial class AmqpQueue
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReceivedEnvelope>> ReceiveAsync(string queue, int maxEnvelopes, TimeSpan wait, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ct.ThrowIfCancellationRequested();
        await EnsureQueueAsync(queue, ct).ConfigureAwait(false);
        var lane = LaneOf(queue);
        var started = _time.GetTimestamp();
        try
        {
            while (true)
            {
                // What came for a receiver that has gone is the next one's.
                var taken = lane.Inbox.Take(maxEnvelopes);
                if (taken.Count == 0)
                {
                    var left = wait - _time.GetElapsedTime(started);
                    taken = await ConsumeAsync(lane, maxEnvelopes, left > TimeSpan.Zero ? left : TimeSpan.Zero, ct).ConfigureAwait(false);
                }
                if (taken.Count > 0 || _time.GetElapsedTime(started) >= wait)
                {
                    return HandOut(queue, taken);
                }
            }
        }
        catch (Exception e) when (IsOfTheBroker(e, ct))
        {
            if (AmqpErrors.IsNotFound(e))
            {
                Forget(queue);
            }
            throw AmqpErrors.Wrap("Receiving", queue, e);
        }
    }

    /// <summary>A message that the broker holds out, with a handle of ours.</summary>
    internal Delivery ToDelivery(
        string queue,
        IChannel channel,
        ulong tag,
        bool redelivered,
        IReadOnlyBasicProperties properties,
        ReadOnlySpan<byte> body
    )
    {
        var handle = string.Create(CultureInfo.InvariantCulture, $"{_instance}-{Interlocked.Increment(ref _handles)}");
        var envelope = EnvelopeMessages.ToEnvelope(queue, handle, properties, redelivered, body, _time.GetUtcNow());
        return new Delivery(envelope, channel, tag, _time.GetTimestamp());
    }

    private async Task<List<Delivery>> ConsumeAsync(Lane lane, int most, TimeSpan wait, CancellationToken ct)
    {
        AmqpTelemetry.Calls.Count("receive", lane.Queue);
        var receiver = new Receiver(lane, Math.Clamp(most, 1, ushort.MaxValue));
        Task? ended = null;
        try
        {
            await receiver.StartAsync().WaitAsync(ct).ConfigureAwait(false);
            if (wait > TimeSpan.Zero)
            {
                await lane.Inbox.WaitAsync(wait, ct).ConfigureAwait(false);
            }
            // The answer to this comes behind all that the broker held out: the batch is whole.
            ended = receiver.EndAsync();
            await ended.WaitAsync(ct).ConfigureAwait(false);
            return lane.Inbox.Take(most);
        }
        finally
        {
            Leave(lane, ended ?? receiver.EndAsync());
        }
    }

    // A receiver that nobody waits for ends by itself; what it still brings is in the inbox.
    private void Leave(Lane lane, Task ended)
    {
        if (ended.IsCompletedSuccessfully)
        {
            return;
        }
        var leaving = WatchAsync();
        _leaving.TryAdd(leaving, true);
        if (leaving.IsCompleted)
        {
            _leaving.TryRemove(leaving, out _);
        }

        async Task WatchAsync()
        {
            try
            {
                await ended.ConfigureAwait(false);
            }
            catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
            {
                _logger.LeftReceiverFailed(lane.Queue, e);
            }
            foreach (var done in _leaving.Keys.Where(t => t.IsCompleted))
            {
                _leaving.TryRemove(done, out _);
            }
        }
    }

    private List<ReceivedEnvelope> HandOut(string queue, List<Delivery> taken)
    {
        var envelopes = taken.ConvertAll(_held.HandOut);
        GaugeOf(queue).Received(envelopes);
        return envelopes;
    }

    private Lane LaneOf(string queue)
    {
        if (_lanes.TryGetValue(queue, out var lane))
        {
            return lane;
        }
        lock (_channels)
        {
            return _lanes.GetOrAdd(queue, q => new Lane(this, q, _names.ToAmqp(q), _channels[_laneCount++ % _channels.Length], _time));
        }
    }
}
