using System.Buffers.Binary;
using System.Text;
using Messaging.Amqp;
using RabbitMQ.Client;
using Testing;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>What happens on the way to the broker, and what else can be done to its queues.</summary>
public sealed class AmqpFaultTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);
    private const uint QueueDeclareOk = (50 << 16) | 11;
    private const uint BasicAck = (60 << 16) | 80;
    private readonly string _name = $"fault-{Guid.NewGuid():N}";
    private TcpProxy _proxy = null!;
    private AmqpQueue _queue = null!;

    public Task InitializeAsync()
    {
        _proxy = TcpProxy.Start(AmqpBroker.Address.Port);
        _queue = Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task Connections_cut_in_the_middle_of_batches_lose_nothing()
    {
        await _queue.EnsureQueueAsync(_name, None);
        _proxy.CutEvery = 30_000;

        await Traffic.AssertAllArriveAsync(_queue, _name, 2000, itemsAnEnvelope: 10);

        Assert.True(_proxy.Cuts > 3, $"{_proxy.Cuts} cuts");
    }

    [Fact]
    public async Task Messages_delivered_twice_and_out_of_order_are_all_there()
    {
        var disorderly = new DisorderlyQueue(_queue);

        await Traffic.AssertAllArriveAsync(disorderly, _name, 2000, itemsAnEnvelope: 5);

        Assert.True(disorderly.Duplicates > 5, $"{disorderly.Duplicates} duplicates");
    }

    [Fact]
    public async Task A_cut_connection_makes_handles_stale_and_brings_the_envelopes_back_at_once()
    {
        await _queue.SendAsync(_name, [Text("x")], None);
        var first = Assert.Single(await _queue.ReceiveAsync(_name, 1, Long, None));
        _proxy.Cut();

        var second = await ReceiveAsync(_queue);
        await _queue.AbandonAsync(_name, [first], TimeSpan.Zero, None);
        await _queue.DeadLetterAsync(_name, first, "stale", None);

        Assert.Equal((first.Id, 2), (second.Id, second.ReceiveCount));
        var depth = await _queue.DepthAsync(_name, None);
        Assert.Equal((0, 1), (depth.Ready, depth.InFlight));
        Assert.Equal(0, (await _queue.DepthAsync(_name + "-dead", None)).Total);
    }

    [Fact]
    public async Task What_a_process_held_when_it_ended_is_the_next_ones_at_once()
    {
        await using (var ended = Open())
        {
            await ended.SendAsync(_name, [Text("1"), Text("2")], None);
            await ended.CompleteAsync(_name, await ended.ReceiveAsync(_name, 1, Long, None), None);
            Assert.Single(await ended.ReceiveAsync(_name, 1, Long, None));
        }

        Assert.Equal("2", Text(await ReceiveAsync(_queue)));
        Assert.Equal(0, (await _queue.DepthAsync(_name, None)).Ready);
    }

    [Fact]
    public async Task A_process_that_ends_between_a_delayed_copy_and_the_acknowledgement_leaves_both()
    {
        var delay = TimeSpan.FromSeconds(1);
        // The queue where the delay is waited for exists: what is asked below is answered over the connection that sends alone.
        await _queue.SendAsync(_name, [Text("x", delay: delay)], None);
        var original = await ReceiveAsync(_queue);
        // The older connection is the one that receives and acknowledges.
        _proxy.SilenceOldest();

        await _queue.AbandonAsync(_name, [original], delay, None);
        _proxy.Cut();

        var first = await ReceiveAsync(_queue);
        var second = await ReceiveAsync(_queue);
        Assert.Equal((original.Id, original.Id), (first.Id, second.Id));
        // One of them came by the broker's giving back, one by the delay; both say that it was delivered before.
        Assert.Equal((2, 2), (first.ReceiveCount, second.ReceiveCount));
        await _queue.CompleteAsync(_name, [first, second], None);
        Assert.Empty(await _queue.ReceiveAsync(_name, 1, TimeSpan.FromSeconds(2), None));
    }

    [Fact]
    public async Task A_process_that_ends_before_the_delayed_copy_is_confirmed_leaves_the_original()
    {
        await _queue.SendAsync(_name, [Text("x")], None);
        var original = await ReceiveAsync(_queue);
        _proxy.Freeze();
        var abandoning = _queue.AbandonAsync(_name, [original], TimeSpan.FromMinutes(5), None);
        _proxy.Cut();
        await Assert.ThrowsAnyAsync<IOException>(() => abandoning);
        _proxy.Thaw();

        var again = await ReceiveAsync(_queue);
        Assert.Equal((original.Id, 2), (again.Id, again.ReceiveCount));
    }

    [Fact]
    public async Task A_broker_that_is_not_there_has_certainly_stored_nothing_and_that_is_told_at_once()
    {
        await _proxy.DisposeAsync();
        await Assert.ThrowsAsync<QueueSendException>(() => _queue.SendAsync(_name, [Text("x")], None));
        var started = TimeProvider.System.GetTimestamp();

        var error = await Assert.ThrowsAsync<QueueSendException>(() => _queue.SendAsync(_name, [Text("x")], None));

        Assert.Equal(SendFailure.Refused, error.Outcome);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<IOException>(() => _queue.ReceiveAsync(_name, 1, TimeSpan.Zero, None));
        await Assert.ThrowsAsync<IOException>(() => _queue.DepthAsync(_name, None));
        await Assert.ThrowsAsync<IOException>(() => _queue.ListAsync(None));
        await Assert.ThrowsAsync<IOException>(() => _queue.EnsureQueueAsync(_name, None));
    }

    [Fact]
    public async Task Without_a_confirmation_in_time_nobody_knows()
    {
        await using var impatient = Open(new AmqpQueueOptions { CallTimeout = TimeSpan.FromSeconds(2) });
        await impatient.SendAsync(_name, [Text("before")], None);
        _proxy.Freeze();

        var error = await Assert.ThrowsAsync<QueueSendException>(() => impatient.SendAsync(_name, [Text("x"), Text("y")], None));

        Assert.Equal(SendFailure.Unknown, error.Outcome);
        Assert.Equal(2, error.Unconfirmed.Count);
        _proxy.Thaw();
    }

    [Fact]
    public async Task What_is_not_confirmed_in_time_makes_room_for_others()
    {
        await using var impatient = Open(new AmqpQueueOptions { CallTimeout = TimeSpan.FromSeconds(1), MaxUnconfirmed = 2 });
        await impatient.SendAsync(_name, [Text("before")], None);
        _proxy.Swallow = answer => IsMethod(answer, BasicAck);
        await Assert.ThrowsAsync<QueueSendException>(() => impatient.SendAsync(_name, [Text("x"), Text("y")], None));

        var error = await Assert.ThrowsAsync<QueueSendException>(() => impatient.SendAsync(_name, [Text("z")], None));

        // It went out, and was not held back for want of room.
        Assert.Equal(SendFailure.Unknown, error.Outcome);
        var arrived = new List<string>();
        while (arrived.Count < 4)
        {
            arrived.Add(Text(await ReceiveAsync(_queue)));
        }
        Assert.Equal(["before", "x", "y", "z"], arrived.Order());
    }

    [Fact]
    public async Task A_declaration_that_is_never_answered_holds_up_neither_another_queue_nor_the_next_attempt()
    {
        var swallowed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.EnsureQueueAsync(_name, None);
        _proxy.Swallow = answer => IsMethod(answer, QueueDeclareOk) && swallowed.TrySetResult();

        var unanswered = _queue.EnsureQueueAsync(_name + "-2", None);
        await swallowed.Task.WaitAsync(Long);
        await _queue.EnsureQueueAsync(_name + "-3", None);

        Assert.False(unanswered.IsCompleted);
        await Assert.ThrowsAsync<IOException>(() => unanswered);
        await _queue.EnsureQueueAsync(_name + "-2", None);
    }

    [Fact]
    public async Task A_depth_that_is_never_answered_does_not_hold_up_the_next_one()
    {
        await using var impatient = Open(new AmqpQueueOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        await impatient.SendAsync(_name, [Text("x")], None);
        var swallowed = 0;
        _proxy.Swallow = answer => IsMethod(answer, QueueDeclareOk) && Interlocked.Increment(ref swallowed) == 1;

        await Assert.ThrowsAsync<IOException>(() => impatient.DepthAsync(_name, None));

        Assert.Equal(1, (await impatient.DepthAsync(_name, None)).Ready);
    }

    [Fact]
    public async Task Connections_that_answer_nothing_are_given_up_before_their_heartbeats_tell()
    {
        await using var impatient = Open(
            new AmqpQueueOptions { CallTimeout = TimeSpan.FromSeconds(1), Heartbeat = TimeSpan.FromMinutes(10) }
        );
        await impatient.SendAsync(_name, [Text("before")], None);
        // The one that receives and declares, and the one that sends.
        _proxy.SilenceOldest();
        _proxy.SilenceOldest();

        var started = TimeProvider.System.GetTimestamp();
        var sent = 0;
        while (sent < 2)
        {
            try
            {
                // Another queue is declared first, over the other connection.
                await impatient.SendAsync(sent == 0 ? _name : _name + "-2", [Text("x")], None);
                sent++;
            }
            catch (QueueSendException) when (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(1))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    [Fact]
    public async Task A_connection_lost_before_the_confirmation_leaves_the_outcome_unknown()
    {
        await _queue.SendAsync(_name, [Text("before")], None);
        _proxy.Freeze();
        var sending = _queue.SendAsync(_name, [Text("x")], None);
        _proxy.Cut();

        var error = await Assert.ThrowsAsync<QueueSendException>(() => sending);

        // Or its end was seen before anything was written.
        Assert.Contains(error.Outcome, new[] { SendFailure.Unknown, SendFailure.Refused });
        Assert.Single(error.Unconfirmed);
        _proxy.Thaw();
    }

    [Fact]
    public async Task A_queue_removed_behind_our_back_is_made_again()
    {
        await _queue.SendAsync(_name, [Text("gone with it")], None);
        await using (var connection = await new ConnectionFactory { Uri = AmqpBroker.Address }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
        {
            await channel.QueueDeleteAsync("platform." + _name, ifUnused: false, ifEmpty: false);
        }

        await _queue.SendAsync(_name, [Text("new")], None);

        Assert.Equal("new", Text(await ReceiveAsync(_queue)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_delay_removed_behind_our_back_is_made_again(bool exchange)
    {
        // Of its own: others' messages wait in the shared one.
        var prefix = _name + ".";
        await using var queue = Open(new AmqpQueueOptions { Prefix = prefix });
        await queue.SendAsync(_name, [Text("before", delay: TimeSpan.FromMilliseconds(100))], None);
        Assert.Equal("before", Text(await ReceiveAsync(queue)));
        await using (var connection = await new ConnectionFactory { Uri = AmqpBroker.Address }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
        {
            await (
                exchange
                    ? channel.ExchangeDeleteAsync(prefix + "~delay-100")
                    : channel.QueueDeleteAsync(prefix + "~delay-100", ifUnused: false, ifEmpty: false)
            );
        }

        await using (var sender = Traffic.Sender(queue, _name, Long))
        {
            // Whatever is under way besides is confirmed, if not at once.
            var sending = sender.SendAsync(new Note(1, "beside"), None);
            var delayed = queue.SendAsync(_name, [Text("after", delay: TimeSpan.FromMilliseconds(100))], None);
            if (exchange)
            {
                var error = await Assert.ThrowsAsync<QueueSendException>(() => delayed);
                Assert.Equal(SendFailure.Unknown, error.Outcome);
                await queue.SendAsync(_name, [Text("after", delay: TimeSpan.FromMilliseconds(100))], None);
            }
            else
            {
                await delayed;
            }
            Assert.Equal(SendOutcome.Stored, await sending);
        }

        var came = new HashSet<string>();
        while (came.Count < 2)
        {
            came.Add(Text(await ReceiveAsync(queue)) is var text && text.Contains("beside", StringComparison.Ordinal) ? "beside" : text);
        }
        Assert.Equal(["after", "beside"], came.Order());
    }

    [Fact]
    public async Task A_waiting_receiver_is_told_that_its_queue_was_removed()
    {
        await _queue.EnsureQueueAsync(_name, None);
        var waiting = _queue.ReceiveAsync(_name, 1, TimeSpan.FromSeconds(60), None);
        await using (var connection = await new ConnectionFactory { Uri = AmqpBroker.Address }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
        {
            await UntilConsumedAsync(channel);
            await channel.QueueDeleteAsync("platform." + _name, ifUnused: false, ifEmpty: false);
        }

        await Assert.ThrowsAsync<IOException>(() => waiting.WaitAsync(Long));
    }

    [Fact]
    public async Task A_message_that_kills_its_consumers_beyond_the_readers_patience_is_moved_by_the_broker_with_a_reason()
    {
        await using var strict = Open(new AmqpQueueOptions { MaxDeliveries = 2 });
        await strict.SendAsync(_name, [Text("poison", items: 7)], None);
        for (var times = 0; times < 3; times++)
        {
            await strict.AbandonAsync(_name, [await ReceiveAsync(strict)], TimeSpan.Zero, None);
        }

        var dead = await ReceiveAsync(strict, _name + "-dead");

        Assert.Equal("poison", Text(dead));
        Assert.Equal(7, dead.Items);
        Assert.Contains("delivery_limit", dead.DeadReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receives_are_counted_through_delays_and_releases()
    {
        await _queue.SendAsync(_name, [Text("x", delay: TimeSpan.FromMilliseconds(100))], None);
        var expected = 1;
        foreach (var delay in (int[])[0, 100, 0, 100])
        {
            var received = await ReceiveAsync(_queue);
            Assert.Equal(expected++, received.ReceiveCount);
            await _queue.AbandonAsync(_name, [received], TimeSpan.FromMilliseconds(delay), None);
        }

        Assert.Equal(5, (await ReceiveAsync(_queue)).ReceiveCount);
    }

    [Fact]
    public async Task What_comes_for_a_receiver_that_has_gone_is_given_to_the_next_or_back()
    {
        await using var other = Open();
        await _queue.EnsureQueueAsync(_name, None);
        using var cancel = new CancellationTokenSource();
        var waiting = _queue.ReceiveAsync(_name, 10, TimeSpan.FromSeconds(20), cancel.Token);
        await using (var connection = await new ConnectionFactory { Uri = AmqpBroker.Address }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
        {
            await UntilConsumedAsync(channel);
        }
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await other.SendAsync(_name, [Text("x")], None);

        // Long before its visibility ends: nobody receives here any more.
        var started = TimeProvider.System.GetTimestamp();
        Assert.Single(await other.ReceiveAsync(_name, 1, TimeSpan.FromSeconds(15), None));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Other_processes_see_the_queues_and_how_full_they_are()
    {
        await using var other = Open();
        await _queue.SendAsync(_name, [Text("x"), Text("y")], None);

        var lists = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => other.ListAsync(None)));

        Assert.All(lists, names => Assert.Equal([_name, _name + "-dead"], names.Where(n => n.StartsWith(_name, StringComparison.Ordinal))));
        Assert.Equal(2, (await other.DepthAsync(_name, None)).Ready);
    }

    [Fact]
    public async Task Queues_of_connectors_with_any_id_work()
    {
        foreach (var id in (string[])["~x", "Жолтая 漢字 🚀", "a/b:c#*.?", new string('x', 300), new string('漢', 120) + "\n"])
        {
            var queue = $"{id}-{_name}";
            await _queue.SendAsync(queue, [Text(id)], None);

            var received = await ReceiveAsync(_queue, queue);

            Assert.Equal((queue, id), (received.Queue, Text(received)));
            Assert.Contains(queue, await _queue.ListAsync(None));
        }
    }

    private AmqpQueue Open(AmqpQueueOptions? options = null) =>
        AmqpBroker.Open(
            (options ?? new AmqpQueueOptions()) with
            {
                Address = new UriBuilder(AmqpBroker.Address) { Port = _proxy.Port }.Uri,
            }
        );

    // A cut is told to whoever waits; the next call finds the next connection.
    private async Task<ReceivedEnvelope> ReceiveAsync(AmqpQueue queue, string? name = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return Assert.Single(await queue.ReceiveAsync(name ?? _name, 1, Long, None));
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(started) < Long)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    private async Task UntilConsumedAsync(IChannel channel)
    {
        while (await channel.ConsumerCountAsync("platform." + _name) == 0)
        {
            await Task.Yield();
        }
    }

    // AMQP 0-9-1, 1.4: class and method of a frame of type 1, behind type, channel and size.
    private static bool IsMethod(ReadOnlyMemory<byte> frame, uint method) =>
        frame.Span is [1, ..] && frame.Length > 11 && BinaryPrimitives.ReadUInt32BigEndian(frame.Span[7..]) == method;

    private static OutgoingEnvelope Text(string body, int items = 1, TimeSpan delay = default) =>
        new(Guid.CreateVersion7(), Encoding.UTF8.GetBytes(body), items, delay);

    private static string Text(ReceivedEnvelope envelope) => Encoding.UTF8.GetString(envelope.Body.Span);
}
