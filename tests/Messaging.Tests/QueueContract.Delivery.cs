using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.Tests;

public abstract partial class QueueContract
{
    [Fact]
    public async Task What_is_sent_is_received_byte_for_byte()
    {
        var queue = await OpenAsync();
        var sent = Text("{\"hello\":1}", items: 3);
        await queue.SendAsync(_name, [sent], None);

        var one = Assert.Single(await ReceiveAsync(queue, 1));

        Assert.Equal(sent.Id, one.Id);
        Assert.Equal(sent.Body.ToArray(), one.Body.ToArray());
        Assert.Equal(3, one.Items);
        Assert.Equal(1, one.ReceiveCount);
        Assert.Equal(_name, one.Queue);
        Assert.Null(one.DeadReason);
    }

    [Fact]
    public async Task Unicode_survives()
    {
        var queue = await OpenAsync();
        const string body = "{\"t\":\"Жолтая €, 漢字, 🚀, \\u0000, \\\"\"}";
        await queue.SendAsync(_name, [Text(body)], None);

        Assert.Equal(body, Text(Assert.Single(await ReceiveAsync(queue, 1))));
    }

    [Fact]
    public async Task A_body_of_200_KB_survives()
    {
        var queue = await OpenAsync();
        var random = new Random(7);
        var body = string.Concat(Enumerable.Range(0, 50_000).Select(_ => $"{random.Next(16):x}{random.Next(16):x}ab"));
        await queue.SendAsync(_name, [Text(body)], None);

        Assert.Equal(body, Text(Assert.Single(await ReceiveAsync(queue, 1))));
    }

    [Fact]
    public async Task Compressed_envelopes_are_read_as_what_they_were()
    {
        var queue = await OpenAsync();
        await queue.EnsureQueueAsync(_name, None);
        var sms = Enumerable.Range(0, 300).Select(i => new Sms(i, new string('я', 200))).ToArray();
        await using (
            var sender = new EnvelopeSender<Sms>(
                queue,
                _name,
                TestJson.SmsType,
                EnvelopeSenderOptions.ForBilledCalls(),
                Guid.NewGuid(),
                TimeProvider.System,
                NullLogger.Instance
            )
        )
        {
            Assert.Equal(SendOutcome.Stored, await sender.SendAllAsync(sms, None));
        }

        var received = await ReceiveAsync(queue, 3);

        Assert.All(received, one => Assert.StartsWith("{\"z\":", Text(one), StringComparison.Ordinal));
        Assert.Equal(300, received.Sum(one => one.Items));
        var codec = new EnvelopeCodec<Sms>(TestJson.SmsType);
        Assert.Equal(
            sms,
            received
                .SelectMany(one =>
                {
                    Assert.True(codec.TryDecode(one.Body, out var envelope, out var error), error);
                    return envelope.Items.Select(item => item.Value);
                })
                .OrderBy(one => one.Id)
        );
    }

    [Fact]
    public async Task The_smallest_body_survives()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("0")], None);

        Assert.Equal("0", Text(Assert.Single(await ReceiveAsync(queue, 1))));
    }

    [Fact]
    public async Task A_batch_arrives_whole()
    {
        var queue = await OpenAsync();
        var batch = Enumerable.Range(0, 10).Select(i => Text($"{i}")).ToArray();
        await queue.SendAsync(_name, batch, None);

        var received = await ReceiveAsync(queue, 10);

        Assert.Equal(batch.Select(b => b.Id).Order(), received.Select(r => r.Id).Order());
        await AssertNothingAsync(queue);
    }

    [Fact]
    public async Task An_empty_batch_is_no_error()
    {
        var queue = await OpenAsync();
        await queue.EnsureQueueAsync(_name, None);
        await queue.SendAsync(_name, [], None);
        await queue.CompleteAsync(_name, [], None);

        await AssertNothingAsync(queue);
    }

    [Fact]
    public async Task No_more_than_asked_for_is_received()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("1"), Text("2"), Text("3")], None);

        Assert.InRange((await queue.ReceiveAsync(_name, 2, Long, None)).Count, 1, 2);
    }

    [Fact]
    public async Task The_oldest_comes_about_first()
    {
        var queue = await OpenAsync();
        for (var i = 0; i < 30; i++)
        {
            await queue.SendAsync(_name, [Text($"{i}")], None);
        }

        var positions = (await ReceiveAsync(queue, 30)).Select((r, at) => Math.Abs(int.Parse(Text(r), null) - at));

        // A standard queue keeps the order only about; a stack or a shuffle would average 10 to 15.
        Assert.InRange(positions.Average(), 0, 5);
    }

    [Fact]
    public async Task Queues_do_not_mix()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("mine")], None);
        await queue.EnsureQueueAsync(_name + "-high", None);

        await AssertNothingAsync(queue, name: _name + "-high");
        Assert.Equal("mine", Text(Assert.Single(await ReceiveAsync(queue, 1))));
    }

    [Fact]
    public async Task The_same_id_may_be_in_two_queues()
    {
        var queue = await OpenAsync();
        var sent = Text("both");
        await queue.SendAsync(_name, [sent], None);
        await queue.SendAsync(_name + "-high", [sent], None);

        Assert.Single(await ReceiveAsync(queue, 1));
        Assert.Single(await ReceiveAsync(queue, 1, _name + "-high"));
    }

    [Fact]
    public async Task An_empty_queue_answers_at_once_without_a_wait()
    {
        var queue = await OpenAsync();
        await queue.EnsureQueueAsync(_name, None);
        var started = Stopwatch.GetTimestamp();

        await AssertNothingAsync(queue);

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task An_empty_queue_answers_with_nothing_after_the_wait()
    {
        var queue = await OpenAsync();
        await queue.EnsureQueueAsync(_name, None);
        var started = Stopwatch.GetTimestamp();

        await AssertNothingAsync(queue, TimeSpan.FromMilliseconds(300));

        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public async Task A_waiting_receiver_gets_what_is_sent_meanwhile()
    {
        var queue = await OpenAsync();
        await queue.EnsureQueueAsync(_name, None);
        var waiting = queue.ReceiveAsync(_name, 10, Long, None);
        await queue.SendAsync(_name, [Text("late")], None);

        Assert.Equal("late", Text(Assert.Single(await waiting)));
    }

    [Fact]
    public async Task A_wait_can_be_cancelled_and_takes_nothing_with_it()
    {
        var queue = await OpenAsync();
        await queue.EnsureQueueAsync(_name, None);
        using var cancel = new CancellationTokenSource();
        var waiting = queue.ReceiveAsync(_name, 10, Long, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await queue.SendAsync(_name, [Text("after")], None);

        Assert.Equal(1, Assert.Single(await ReceiveAsync(queue, 1)).ReceiveCount);
    }

    [Fact]
    public async Task A_delayed_envelope_comes_when_it_is_due()
    {
        var queue = await OpenAsync();
        var started = Stopwatch.GetTimestamp();
        await queue.SendAsync(_name, [Text("later", delay: TimeSpan.FromSeconds(1))], None);
        await AssertNothingAsync(queue);

        Assert.Equal("later", Text(Assert.Single(await ReceiveAsync(queue, 1))));
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(950));
    }

    [Fact]
    public async Task Delayed_and_due_envelopes_of_one_batch_part_ways()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("later", delay: TimeSpan.FromMinutes(5)), Text("now")], None);

        Assert.Equal("now", Text(Assert.Single(await ReceiveAsync(queue, 1))));
        await AssertNothingAsync(queue);
    }

    [Fact]
    public async Task Concurrent_receivers_never_hold_the_same_envelope()
    {
        var queue = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await queue.SendAsync(_name, Enumerable.Range(0, 10).Select(_ => Text("x")).ToArray(), None);
        }
        var held = new ConcurrentDictionary<Guid, int>();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(TakeAllAsync)));

        Assert.Equal(200, held.Count);
        Assert.All(held.Values, times => Assert.Equal(1, times));

        async Task TakeAllAsync()
        {
            while (held.Count < 200)
            {
                foreach (var one in await queue.ReceiveAsync(_name, 7, TimeSpan.FromMilliseconds(50), None))
                {
                    held.AddOrUpdate(one.Id, 1, (_, times) => times + 1);
                }
            }
        }
    }

    [Fact]
    public async Task Concurrent_senders_lose_nothing()
    {
        var queue = await OpenAsync();

        await Task.WhenAll(
            Enumerable.Range(0, 8).Select(s => queue.SendAsync(_name, Enumerable.Range(0, 5).Select(i => Text($"{s}.{i}")).ToArray(), None))
        );

        Assert.Equal(40, (await ReceiveAsync(queue, 40)).Select(Text).Distinct().Count());
    }

    [Fact]
    public async Task A_second_opening_sees_what_the_first_sent()
    {
        var first = await OpenAsync();
        await first.SendAsync(_name, [Text("kept")], None);
        var second = await OpenAsync();

        Assert.Equal("kept", Text(Assert.Single(await ReceiveAsync(second, 1))));
    }

    [Fact]
    public async Task Enqueued_time_is_about_now()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("t")], None);

        var one = Assert.Single(await ReceiveAsync(queue, 1));

        Assert.InRange((TimeProvider.System.GetUtcNow() - one.EnqueuedAt).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_sender_may_reuse_its_buffer_after_the_send()
    {
        var queue = await OpenAsync();
        var buffer = Encoding.UTF8.GetBytes("{\"a\":1}");
        await queue.SendAsync(_name, [new OutgoingEnvelope(Guid.CreateVersion7(), buffer, 1)], None);
        Array.Clear(buffer);

        Assert.Equal("{\"a\":1}", Text(Assert.Single(await ReceiveAsync(queue, 1))));
    }
}
