namespace Messaging;

/// <summary>Sends dead letters back to the queue that they died on.</summary>
public static class DeadLetterReplay
{
    /// <summary>
    /// Sends all, repeating what is not confirmed until <see cref="EnvelopeSenderOptions.SendDeadline"/>. What comes back as confirmed is
    /// stored; the rest may be, and may be sent again another time: every consumer is idempotent.
    /// </summary>
    /// <returns>The letters whose envelopes were confirmed.</returns>
    public static async Task<IReadOnlyList<DeadLetter>> SendAsync(
        IMessageQueue queue,
        string queueName,
        IReadOnlyList<DeadLetter> letters,
        EnvelopeSenderOptions options,
        TimeProvider time,
        CancellationToken ct
    )
    {
        var confirmed = new List<DeadLetter>(letters.Count);
        using var deadline = new CancellationTokenSource(options.SendDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        foreach (var chunk in DeadLetterCodec.Pack(letters, options, time.GetUtcNow()).Chunk(options.MaxEnvelopesPerSend))
        {
            var open = chunk.ToDictionary(one => one.Envelope.Id);
            for (var attempt = 1; open.Count > 0 && !deadline.IsCancellationRequested; attempt++)
            {
                // The same envelopes with the same ids, as for every send whose outcome is unknown.
                var unconfirmed = await TrySendAsync(queue, queueName, [.. open.Values.Select(one => one.Envelope)], either.Token)
                    .ConfigureAwait(false);
                ct.ThrowIfCancellationRequested();
                foreach (var id in open.Keys.Except(unconfirmed).ToList())
                {
                    open.Remove(id, out var sent);
                    confirmed.AddRange(sent.Letters);
                }
                if (open.Count > 0)
                {
                    await Task.Delay(options.RetryDelay.Delay(attempt), time, either.Token)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        return confirmed;
    }

    private static async Task<IEnumerable<Guid>> TrySendAsync(
        IMessageQueue queue,
        string queueName,
        List<OutgoingEnvelope> envelopes,
        CancellationToken ct
    )
    {
        try
        {
            await queue.SendAsync(queueName, envelopes, ct).ConfigureAwait(false);
            return [];
        }
        catch (QueueSendException e)
        {
            return e.Unconfirmed.Select(envelope => envelope.Id);
        }
        catch (OperationCanceledException)
        {
            // The deadline, or the caller: nobody knows.
            return envelopes.Select(envelope => envelope.Id);
        }
    }
}
