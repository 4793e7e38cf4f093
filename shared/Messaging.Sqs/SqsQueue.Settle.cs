using Aws;
using Aws.Sqs;

namespace Messaging.Sqs;

public sealed partial class SqsQueue
{
    /// <inheritdoc/>
    public Task CompleteAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, CancellationToken ct) =>
        InBatchesAsync("DeleteMessageBatch", queue, envelopes, DeleteAsync, ct);

    /// <inheritdoc/>
    public Task AbandonAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan delay, CancellationToken ct) =>
        HideAsync(queue, envelopes, delay, ct);

    /// <inheritdoc/>
    public Task ExtendAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan visibility, CancellationToken ct) =>
        HideAsync(queue, envelopes, visibility, ct);

    /// <summary>
    /// A copy to the dead letters, confirmed, then the original removed: SQS has no way to do both at once, so a crash between
    /// leaves both.
    /// </summary>
    public async Task DeadLetterAsync(string queue, ReceivedEnvelope envelope, string reason, CancellationToken ct)
    {
        // A stale handle shows itself here, before anything is copied; a current one gets the time for the rest.
        if (await HideAsync(queue, [envelope], Visibility, ct).ConfigureAwait(false) > 0)
        {
            return;
        }
        var copy = new OutgoingEnvelope(envelope.Id, envelope.Body, envelope.Items);
        await SendAsync(DeadLetters.QueueFor(queue), [copy], reason, ct).ConfigureAwait(false);
        await CompleteAsync(queue, [envelope], ct).ConfigureAwait(false);
    }

    private Task<int> HideAsync(string queue, IReadOnlyList<ReceivedEnvelope> envelopes, TimeSpan visibility, CancellationToken ct)
    {
        var seconds = Seconds(visibility < LongestVisibility ? visibility : LongestVisibility);
        return InBatchesAsync(
            "ChangeMessageVisibilityBatch",
            queue,
            envelopes,
            (client, url, batch, t) => ChangeVisibilityAsync(client, url, batch, seconds, t),
            ct
        );
    }

    private static async Task<List<BatchResultErrorEntry>?> DeleteAsync(
        AmazonSQSClient client,
        string url,
        List<ReceivedEnvelope> batch,
        CancellationToken ct
    )
    {
        var request = new DeleteMessageBatchRequest
        {
            QueueUrl = url,
            Entries = [.. batch.Select((e, i) => new DeleteMessageBatchRequestEntry { Id = EntryId(i), ReceiptHandle = e.Handle })],
        };
        return (await client.DeleteMessageBatchAsync(request, ct).ConfigureAwait(false)).Failed;
    }

    private static async Task<List<BatchResultErrorEntry>?> ChangeVisibilityAsync(
        AmazonSQSClient client,
        string url,
        List<ReceivedEnvelope> batch,
        int seconds,
        CancellationToken ct
    )
    {
        var request = new ChangeMessageVisibilityBatchRequest
        {
            QueueUrl = url,
            Entries =
            [
                .. batch.Select(
                    (e, i) =>
                        new ChangeMessageVisibilityBatchRequestEntry
                        {
                            Id = EntryId(i),
                            ReceiptHandle = e.Handle,
                            VisibilityTimeout = seconds,
                        }
                ),
            ],
        };
        return (await client.ChangeMessageVisibilityBatchAsync(request, ct).ConfigureAwait(false)).Failed;
    }

    // Returns how many handles turned out to be stale.
    private async Task<int> InBatchesAsync(
        string operation,
        string queue,
        IReadOnlyList<ReceivedEnvelope> envelopes,
        Func<AmazonSQSClient, string, List<ReceivedEnvelope>, CancellationToken, Task<List<BatchResultErrorEntry>?>> call,
        CancellationToken ct
    )
    {
        if (envelopes.Count == 0)
        {
            return 0;
        }
        var url = await _directory.UrlAsync(queue, ct).ConfigureAwait(false);
        var stale = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.MaxBatchesAtOnce, CancellationToken = ct };
        await Parallel
            .ForEachAsync(
                envelopes.Chunk(BatchSize),
                parallel,
                async (batch, token) =>
                {
                    var found = await SettleBatchAsync(operation, queue, url, [.. batch], call, token).ConfigureAwait(false);
                    Interlocked.Add(ref stale, found);
                }
            )
            .ConfigureAwait(false);
        return stale;
    }

    private async Task<int> SettleBatchAsync(
        string operation,
        string queue,
        string url,
        List<ReceivedEnvelope> open,
        Func<AmazonSQSClient, string, List<ReceivedEnvelope>, CancellationToken, Task<List<BatchResultErrorEntry>?>> call,
        CancellationToken ct
    )
    {
        var stale = 0;
        for (var attempt = 1; ; attempt++)
        {
            SqsTelemetry.Units.Count(operation, queue);
            List<BatchResultErrorEntry>? failed;
            try
            {
                var batch = open;
                failed = await _calls.RepeatAsync(operation, queue, (c, t) => call(c, url, batch, t), ct).ConfigureAwait(false);
            }
            catch (AwsJsonException e) when (SqsCalls.IsNoSuchQueue(e))
            {
                // The queue was removed, and what was in it with it.
                _directory.Forget(queue);
                return stale + open.Count;
            }
            var again = new List<ReceivedEnvelope>();
            string? code = null;
            foreach (var failure in failed ?? [])
            {
                SqsTelemetry.FailedEntries.Count(operation, queue, failure.Code ?? "unknown");
                if (IsStale(failure))
                {
                    stale++;
                }
                else if (TryEntry(failure.Id, open.Count, out var index))
                {
                    again.Add(open[index]);
                    code = failure.Code;
                }
            }
            if (again.Count == 0)
            {
                return stale;
            }
            if (attempt >= _options.Attempts)
            {
                throw new IOException($"SQS did not carry out {operation} for {again.Count} of {open.Count} envelopes: {code}");
            }
            open = again;
            await _calls.PauseAsync(operation, queue, attempt, null, ct).ConfigureAwait(false);
        }
    }

    // The last is what SQS says of a handle that was one once.
    private static bool IsStale(BatchResultErrorEntry failed) =>
        failed.Code
            is "ReceiptHandleIsInvalid"
                or "MessageNotInflight"
                or "AWS.SimpleQueueService.MessageNotInflight"
                or "InvalidParameterValue";
}
