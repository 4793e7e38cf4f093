using Aws.Sqs;

namespace Messaging.Sqs;

public sealed partial class SqsQueue
{
    // Of a batch and of a single message (Amazon SQS Developer Guide, "Message quotas"): 1 MiB.
    private const int MaxBatchBytes = 1024 * 1024;

    /// <inheritdoc/>
    public Task SendAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, CancellationToken ct) => SendAsync(queue, batch, null, ct);

    private async Task SendAsync(string queue, IReadOnlyList<OutgoingEnvelope> batch, string? reason, CancellationToken ct)
    {
        if (batch.Count == 0)
        {
            return;
        }
        string url;
        try
        {
            url = await _directory.UrlAsync(queue, ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // No envelope left this process yet.
            throw new QueueSendException(SendFailure.Refused, batch, $"The queue {queue} cannot be found in SQS: {e.Message}", e);
        }
        var sends = batch.Select(e => new PendingEntry(e)).ToArray();
        var open = sends.ToList();
        Exception? error = null;
        for (var attempt = 1; open.Count > 0; attempt++)
        {
            foreach (var chunk in Chunks(open, reason))
            {
                error = await SendChunkAsync(queue, url, chunk, ct).ConfigureAwait(false) ?? error;
            }
            open.RemoveAll(s => s.IsDone);
            if (open.Count == 0 || attempt >= _options.Attempts || !await CanPauseAsync(queue, attempt, error, ct).ConfigureAwait(false))
            {
                break;
            }
        }
        GaugeOf(queue).Sent(sends.Where(s => s.State == EntryState.Stored).Select(s => s.Envelope));
        var unconfirmed = sends.Where(s => s.State != EntryState.Stored).ToArray();
        if (unconfirmed.Length > 0)
        {
            var outcome = unconfirmed.Any(s => s.MayBeStored) ? SendFailure.Unknown : SendFailure.Refused;
            var why = unconfirmed.Select(s => s.Code).FirstOrDefault(c => c is not null) ?? error?.Message;
            throw new QueueSendException(
                outcome,
                [.. unconfirmed.Select(s => s.Envelope)],
                $"SQS did not confirm {unconfirmed.Length} of {batch.Count} envelopes: {why}",
                error
            );
        }
    }

    // By ten, and by 1 MiB; what is larger by itself goes alone, for SQS to refuse.
    private static IEnumerable<List<PendingEntry>> Chunks(List<PendingEntry> open, string? reason)
    {
        var chunk = new List<PendingEntry>(BatchSize);
        var bytes = 0;
        foreach (var send in open)
        {
            send.Prepare(reason);
            if (chunk.Count == BatchSize || (chunk.Count > 0 && bytes + send.Bytes > MaxBatchBytes))
            {
                yield return chunk;
                chunk = new List<PendingEntry>(BatchSize);
                bytes = 0;
            }
            chunk.Add(send);
            bytes += send.Bytes;
        }
        yield return chunk;
    }

    // One request: marks each of its entries, and returns what failed it as a whole.
    private async Task<Exception?> SendChunkAsync(string queue, string url, List<PendingEntry> chunk, CancellationToken ct)
    {
        var request = new SendMessageBatchRequest { QueueUrl = url, Entries = [.. chunk.Select((send, i) => send.Entry(EntryId(i)))] };
        SqsTelemetry.Units.Count("SendMessageBatch", queue, SqsTelemetry.UnitsOf(chunk.Sum(s => (long)s.Bytes)));
        SendMessageBatchResponse answer;
        try
        {
            answer = await _calls
                .OnceAsync("SendMessageBatch", queue, _options.CallTimeout, (c, t) => c.SendMessageBatchAsync(request, t), ct)
                .ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (SqsCalls.IsNoSuchQueue(e))
            {
                _directory.Forget(queue);
            }
            // The caller repeats, with a back-off and a deadline of its own: what failed as a whole is not repeated here.
            var refused = SqsCalls.IsRefused(e);
            foreach (var send in chunk)
            {
                send.GiveUp(mayBeStored: !refused);
            }
            return e;
        }
        foreach (var stored in answer.Successful ?? [])
        {
            if (TryEntry(stored.Id, chunk.Count, out var index))
            {
                Confirm(queue, chunk[index], stored);
            }
        }
        foreach (var failed in answer.Failed ?? [])
        {
            if (TryEntry(failed.Id, chunk.Count, out var index))
            {
                SqsTelemetry.FailedEntries.Count("SendMessageBatch", queue, failed.Code ?? "unknown");
                chunk[index].Fail(failed);
            }
        }
        if (answer.Failed is [var first, ..])
        {
            _logger.EntriesFailed(answer.Failed.Count, chunk.Count, queue, first.Code ?? "unknown");
        }
        foreach (var send in chunk)
        {
            send.EndRound();
        }
        return null;
    }

    private static void Confirm(string queue, PendingEntry send, SendMessageBatchResultEntry stored)
    {
        var (body, attributes) = send.Sent;
        if (
            MessageDigests.BodyMatches(body, stored.MD5OfMessageBody)
            && MessageDigests.AttributesMatch(attributes, stored.MD5OfMessageAttributes)
        )
        {
            send.Store();
            return;
        }
        // Something is stored, but not this: it is sent again, and the other will not be readable.
        SqsTelemetry.Corrupt.Count("SendMessageBatch", queue);
    }

    private async Task<bool> CanPauseAsync(string queue, int attempt, Exception? error, CancellationToken ct)
    {
        try
        {
            await _calls.PauseAsync("SendMessageBatch", queue, attempt, error, ct).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            // No time left: the entries are told as they stand.
            return false;
        }
    }

    private enum EntryState
    {
        Open,
        Stored,
        GivenUp,
    }

    /// <summary>One envelope on its way, over all its attempts.</summary>
    private sealed class PendingEntry(OutgoingEnvelope envelope)
    {
        private SendMessageBatchRequestEntry? _prepared;
        private bool _encode;
        private bool _told;

        public OutgoingEnvelope Envelope => envelope;

        public EntryState State { get; private set; }

        public bool IsDone => State != EntryState.Open;

        /// <summary>Some attempt ended without a clear no.</summary>
        public bool MayBeStored { get; private set; }

        public string? Code { get; private set; }

        public int Bytes { get; private set; }

        public (string Body, Dictionary<string, MessageAttributeValue>? Attributes) Sent =>
            (_prepared!.MessageBody, _prepared.MessageAttributes);

        public void Prepare(string? reason)
        {
            _prepared = EnvelopeMessages.ToEntry(envelope, reason, _encode);
            Bytes = EnvelopeMessages.SizeOf(_prepared);
            _told = false;
        }

        public SendMessageBatchRequestEntry Entry(string id)
        {
            _prepared!.Id = id;
            return _prepared;
        }

        public void Store() => State = EntryState.Stored;

        public void GiveUp(bool mayBeStored)
        {
            State = EntryState.GivenUp;
            MayBeStored |= mayBeStored;
        }

        public void Fail(BatchResultErrorEntry failed)
        {
            Code = failed.Code;
            _told = true;
            if (failed.Code == "InvalidMessageContents" && !_encode)
            {
                // Characters that this endpoint does not take: once more, in base64.
                _encode = true;
            }
            else if (failed.SenderFault)
            {
                State = EntryState.GivenUp;
            }
            else
            {
                // SQS's own fault; an internal error of its does not say that nothing was stored.
                MayBeStored |= failed.Code is not ("RequestThrottled" or "ThrottlingException" or "ServiceUnavailable");
            }
        }

        /// <summary>Neither confirmed nor failed, or confirmed with another checksum: nobody knows.</summary>
        public void EndRound()
        {
            if (State == EntryState.Open && !_told)
            {
                MayBeStored = true;
            }
        }
    }
}
