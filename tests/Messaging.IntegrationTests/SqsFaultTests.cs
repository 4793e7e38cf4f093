using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Messaging.Sqs;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>What SQS and the way to it do to messages. The promise: what was confirmed is never lost; what may be lost is never confirmed.</summary>
public sealed class SqsFaultTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _name = $"fault-{Guid.NewGuid():N}";
    private SqsFaultProxy _proxy = null!;
    private SqsQueue _queue = null!;

    public async Task InitializeAsync()
    {
        _proxy = await SqsFaultProxy.StartAsync();
        _queue = Open();
    }

    public async Task DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task An_endpoint_that_answers_503_for_a_while_costs_time_and_no_message()
    {
        // Sends, receives and settlements alike.
        _proxy.OnCallAsync = call =>
            call.Operation is "SendMessageBatch" or "ReceiveMessage" or "DeleteMessageBatch" && call.Number % 20 is > 0 and <= 6
                ? call.UnavailableAsync()
                : SqsFaultProxy.PassAsync(call);

        await Traffic.AssertAllArriveAsync(_queue, _name, 1000);
    }

    [Fact]
    public async Task A_connection_cut_in_the_middle_of_a_batch_loses_nothing()
    {
        _proxy.OnCallAsync = async call =>
        {
            if (call.Operation is not ("SendMessageBatch" or "ReceiveMessage" or "DeleteMessageBatch"))
            {
                await SqsFaultProxy.PassAsync(call);
                return;
            }
            switch (call.Number % 8)
            {
                case 1:
                    call.Http.Abort();
                    break;
                case 3 when call.Operation != "ReceiveMessage":
                    // Carried out, and nobody is told.
                    await call.ForwardAsync();
                    call.Http.Abort();
                    break;
                case 5 when call.Operation != "ReceiveMessage":
                    await call.CutAnswerAsync(await call.ForwardAsync());
                    break;
                default:
                    await SqsFaultProxy.PassAsync(call);
                    break;
            }
        };

        await Traffic.AssertAllArriveAsync(_queue, _name, 1000);
    }

    [Fact]
    public async Task Messages_delivered_twice_and_out_of_order_are_all_there_and_known_by_their_ids()
    {
        var random = new Random(17);
        var seen = new ConcurrentQueue<JsonNode>();
        var duplicates = 0;
        _proxy.OnCallAsync = async call =>
        {
            var answer = await call.ForwardAsync();
            if (call.Operation == "ReceiveMessage" && answer["Messages"] is JsonArray messages)
            {
                lock (random)
                {
                    var mixed = messages.Select(m => m!.DeepClone()).ToArray();
                    random.Shuffle(mixed);
                    foreach (var message in mixed)
                    {
                        seen.Enqueue(message.DeepClone());
                    }
                    // Whatever came before may come again, its receipt handle stale by now.
                    var again = random.NextDouble() < 0.05 * mixed.Length ? seen.ElementAt(random.Next(seen.Count)) : null;
                    answer["Messages"] = new JsonArray([
                        .. again is null ? mixed : [.. mixed.Take(9), again.DeepClone(), .. mixed.Skip(9)],
                    ]);
                    duplicates += again is null ? 0 : 1;
                }
            }
            await call.AnswerAsync(answer);
        };

        await Traffic.AssertAllArriveAsync(_queue, _name, 2000, itemsAnEnvelope: 5);
        Assert.True(duplicates > 5, $"{duplicates} duplicates");
    }

    [Fact]
    public async Task Nothing_is_confirmed_that_was_not_stored()
    {
        await _queue.EnsureQueueAsync(_name, None);
        _proxy.OnCallAsync = call => call.UnavailableAsync();
        await using var sender = Sender(TimeSpan.FromSeconds(1));

        Assert.Equal(SendOutcome.Unknown, await sender.SendAsync(new Note(1, "lost"), None));
    }

    [Fact]
    public async Task An_outage_beyond_the_deadline_refuses_what_comes_and_keeps_what_came()
    {
        await using var sender = Sender(TimeSpan.FromSeconds(1));
        Assert.Equal(SendOutcome.Stored, await sender.SendAllAsync([.. Enumerable.Range(0, 200).Select(n => new Note(n, "before"))], None));
        _proxy.OnCallAsync = call => call.UnavailableAsync();

        var during = await Task.WhenAll(Enumerable.Range(200, 50).Select(n => sender.SendAsync(new Note(n, "during"), None).AsTask()));
        await Assert.ThrowsAsync<IOException>(() => _queue.ReceiveAsync(_name, 10, TimeSpan.Zero, None));
        await Assert.ThrowsAsync<IOException>(() => _queue.DepthAsync(_name, None));
        _proxy.OnCallAsync = SqsFaultProxy.PassAsync;

        Assert.All(during, outcome => Assert.NotEqual(SendOutcome.Stored, outcome));
        Assert.Equal(SendOutcome.Stored, await sender.SendAsync(new Note(250, "after"), None));
        var arrived = (await ReceiveAsync(3)).SelectMany(e => Notes(e)).Select(note => note.Number).ToHashSet();
        Assert.Equal(Enumerable.Range(0, 200).Append(250), arrived.Order());
    }

    [Fact]
    public async Task An_endpoint_that_is_not_there_certainly_stored_nothing()
    {
        await _queue.EnsureQueueAsync(_name, None);
        await _proxy.DisposeAsync();

        var error = await Assert.ThrowsAsync<QueueSendException>(() => _queue.SendAsync(_name, [Text("x")], None));

        Assert.Equal(SendFailure.Refused, error.Outcome);
    }

    [Fact]
    public async Task Without_an_answer_in_time_nobody_knows()
    {
        await using var impatient = Open(new SqsQueueOptions { CallTimeout = TimeSpan.FromMilliseconds(300) });
        await impatient.EnsureQueueAsync(_name, None);
        var gone = new TaskCompletionSource();
        _proxy.OnCallAsync = async call =>
        {
            call.Http.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        };

        var error = await Assert.ThrowsAsync<QueueSendException>(() => impatient.SendAsync(_name, [Text("x")], None));

        Assert.Equal(SendFailure.Unknown, error.Outcome);
        // The connection is given up with the call.
        await gone.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_refusal_for_the_rate_is_told_as_a_refusal()
    {
        await _queue.EnsureQueueAsync(_name, None);
        _proxy.OnCallAsync = async call =>
        {
            call.Http.Response.StatusCode = 400;
            await call.AnswerAsync(new JsonObject { ["__type"] = "com.amazonaws.sqs#RequestThrottled" });
        };

        var error = await Assert.ThrowsAsync<QueueSendException>(() => _queue.SendAsync(_name, [Text("x")], None));

        Assert.Equal(SendFailure.Refused, error.Outcome);
    }

    [Fact]
    public async Task Entries_that_failed_are_sent_again_and_the_others_are_not()
    {
        _proxy.OnCallAsync = call =>
            call.Operation == "SendMessageBatch" && call.Number <= 2 ? FailSomeAsync(call, "InternalError") : SqsFaultProxy.PassAsync(call);
        var batch = Enumerable.Range(0, 10).Select(i => Text($"{i}")).ToArray();

        await _queue.SendAsync(_name, batch, None);

        Assert.Equal(3, _proxy.CallsOf("SendMessageBatch"));
        var received = await ReceiveAsync(10);
        Assert.Equal(batch.Select(b => b.Id).Order(), received.Select(r => r.Id).Order());
        Assert.Equal(0, (await _queue.DepthAsync(_name, None)).Ready);
    }

    [Theory]
    [InlineData("InternalError", false, SendFailure.Unknown)]
    [InlineData("RequestThrottled", false, SendFailure.Refused)]
    [InlineData("InvalidParameterValue", true, SendFailure.Refused)]
    public async Task Entries_that_go_on_failing_are_named(string code, bool senderFault, SendFailure outcome)
    {
        _proxy.OnCallAsync = call =>
            call.Operation == "SendMessageBatch" ? FailSomeAsync(call, code, senderFault) : SqsFaultProxy.PassAsync(call);
        var batch = Enumerable.Range(0, 6).Select(i => Text($"{i}")).ToArray();

        var error = await Assert.ThrowsAsync<QueueSendException>(() => _queue.SendAsync(_name, batch, None));

        Assert.Equal(outcome, error.Outcome);
        Assert.Contains(code, error.Message, StringComparison.Ordinal);
        var stored = (await ReceiveAsync(batch.Length - error.Unconfirmed.Count)).Select(r => r.Id);
        Assert.Equal(batch.Select(b => b.Id).Order(), stored.Concat(error.Unconfirmed.Select(u => u.Id)).Order());
    }

    [Fact]
    public async Task A_deletion_that_failed_in_part_is_repeated_for_that_part()
    {
        await _queue.SendAsync(_name, [.. Enumerable.Range(0, 6).Select(i => Text($"{i}"))], None);
        var received = await ReceiveAsync(6);
        _proxy.OnCallAsync = call =>
            call.Operation == "DeleteMessageBatch" && call.Number == 1
                ? FailSomeAsync(call, "InternalError")
                : SqsFaultProxy.PassAsync(call);

        await _queue.CompleteAsync(_name, received, None);

        Assert.Equal(2, _proxy.CallsOf("DeleteMessageBatch"));
        Assert.Equal(0, (await _queue.DepthAsync(_name, None)).Total);
    }

    [Fact]
    public async Task A_body_changed_on_the_way_back_is_left_to_be_delivered_again()
    {
        await using var brief = Open(new SqsQueueOptions { Visibility = TimeSpan.FromSeconds(1), ReceiveMargin = TimeSpan.Zero });
        await brief.SendAsync(_name, [Text("as it was")], None);
        _proxy.OnCallAsync = async call =>
        {
            var answer = await call.ForwardAsync();
            if (call.Operation == "ReceiveMessage" && call.Number == 1 && answer["Messages"] is JsonArray { Count: 1 } messages)
            {
                messages[0]!["Body"] = "as it was not";
            }
            await call.AnswerAsync(answer);
        };

        Assert.Empty(await brief.ReceiveAsync(_name, 10, TimeSpan.Zero, None));
        var again = Assert.Single(await brief.ReceiveAsync(_name, 10, TimeSpan.FromSeconds(20), None));
        Assert.Equal("as it was", Encoding.UTF8.GetString(again.Body.Span));
        Assert.Equal(2, again.ReceiveCount);
    }

    [Theory]
    [InlineData("MD5OfMessageBody")]
    [InlineData("MD5OfMessageAttributes")]
    public async Task A_checksum_that_is_not_ours_is_no_confirmation(string checksum)
    {
        _proxy.OnCallAsync = async call =>
        {
            var answer = await call.ForwardAsync();
            if (call.Operation == "SendMessageBatch")
            {
                answer["Successful"]![0]![checksum] = "900150983cd24fb0d6963f7d28e17f72";
            }
            await call.AnswerAsync(answer);
        };

        var error = await Assert.ThrowsAsync<QueueSendException>(() => _queue.SendAsync(_name, [Text("x")], None));

        Assert.Equal(SendFailure.Unknown, error.Outcome);
    }

    [Fact]
    public async Task A_queue_removed_behind_our_back_is_made_again()
    {
        await _queue.SendAsync(_name, [Text("gone with it")], None);
        using (var client = SqsEndpoint.Client())
        {
            var url = (await client.GetQueueUrlAsync(new() { QueueName = "platform-" + _name }, None)).QueueUrl;
            await client.DeleteQueueAsync(new() { QueueUrl = url }, None);
        }

        var error = await Assert.ThrowsAsync<QueueSendException>(() => _queue.SendAsync(_name, [Text("x")], None));
        Assert.Equal(SendFailure.Refused, error.Outcome);
        await _queue.SendAsync(_name, [Text("new")], None);

        Assert.Equal("new", Encoding.UTF8.GetString((await ReceiveAsync(1))[0].Body.Span));
    }

    [Fact]
    public async Task An_idle_queue_is_polled_once_however_many_receivers_wait()
    {
        await _queue.EnsureQueueAsync(_name, None);
        var waiting = Enumerable.Range(0, 8).Select(_ => _queue.ReceiveAsync(_name, 10, TimeSpan.FromSeconds(2), None));

        Assert.All(await Task.WhenAll(waiting), Assert.Empty);
        Assert.Equal(1, _proxy.CallsOf("ReceiveMessage"));
    }

    [Fact]
    public async Task What_comes_for_a_receiver_that_has_gone_is_given_to_the_next_or_back()
    {
        await using var other = SqsEndpoint.Open(new SqsQueueOptions());
        await _queue.EnsureQueueAsync(_name, None);
        using var cancel = new CancellationTokenSource();
        var waiting = _queue.ReceiveAsync(_name, 10, TimeSpan.FromSeconds(20), cancel.Token);
        await Traffic.UntilAsync(() => _proxy.CallsOf("ReceiveMessage") == 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await other.SendAsync(_name, [Text("x")], None);

        // Long before its visibility ends: nobody receives here any more.
        var started = TimeProvider.System.GetTimestamp();
        Assert.Single(await other.ReceiveAsync(_name, 1, TimeSpan.FromSeconds(15), None));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Closing_ends_a_poll_that_was_left_behind()
    {
        var closing = Open();
        await closing.EnsureQueueAsync(_name, None);
        using var cancel = new CancellationTokenSource();
        var waiting = closing.ReceiveAsync(_name, 10, TimeSpan.FromSeconds(20), cancel.Token);
        await Traffic.UntilAsync(() => _proxy.CallsOf("ReceiveMessage") == 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await closing.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
    }

    private SqsQueue Open(SqsQueueOptions? options = null) => SqsEndpoint.Open(options ?? new SqsQueueOptions(), _proxy.Url);

    private EnvelopeSender<Note> Sender(TimeSpan deadline) => Traffic.Sender(_queue, _name, deadline);

    private async Task<List<ReceivedEnvelope>> ReceiveAsync(int count)
    {
        var received = new List<ReceivedEnvelope>();
        while (received.Count < count)
        {
            var some = await _queue.ReceiveAsync(_name, 10, TimeSpan.FromSeconds(10), None);
            Assert.True(some.Count > 0, $"{received.Count} of {count} came");
            received.AddRange(some);
        }
        return received;
    }

    // The messages 1 and 4, or the second and fifth entry, don't reach the endpoint, and fail.
    private static async Task FailSomeAsync(ProxiedCall call, string code, bool senderFault = false)
    {
        var entries = call.Request["Entries"]!.AsArray();
        var lost = entries.Where((entry, i) => (entry!["MessageBody"]?.GetValue<string>() ?? $"{i}") is "1" or "4").ToArray();
        foreach (var entry in lost)
        {
            entries.Remove(entry);
        }
        var answer = entries.Count > 0 ? await call.ForwardAsync() : new JsonObject { ["Successful"] = new JsonArray() };
        answer["Failed"] = new JsonArray([
            .. lost.Select(entry => new JsonObject
            {
                ["Id"] = entry!["Id"]!.GetValue<string>(),
                ["Code"] = code,
                ["SenderFault"] = senderFault,
            }),
        ]);
        await call.AnswerAsync(answer);
    }

    private static IEnumerable<Note> Notes(ReceivedEnvelope received)
    {
        Assert.True(new EnvelopeCodec<Note>(NoteJson.Default.Note).TryDecode(received.Body, out var envelope, out var error), error);
        return envelope.Items.Select(item => item.Value);
    }

    private static OutgoingEnvelope Text(string body) => new(Guid.CreateVersion7(), Encoding.UTF8.GetBytes(body), 1);
}
