using System.Collections.Concurrent;
using Aws.Sqs;

namespace Messaging.Sqs;

public sealed partial class SqsQueue
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Receiver> _receivers = new();
    private readonly ConcurrentDictionary<Task, bool> _leftPolls = new();

    /// <summary>
    /// At most 10 at a time. A wait is rounded up to whole seconds. A cancelled wait leaves its poll to SQS, which cannot be told;
    /// what that brings is handed to the next receiver, or given back.
    /// </summary>
    public async Task<IReadOnlyList<ReceivedEnvelope>> ReceiveAsync(string queue, int maxEnvelopes, TimeSpan wait, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var most = Math.Clamp(maxEnvelopes, 1, BatchSize);
        var receiver = _receivers.GetOrAdd(queue, name => new Receiver(new PollGate(_options.MaxPolls, _time)));
        var url = await _directory.UrlAsync(queue, ct).ConfigureAwait(false);
        var started = _time.GetTimestamp();
        while (true)
        {
            if (receiver.Take(most) is { Count: > 0 } handedOver)
            {
                return handedOver;
            }
            var left = wait - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                // Short, so it is neither rationed nor cancelled.
                return wait > TimeSpan.Zero ? [] : await PollAsync(queue, url, most, TimeSpan.Zero).ConfigureAwait(false);
            }
            if (!await receiver.Gate.EnterAsync(left, ct).ConfigureAwait(false))
            {
                return receiver.Take(most);
            }
            left = wait - _time.GetElapsedTime(started);
            if (left < wait / 10)
            {
                // The turn came too late for a poll that pays.
                receiver.Gate.Leave(more: null);
                return receiver.Take(most);
            }
            if (await PollInTurnAsync(queue, url, receiver, most, left, ct).ConfigureAwait(false) is { Count: > 0 } received)
            {
                return received;
            }
        }
    }

    private async Task<IReadOnlyList<ReceivedEnvelope>> PollInTurnAsync(
        string queue,
        string url,
        Receiver receiver,
        int most,
        TimeSpan wait,
        CancellationToken ct
    )
    {
        // Handed over while this one waited for its turn.
        if (receiver.Take(most) is { Count: > 0 } handedOver)
        {
            receiver.Gate.Leave(more: null);
            return handedOver;
        }
        var poll = PollAsync(queue, url, most, wait < _options.LongestPoll ? wait : _options.LongestPoll);
        bool? more = null;
        try
        {
            var received = await poll.WaitAsync(ct).ConfigureAwait(false);
            more = PollGate.More(received.Count, most);
            return received;
        }
        finally
        {
            if (poll.IsCompleted)
            {
                receiver.Gate.Leave(more);
            }
            else
            {
                // Cancelled. Cutting the connection would not take the request back, and what it claims would stay hidden.
                LeaveBehind(queue, receiver, poll, most);
            }
        }
    }

    private void LeaveBehind(string queue, Receiver receiver, Task<IReadOnlyList<ReceivedEnvelope>> poll, int most)
    {
        var left = HandOverAsync(queue, receiver, poll, most);
        _leftPolls[left] = true;
        _ = left.ContinueWith(
            done => _leftPolls.TryRemove(done, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private async Task HandOverAsync(string queue, Receiver receiver, Task<IReadOnlyList<ReceivedEnvelope>> poll, int most)
    {
        var foundSome = false;
        bool? more = null;
        try
        {
            var received = await poll.ConfigureAwait(false);
            foundSome = received.Count > 0;
            more = PollGate.More(received.Count, most);
            receiver.Put(received);
        }
        catch (Exception e)
        {
            // Nothing came of it; whoever asked has gone.
            _logger.LeftPollFailed(queue, e);
        }
        finally
        {
            receiver.Gate.Leave(more);
        }
        if (!foundSome)
        {
            return;
        }
        await Task.Delay(_options.HandOver, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var rest = receiver.Take(int.MaxValue);
        try
        {
            if (rest.Count > 0)
            {
                await AbandonAsync(queue, rest, TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // They come back when their visibility ends.
            _logger.NotGivenBack(queue, rest.Count, e);
        }
    }

    private async Task<IReadOnlyList<ReceivedEnvelope>> PollAsync(string queue, string url, int most, TimeSpan wait)
    {
        var seconds = Seconds(wait);
        var request = new ReceiveMessageRequest
        {
            QueueUrl = url,
            MaxNumberOfMessages = most,
            WaitTimeSeconds = seconds,
            VisibilityTimeout = Seconds(_visibility + _options.ReceiveMargin),
            MessageAttributeNames = EnvelopeMessages.AttributeNames,
            MessageSystemAttributeNames = EnvelopeMessages.SystemAttributeNames,
        };
        var timeout = TimeSpan.FromSeconds(seconds) + _options.CallTimeout;
        ReceiveMessageResponse answer;
        try
        {
            answer = await _calls
                .OnceAsync("ReceiveMessage", queue, timeout, (c, t) => c.ReceiveMessageAsync(request, t), _stopping.Token)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (SqsCalls.IsPassing(e))
        {
            throw new IOException($"SQS did not carry out ReceiveMessage: {e.Message}", e);
        }
        catch (Exception e) when (SqsCalls.IsNoSuchQueue(e))
        {
            _directory.Forget(queue);
            throw new IOException($"SQS has no queue {queue} any more.", e);
        }
        var claimedAt = _time.GetTimestamp();
        var received = new List<ReceivedEnvelope>(answer.Messages?.Count ?? 0);
        var bytes = 0L;
        foreach (var message in answer.Messages ?? [])
        {
            bytes += message.Body.Length;
            if (MessageDigests.BodyMatches(message.Body, message.MD5OfBody))
            {
                received.Add(EnvelopeMessages.ToEnvelope(queue, message, claimedAt));
            }
            else
            {
                SqsTelemetry.Corrupt.Count("ReceiveMessage", queue);
                _logger.CorruptReceived(queue, message.MessageId);
            }
        }
        SqsTelemetry.Units.Count("ReceiveMessage", queue, SqsTelemetry.UnitsOf(bytes));
        GaugeOf(queue).Received(received);
        return received;
    }

    /// <summary>One queue's polls, and what they brought for nobody.</summary>
    private sealed class Receiver(PollGate gate)
    {
        private readonly ConcurrentQueue<ReceivedEnvelope> _handedOver = new();

        public PollGate Gate => gate;

        public void Put(IReadOnlyList<ReceivedEnvelope> received)
        {
            foreach (var one in received)
            {
                _handedOver.Enqueue(one);
            }
        }

        public List<ReceivedEnvelope> Take(int most)
        {
            var taken = new List<ReceivedEnvelope>();
            while (taken.Count < most && _handedOver.TryDequeue(out var one))
            {
                taken.Add(one);
            }
            return taken;
        }
    }
}
