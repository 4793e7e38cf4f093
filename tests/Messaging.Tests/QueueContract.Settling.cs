using Xunit;

namespace Messaging.Tests;

public abstract partial class QueueContract
{
    [Fact]
    public async Task A_received_envelope_is_hidden_from_others()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("x")], None);
        await ReceiveAsync(queue, 1);

        await AssertNothingAsync(queue, TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task What_is_not_settled_in_time_is_delivered_again()
    {
        var queue = await OpenAsync(Brief);
        await queue.SendAsync(_name, [Text("x")], None);
        var first = Assert.Single(await ReceiveAsync(queue, 1));
        var second = Assert.Single(await ReceiveAsync(queue, 1));

        Assert.Equal(first.Id, second.Id);
        Assert.Equal(2, second.ReceiveCount);
        Assert.NotEqual(first.Handle, second.Handle);
        Assert.Equal("x", Text(second));
    }

    [Fact]
    public async Task A_completed_envelope_does_not_come_back()
    {
        var queue = await OpenAsync(Brief);
        await queue.SendAsync(_name, [Text("x")], None);
        await queue.CompleteAsync(_name, await ReceiveAsync(queue, 1), None);

        await AssertNothingAsync(queue, Brief * 2);
        Assert.Equal(0, (await queue.DepthAsync(_name, None)).Total);
    }

    [Fact]
    public async Task Completing_twice_is_no_error()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("x")], None);
        var received = await ReceiveAsync(queue, 1);
        await queue.CompleteAsync(_name, received, None);
        await queue.CompleteAsync(_name, received, None);

        Assert.Equal(0, (await queue.DepthAsync(_name, None)).Total);
    }

    [Fact]
    public async Task Completing_some_leaves_the_others()
    {
        var queue = await OpenAsync(Brief);
        await queue.SendAsync(_name, [Text("1"), Text("2"), Text("3")], None);
        var received = await ReceiveAsync(queue, 3);
        await queue.CompleteAsync(_name, received.Where(r => Text(r) != "2").ToArray(), None);

        Assert.Equal("2", Text(Assert.Single(await ReceiveAsync(queue, 1))));
    }

    [Fact]
    public async Task An_abandoned_envelope_comes_back_at_once()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("x")], None);
        await queue.AbandonAsync(_name, await ReceiveAsync(queue, 1), TimeSpan.Zero, None);

        Assert.Equal(2, Assert.Single(await ReceiveAsync(queue, 1)).ReceiveCount);
    }

    [Fact]
    public async Task An_abandoned_envelope_wakes_a_waiting_receiver()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("x")], None);
        var received = await ReceiveAsync(queue, 1);
        var waiting = queue.ReceiveAsync(_name, 1, Long, None);
        await queue.AbandonAsync(_name, received, TimeSpan.Zero, None);

        Assert.Single(await waiting);
    }

    [Fact]
    public async Task An_envelope_abandoned_with_a_delay_comes_back_after_it()
    {
        var queue = await OpenAsync(TimeSpan.FromMinutes(5));
        await queue.SendAsync(_name, [Text("x")], None);
        await queue.AbandonAsync(_name, await ReceiveAsync(queue, 1), TimeSpan.FromSeconds(1), None);

        await AssertNothingAsync(queue);
        Assert.Equal(2, Assert.Single(await ReceiveAsync(queue, 1)).ReceiveCount);
    }

    [Fact]
    public async Task Extending_keeps_an_envelope_hidden()
    {
        var queue = await OpenAsync(Brief);
        await queue.SendAsync(_name, [Text("x")], None);
        await queue.ExtendAsync(_name, await ReceiveAsync(queue, 1), TimeSpan.FromMinutes(1), None);

        await AssertNothingAsync(queue, Brief * 2);
    }

    [Fact]
    public async Task An_extension_ends_too()
    {
        var queue = await OpenAsync(TimeSpan.FromMinutes(5));
        await queue.SendAsync(_name, [Text("x")], None);
        await queue.ExtendAsync(_name, await ReceiveAsync(queue, 1), TimeSpan.FromSeconds(1), None);

        Assert.Equal(2, Assert.Single(await ReceiveAsync(queue, 1)).ReceiveCount);
    }

    [Fact]
    public async Task A_stale_handle_extends_and_abandons_nothing()
    {
        var queue = await OpenAsync(Brief);
        await queue.SendAsync(_name, [Text("x")], None);
        var stale = await ReceiveAsync(queue, 1);
        var current = await ReceiveAsync(queue, 1);
        await queue.ExtendAsync(_name, current, TimeSpan.FromMinutes(1), None);

        await queue.AbandonAsync(_name, stale, TimeSpan.Zero, None);
        await queue.ExtendAsync(_name, stale, TimeSpan.FromMilliseconds(1), None);

        await AssertNothingAsync(queue, Brief);
        Assert.Equal(1, (await queue.DepthAsync(_name, None)).InFlight);
    }

    [Fact]
    public async Task A_stale_handle_dead_letters_nothing()
    {
        var queue = await OpenAsync(Brief);
        await queue.SendAsync(_name, [Text("x")], None);
        var stale = await ReceiveAsync(queue, 1);
        var current = await ReceiveAsync(queue, 1);

        await queue.DeadLetterAsync(_name, stale[0], "stale", None);

        Assert.Equal(0, (await queue.DepthAsync(_name + "-dead", None)).Total);
        Assert.Equal(current[0].Id, Assert.Single(await ReceiveAsync(queue, 1)).Id);
    }

    [Fact]
    public async Task A_dead_letter_keeps_body_items_and_reason()
    {
        var queue = await OpenAsync();
        var sent = Text("not json", items: 7);
        await queue.SendAsync(_name, [sent], None);
        await queue.DeadLetterAsync(_name, (await ReceiveAsync(queue, 1))[0], "unreadable: 'n' is no value", None);

        var dead = Assert.Single(await ReceiveAsync(queue, 1, _name + "-dead"));

        Assert.Equal("not json", Text(dead));
        Assert.Equal(7, dead.Items);
        Assert.Equal("unreadable: 'n' is no value", dead.DeadReason);
        Assert.Equal(0, (await queue.DepthAsync(_name, None)).Total);
    }

    [Fact]
    public async Task A_dead_letter_can_be_replayed_and_die_again()
    {
        var queue = await OpenAsync();
        var sent = Text("x");
        await queue.SendAsync(_name, [sent], None);
        await queue.DeadLetterAsync(_name, (await ReceiveAsync(queue, 1))[0], "once", None);
        // A replay that crashed between its send and its completion: the id is in both queues.
        await queue.SendAsync(_name, [sent], None);
        await queue.DeadLetterAsync(_name, (await ReceiveAsync(queue, 1))[0], "twice", None);

        var dead = await ReceiveAsync(queue, 2, _name + "-dead");

        Assert.Equal(["once", "twice"], dead.Select(d => d.DeadReason).Order());
        Assert.All(dead, d => Assert.Equal("x", Text(d)));
    }

    [Fact]
    public virtual async Task An_id_sent_twice_is_delivered_once()
    {
        var queue = await OpenAsync();
        var sent = Text("x");
        var other = Text("y");
        await queue.SendAsync(_name, [sent], None);
        await queue.SendAsync(_name, [sent, other], None);

        Assert.Equal(2, (await ReceiveAsync(queue, 2)).Select(r => r.Id).Distinct().Count());
        await AssertNothingAsync(queue);
        Assert.Equal(2, (await queue.DepthAsync(_name, None)).Total);
    }

    [Fact]
    public virtual async Task Depth_counts_messages_by_where_they_are()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("a", 100), Text("b", 20)], None);
        await queue.SendAsync(_name, [Text("c", 3, TimeSpan.FromMinutes(5))], None);
        var taken = Assert.Single(await queue.ReceiveAsync(_name, 1, Long, None));

        var depth = await queue.DepthAsync(_name, None);

        Assert.Equal(taken.Items, depth.InFlight);
        Assert.Equal(120 - taken.Items, depth.Ready);
        Assert.Equal(3, depth.Delayed);
        Assert.Equal(123, depth.Total);
    }

    [Fact]
    public virtual async Task An_abandoned_delay_counts_as_delayed()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("a", 5)], None);
        await queue.AbandonAsync(_name, await ReceiveAsync(queue, 1), TimeSpan.FromMinutes(1), None);

        var depth = await queue.DepthAsync(_name, None);

        Assert.Equal((0, 0, 5), (depth.Ready, depth.InFlight, depth.Delayed));
    }

    [Fact]
    public async Task The_age_is_that_of_the_oldest()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(_name, [Text("a")], None);
        await queue.EnsureQueueAsync(_name + "-idle", None);
        await AssertNothingAsync(queue, TimeSpan.FromMilliseconds(200), _name + "-idle");
        await queue.SendAsync(_name, [Text("b")], None);

        Assert.InRange((await queue.DepthAsync(_name, None)).OldestAge, TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.Zero, (await queue.DepthAsync(_name + "-idle", None)).OldestAge);
    }

    [Fact]
    public async Task The_depth_of_an_unknown_queue_is_zero()
    {
        var queue = await OpenAsync();

        Assert.Equal(default, await queue.DepthAsync(_name + "-nobody", None));
    }

    [Fact]
    public async Task Known_queues_are_listed_once()
    {
        var queue = await OpenAsync();
        await queue.EnsureQueueAsync(_name, None);
        await queue.EnsureQueueAsync(_name, None);
        await queue.SendAsync(_name + "-b", [Text("x")], None);

        var names = await queue.ListAsync(None);

        // A queue may come with its dead letters.
        var ours = names.Where(n => n.StartsWith(_name, StringComparison.Ordinal) && !DeadLetters.IsDeadLetterQueue(n));
        Assert.Equal([_name, _name + "-b"], ours);
    }

    [Fact]
    public async Task A_receiver_that_dies_again_and_again_is_counted()
    {
        var queue = await OpenAsync(TimeSpan.FromMilliseconds(100));
        await queue.SendAsync(_name, [Text("x")], None);

        for (var receives = 1; receives <= 4; receives++)
        {
            Assert.Equal(receives, Assert.Single(await ReceiveAsync(queue, 1)).ReceiveCount);
        }
    }
}
