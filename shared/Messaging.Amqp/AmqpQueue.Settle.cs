using RabbitMQ.Client;

namespace Messaging.Amqp;

public sealed partial class AmqpQueue
{
    /// <inheritdoc/>
    public async Task CompleteAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, CancellationToken ct)
    {
        await AckAsync(queue, Take(envelopes), ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task AbandonAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan delay, CancellationToken ct)
    {
        var deliveries = Take(envelopes);
        if (delay > TimeSpan.Zero)
        {
            await ReplaceAsync(queue, queue, deliveries, delay, EnvelopeMessages.Again, ct).ConfigureAwait(false);
            return;
        }
        foreach (var delivery in deliveries)
        {
            await GiveBackAsync(delivery).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task ExtendAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan visibility, CancellationToken ct)
    {
        foreach (var envelope in envelopes)
        {
            _held.Extend(envelope, visibility);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task DeadLetterAsync(string queue, ReceivedEnvelope envelope, string reason, CancellationToken ct)
    {
        var now = _time.GetUtcNow();
        await ReplaceAsync(queue, DeadLetters.QueueFor(queue), Take([envelope]), default, e => EnvelopeMessages.Dead(e, reason, now), ct)
            .ConfigureAwait(false);
    }

    // The copy is confirmed before the original is acknowledged: a crash between doubles, it never loses.
    private async Task ReplaceAsync(
        string from,
        string to,
        List<Delivery> deliveries,
        TimeSpan delay,
        Func<ReceivedEnvelope, BasicProperties> properties,
        CancellationToken ct
    )
    {
        if (deliveries.Count == 0)
        {
            return;
        }
        var settled = new HashSet<Delivery>();
        try
        {
            var messages = new Publication[deliveries.Count];
            for (var i = 0; i < messages.Length; i++)
            {
                var envelope = deliveries[i].Envelope;
                messages[i] = await ToPublicationAsync(to, delay, properties(envelope), envelope.Body, ct).ConfigureAwait(false);
            }
            var (outcomes, error) = await PublishAsync(to, messages, ct).ConfigureAwait(false);
            settled.UnionWith(deliveries.Where((_, i) => outcomes[i] == Confirmation.Stored));
            foreach (var delivery in settled)
            {
                Count(to, delivery.Envelope, delay);
            }
            await AckAsync(from, [.. settled], ct).ConfigureAwait(false);
            if (settled.Count < deliveries.Count)
            {
                throw new IOException($"{deliveries.Count - settled.Count} envelopes of {from} could not be moved to {to}.", error);
            }
        }
        catch (Exception e) when (IsOfTheBroker(e, ct))
        {
            throw e as IOException ?? AmqpErrors.Wrap("Moving", from, e);
        }
        finally
        {
            foreach (var delivery in deliveries)
            {
                if (!settled.Contains(delivery))
                {
                    _held.PutBack(delivery);
                }
            }
        }
    }

    private void Count(string queue, ReceivedEnvelope envelope, TimeSpan delay)
    {
        GaugeOf(queue).Sent([new OutgoingEnvelope(envelope.Id, default, envelope.Items, delay)]);
        if (delay > TimeSpan.Zero)
        {
            DelayedOf(queue).Add(envelope.Items, DelaySteps.For(delay));
        }
    }

    private List<Delivery> Take(IReadOnlyList<ReceivedEnvelope> envelopes)
    {
        var taken = new List<Delivery>(envelopes.Count);
        foreach (var envelope in envelopes)
        {
            if (_held.Take(envelope) is { } delivery)
            {
                taken.Add(delivery);
            }
        }
        return taken;
    }

    // Not answered by the broker: an acknowledgement that is lost with the connection means one more delivery.
    private async Task AckAsync(string queue, List<Delivery> deliveries, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(_options.CallTimeout, _time);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        for (var i = 0; i < deliveries.Count; i++)
        {
            try
            {
                await deliveries[i].AckAsync(cut.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
            {
                if (deliveries[i].Channel.IsOpen)
                {
                    deliveries.GetRange(i, deliveries.Count - i).ForEach(_held.PutBack);
                    ct.ThrowIfCancellationRequested();
                    throw AmqpErrors.Wrap("Completing", queue, e);
                }
                // Its channel is gone: the broker delivers it again, whatever is tried here.
                _logger.SettledInVain("Completing", queue, e);
            }
        }
        AmqpTelemetry.Calls.Count("ack", queue, deliveries.Count);
    }
}
