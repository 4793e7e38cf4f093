using RabbitMQ.Client;

namespace Messaging.Amqp;

public sealed partial class AmqpQueue
{
    /// <inheritdoc/>
    public async Task SendAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct)
    {
        if (batch.Count == 0)
        {
            return;
        }
        ObjectDisposedException.ThrowIf(_disposed, this);
        var now = _time.GetUtcNow();
        var messages = new Publication[batch.Count];
        try
        {
            await EnsureQueueAsync(queue, ct).ConfigureAwait(false);
            for (var i = 0; i < messages.Length; i++)
            {
                var envelope = batch[i];
                messages[i] = await ToPublicationAsync(queue, envelope.Delay, EnvelopeMessages.Properties(envelope, now), envelope.Body, ct)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsOfTheBroker(e, ct))
        {
            throw new QueueSendException(SendFailure.Refused, batch, $"Sending to {queue}: {e.Message}", e);
        }

        var (outcomes, error) = await PublishAsync(queue, messages, ct).ConfigureAwait(false);

        var stored = batch.Where((_, i) => outcomes[i] == Confirmation.Stored).ToList();
        GaugeOf(queue).Sent(stored);
        CountDelayed(queue, stored);
        if (stored.Count < batch.Count)
        {
            throw NotConfirmed(queue, batch, outcomes, error);
        }
    }

    private void CountDelayed(string queue, List<OutgoingEnvelope> stored)
    {
        foreach (var envelope in stored)
        {
            if (envelope.Delay > TimeSpan.Zero)
            {
                DelayedOf(queue).Add(envelope.Items, DelaySteps.For(envelope.Delay));
            }
        }
    }

    private async ValueTask<Publication> ToPublicationAsync(
        string queue,
        TimeSpan delay,
        BasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken ct
    )
    {
        var step = delay > TimeSpan.Zero ? DelaySteps.For(delay) : TimeSpan.Zero;
        var exchange = step > TimeSpan.Zero ? await _topology.EnsureDelayAsync(step, ct).ConfigureAwait(false) : "";
        return new Publication(exchange, _names.ToAmqp(queue), properties, body, step);
    }

    // What somebody deleted is made again, once, and what came back for it is sent again.
    private async Task<(Confirmation[] Outcomes, Exception? Error)> PublishAsync(string queue, Publication[] messages, CancellationToken ct)
    {
        var (outcomes, error) = await _publisher.PublishAsync(queue, messages, ct).ConfigureAwait(false);
        ForgetDelays(messages, outcomes);
        var returned = Enumerable.Range(0, outcomes.Length).Where(i => outcomes[i] == Confirmation.Returned).ToArray();
        if (returned.Length == 0)
        {
            return (outcomes, error);
        }
        Forget(queue);
        try
        {
            await EnsureQueueAsync(queue, ct).ConfigureAwait(false);
            foreach (var step in returned.Select(i => messages[i].Step).Where(step => step > TimeSpan.Zero).Distinct())
            {
                await _topology.EnsureDelayAsync(step, ct).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsOfTheBroker(e, ct))
        {
            return (outcomes, e);
        }
        var (again, errorAgain) = await _publisher.PublishAsync(queue, [.. returned.Select(i => messages[i])], ct).ConfigureAwait(false);
        for (var i = 0; i < returned.Length; i++)
        {
            outcomes[returned[i]] = again[i];
        }
        return (outcomes, errorAgain ?? error);
    }

    // A step's queue that is gone sends back what comes for it. Its exchange that is gone ends the channel (AMQP 0-9-1, 1.5.3: 404), and nobody
    // knows what became of what was under way: whoever repeats it must find the exchange again.
    private void ForgetDelays(Publication[] messages, Confirmation[] outcomes)
    {
        for (var i = 0; i < messages.Length; i++)
        {
            if (messages[i].Step > TimeSpan.Zero && outcomes[i] is not (Confirmation.Stored or Confirmation.Refused))
            {
                _topology.ForgetDelay(messages[i].Step);
            }
        }
    }

    private static QueueSendException NotConfirmed(
        string queue,
        IReadOnlyList<OutgoingEnvelope> batch,
        Confirmation[] outcomes,
        Exception? error
    )
    {
        var unconfirmed = batch.Where((_, i) => outcomes[i] != Confirmation.Stored).ToList();
        var mayBeStored = outcomes.Contains(Confirmation.Unknown);
        AmqpTelemetry.Unconfirmed.Count(mayBeStored ? "unknown" : "refused", unconfirmed.Count);
        return new QueueSendException(
            mayBeStored ? SendFailure.Unknown : SendFailure.Refused,
            unconfirmed,
            $"Sending to {queue}: {error?.Message ?? (mayBeStored ? "the connection was lost before all was confirmed." : "the broker refused.")}",
            error
        );
    }
}
