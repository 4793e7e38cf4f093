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
                    AmqpTelemetry.Calls.Count("receive", queue);
                    await WatchAsync(lane, lane.FetchAsync(maxEnvelopes)).WaitAsync(ct).ConfigureAwait(false);
                    taken = lane.Inbox.Take(maxEnvelopes);
                }
                var left = wait - _time.GetElapsedTime(started);
                if (taken.Count > 0 || left <= TimeSpan.Zero)
                {
                    return HandOut(queue, taken);
                }
                await lane.ListenAsync(left, ct).ConfigureAwait(false);
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

    // Goes on although its receiver has gone: what it brings is in the inbox.
    private Task WatchAsync(Lane lane, Task fetching)
    {
        if (!fetching.IsCompleted)
        {
            _fetching.TryAdd(fetching, lane);
            fetching.ContinueWith(
                (done, _) =>
                {
                    _fetching.TryRemove(done, out var from);
                    if (done.Exception?.InnerException is { } error)
                    {
                        _logger.FetchFailed(from!.Queue, error);
                    }
                },
                null,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }
        return fetching;
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
