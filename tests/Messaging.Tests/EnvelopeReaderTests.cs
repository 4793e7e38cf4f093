using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.Tests;

[SuppressMessage("Design", "CA1001", Justification = "Disposed of by xUnit, through IAsyncLifetime.")]
public sealed class EnvelopeReaderTests : IAsyncLifetime
{
    private const string Name = "submit";
    private const string Dead = "submit-dead";
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(30);
    private static readonly Guid Boot = Guid.NewGuid();
    private readonly EnvelopeCodec<Sms> _codec = new(TestJson.SmsType);
    private readonly ManualTime _time = new();
    private readonly InMemoryQueue _queue;
    private readonly EnvelopeReader<Sms> _reader;

    public EnvelopeReaderTests()
    {
        _queue = new InMemoryQueue(_time);
        _reader = new EnvelopeReader<Sms>(_queue, Name, TestJson.SmsType, new(), _time, NullLogger.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _reader.DisposeAsync();

    private Task PutAsync(params EnvelopeItem<Sms>[] items) =>
        _queue.SendAsync(Name, [new(Guid.CreateVersion7(), _codec.Encode(Boot, _time.GetUtcNow(), items), items.Length)], None);

    private static EnvelopeItem<Sms>[] Items(int count) => [.. Enumerable.Range(0, count).Select(i => new EnvelopeItem<Sms>(new Sms(i)))];

    private async Task<EnvelopeLease<Sms>> TakeAsync() => Assert.Single(await _reader.ReceiveAsync(10, TimeSpan.Zero, None));

    // Returns when every lease is settled: the clock stands still, so the timeout never comes.
    private Task SettledAsync() => _reader.StopAsync(Enough);

    private List<Envelope<Sms>> Waiting(string queue) =>
        [
            .. _queue
                .Peek(queue)
                .Select(e =>
                {
                    Assert.True(_codec.TryDecode(e.Body, out var envelope, out _));
                    return envelope;
                }),
        ];

    [Fact]
    public async Task A_lease_shows_what_was_sent()
    {
        await PutAsync(new(new Sms(1)), new(new Sms(2), 4, "why"));

        var lease = await TakeAsync();

        Assert.Equal(Boot, lease.BootId);
        Assert.Equal(_time.GetUtcNow(), lease.EnqueuedAt);
        Assert.Equal([new Sms(1), new Sms(2)], lease.Items.Select(i => i.Value));
        Assert.Equal([0, 4], lease.Items.Select(i => i.Failures));
    }

    [Fact]
    public async Task What_is_settled_within_the_linger_is_settled_in_one_call()
    {
        var options = new EnvelopeReaderOptions { SettleLinger = TimeSpan.FromMilliseconds(20) };
        await using var reader = new EnvelopeReader<Sms>(_queue, Name, TestJson.SmsType, options, _time, NullLogger.Instance);
        await PutAsync(Items(1));
        await PutAsync(Items(1));
        foreach (var lease in await reader.ReceiveAsync(10, TimeSpan.Zero, None))
        {
            lease.Items[0].Complete();
        }

        await _time.AdvanceUntilAsync(Task.Run(() => DrainedAsync(reader)), options.SettleLinger);

        Assert.Equal(2, Assert.Single(_queue.Completions).Count);
        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);

        static async Task DrainedAsync(EnvelopeReader<Sms> reader)
        {
            while (reader.OpenLeases > 0)
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task What_is_settled_while_the_reader_stops_does_not_linger()
    {
        var options = new EnvelopeReaderOptions { SettleLinger = TimeSpan.FromMilliseconds(20) };
        await using var reader = new EnvelopeReader<Sms>(_queue, Name, TestJson.SmsType, options, _time, NullLogger.Instance);
        await PutAsync(Items(1));
        Assert.Single(await reader.ReceiveAsync(10, TimeSpan.Zero, None)).Items[0].Complete();

        // The clock stands still.
        await reader.StopAsync(Enough);

        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task An_envelope_is_completed_when_its_last_item_is()
    {
        await PutAsync(Items(3));
        var lease = await TakeAsync();
        lease.Items[0].Complete();
        lease.Items[1].Complete();
        Assert.Equal(1, _reader.OpenLeases);
        lease.Items[2].Complete();
        await SettledAsync();

        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
        Assert.Single(_queue.Completions);
    }

    [Fact]
    public async Task A_failed_item_goes_on_alone_and_the_rest_is_acknowledged()
    {
        await PutAsync(Items(3));
        var lease = await TakeAsync();
        lease.Items[0].Complete();
        lease.Items[1].Fail("no route", TimeSpan.FromSeconds(5));
        lease.Items[2].Complete();
        await SettledAsync();

        var again = Assert.Single(Waiting(Name));
        Assert.Equal(new EnvelopeItem<Sms>(new Sms(1), 1, "no route"), Assert.Single(again.Items));
        Assert.Equal(Boot, again.BootId);
        Assert.Equal(1, (await _queue.DepthAsync(Name, None)).Delayed);
    }

    [Fact]
    public async Task The_original_is_completed_only_after_what_goes_on_is_confirmed()
    {
        await PutAsync(Items(2));
        var lease = await TakeAsync();
        _queue.FaultOf = call => call == "send" ? new IOException("down") : null;
        lease.Items[0].Complete();
        lease.Items[1].Fail("x", TimeSpan.Zero);
        await _time.AdvanceUntilAsync(SettledAsync(), TimeSpan.FromMilliseconds(250));

        Assert.Empty(_queue.Completions);
        Assert.Equal(2, Assert.Single(Waiting(Name)).Items.Count);
    }

    [Fact]
    public async Task A_requeue_without_an_answer_is_repeated_with_the_same_id()
    {
        await PutAsync(Items(2));
        var lease = await TakeAsync();
        _queue.FailNextSends(SendFault.LoseAnswer);
        lease.Items[0].Complete();
        lease.Items[1].Fail("x", TimeSpan.Zero);
        await _time.AdvanceUntilAsync(SettledAsync(), TimeSpan.FromMilliseconds(50));

        Assert.Equal(1, Assert.Single(Waiting(Name)).Items[0].Failures);
    }

    [Fact]
    public async Task An_item_that_failed_too_often_is_dead_lettered_with_the_reason()
    {
        await PutAsync(new(new Sms(1), 10, "old"), new(new Sms(2), 9));
        var lease = await TakeAsync();
        lease.FailRest("no route", TimeSpan.Zero);
        await SettledAsync();

        Assert.Equal(new EnvelopeItem<Sms>(new Sms(1), 11, "no route"), Assert.Single(Assert.Single(Waiting(Dead)).Items));
        Assert.Equal(new EnvelopeItem<Sms>(new Sms(2), 10, "no route"), Assert.Single(Assert.Single(Waiting(Name)).Items));
    }

    [Fact]
    public async Task An_item_can_be_dead_lettered_at_once()
    {
        await PutAsync(Items(2));
        var lease = await TakeAsync();
        lease.Items[0].DeadLetter("no such account");
        lease.Items[1].Complete();
        await SettledAsync();

        Assert.Equal("no such account", Assert.Single(Assert.Single(Waiting(Dead)).Items).Reason);
        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task A_lease_released_whole_is_given_back_and_counts_no_failure()
    {
        await PutAsync(Items(3));
        (await TakeAsync()).ReleaseRest(TimeSpan.FromSeconds(1));
        await SettledAsync();

        Assert.Equal(1, _queue.SendCount);
        Assert.Equal(3, (await _queue.DepthAsync(Name, None)).Delayed);
        Assert.All(Assert.Single(Waiting(Name)).Items, i => Assert.Equal(0, i.Failures));
    }

    [Fact]
    public async Task Items_released_with_different_delays_part_ways_without_a_failure()
    {
        await PutAsync(new(new Sms(0), 2, "kept"), new(new Sms(1)), new(new Sms(2)));
        var lease = await TakeAsync();
        lease.Items[0].Release(TimeSpan.FromSeconds(1));
        lease.Items[1].Release(TimeSpan.FromSeconds(2));
        lease.Items[2].Release(TimeSpan.FromSeconds(1));
        await SettledAsync();

        Assert.Equal(
            [
                [0, 2],
                [1],
            ],
            Waiting(Name).Select(e => e.Items.Select(i => i.Value.Id).ToArray())
        );
        Assert.Equal(new EnvelopeItem<Sms>(new Sms(0), 2, "kept"), Waiting(Name)[0].Items[0]);
    }

    [Fact]
    public async Task The_second_settlement_of_an_item_is_ignored()
    {
        await PutAsync(Items(1));
        var item = (await TakeAsync()).Items[0];
        item.Complete();
        item.Fail("too late", TimeSpan.Zero);
        item.DeadLetter("too late");
        await SettledAsync();

        Assert.Empty(Waiting(Name));
        Assert.Empty(Waiting(Dead));
    }

    [Fact]
    public async Task Items_settled_from_many_threads_settle_the_envelope_once()
    {
        await PutAsync(Items(100));
        var lease = await TakeAsync();
        Parallel.ForEach(
            lease.Items.Concat(lease.Items),
            i =>
            {
                if (i.Value.Id % 2 == 0)
                {
                    i.Complete();
                }
                else
                {
                    i.Fail("odd", TimeSpan.Zero);
                }
            }
        );
        await SettledAsync();

        Assert.Equal(50, Assert.Single(Waiting(Name)).Items.Count);
        Assert.Single(_queue.Completions);
    }

    [Fact]
    public async Task An_unreadable_body_is_dead_lettered_with_the_reason()
    {
        await _queue.SendAsync(Name, [new(Guid.CreateVersion7(), "junk"u8.ToArray(), 5)], None);

        Assert.Empty(await _reader.ReceiveAsync(10, TimeSpan.Zero, None));

        var dead = Assert.Single(await _queue.ReceiveAsync(Dead, 1, TimeSpan.Zero, None));
        Assert.Equal("junk", Encoding.UTF8.GetString(dead.Body.Span));
        Assert.StartsWith("unreadable:", dead.DeadReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_cannot_be_dead_lettered_now_is_not_lost()
    {
        await _queue.SendAsync(Name, [new(Guid.CreateVersion7(), "junk"u8.ToArray(), 5)], None);
        _queue.FaultOf = call => call == "dead-letter" ? new IOException("down") : null;

        Assert.Empty(await _reader.ReceiveAsync(10, TimeSpan.Zero, None));

        Assert.Equal(5, (await _queue.DepthAsync(Name, None)).InFlight);
    }

    [Fact]
    public async Task An_unreadable_item_is_dead_lettered_as_it_came_and_the_others_are_handled()
    {
        var body = $$$"""{"v":1,"boot":"{{{Boot}}}","at":"2026-01-01T00:00:00Z","items":[{"m":{"Id":1}},{"m":{"Id":"x"}}]}""";
        await _queue.SendAsync(Name, [new(Guid.CreateVersion7(), Encoding.UTF8.GetBytes(body), 2)], None);
        (await TakeAsync()).CompleteRest();
        await SettledAsync();

        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
        Assert.Contains(
            """[{"m":{"Id":"x"}}]""",
            Encoding.UTF8.GetString(Assert.Single(_queue.Peek(Dead)).Body.Span),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_envelope_that_kills_its_consumers_is_split_into_single_items()
    {
        await PutAsync(Items(3));
        await CrashAsync(times: 5);

        Assert.Empty(await _reader.ReceiveAsync(10, TimeSpan.Zero, None));
        await SettledAsync();

        Assert.Equal([1, 1, 1], _queue.Peek(Name).Select(e => e.Items));
        Assert.All(Waiting(Name), e => Assert.Equal(0, e.Items[0].Failures));
    }

    [Fact]
    public async Task A_single_item_that_kills_its_consumers_is_dead_lettered()
    {
        await PutAsync(Items(1));
        await CrashAsync(times: 20);

        Assert.Empty(await _reader.ReceiveAsync(10, TimeSpan.Zero, None));
        await SettledAsync();

        Assert.Contains("21 times", Assert.Single(Assert.Single(Waiting(Dead)).Items).Reason, StringComparison.Ordinal);
        Assert.Empty(Waiting(Name));
    }

    [Fact]
    public async Task Releases_never_make_an_envelope_look_deadly()
    {
        await PutAsync(Items(3));
        for (var i = 0; i < 30; i++)
        {
            await using var reader = new EnvelopeReader<Sms>(_queue, Name, TestJson.SmsType, new(), _time, NullLogger.Instance);
            var lease = Assert.Single(await reader.ReceiveAsync(10, TimeSpan.Zero, None));
            Assert.Equal(3, lease.Items.Count);
            lease.ReleaseRest(TimeSpan.Zero);
            await reader.StopAsync(Enough);
        }

        Assert.Equal(0, (await _queue.DepthAsync(Dead, None)).Total);
    }

    [Fact]
    public async Task An_open_lease_is_extended_as_long_as_it_is_held()
    {
        await PutAsync(Items(1));
        var lease = await TakeAsync();
        var other = _queue.ReceiveAsync(Name, 1, TimeSpan.FromMinutes(3), None);
        await _time.AdvanceUntilAsync(other, TimeSpan.FromSeconds(1));

        Assert.Empty(await other);
        Assert.False(lease.Lost.IsCancellationRequested);
        lease.CompleteRest();
    }

    [Fact]
    public async Task A_lease_whose_holder_hangs_is_lost_in_the_end_and_the_envelope_goes_to_another()
    {
        await PutAsync(Items(1));
        var lease = await TakeAsync();
        var other = _queue.ReceiveAsync(Name, 1, TimeSpan.FromHours(1), None);
        await _time.AdvanceUntilAsync(other, TimeSpan.FromSeconds(1));

        Assert.Single(await other);
        Assert.True(lease.Lost.IsCancellationRequested);
        lease.CompleteRest();
    }

    [Fact]
    public async Task A_lease_that_cannot_be_extended_is_lost_and_what_failed_in_it_is_left_to_the_next()
    {
        await PutAsync(Items(2));
        var lease = await TakeAsync();
        _queue.FaultOf = call => call == "extend" ? new IOException("down") : null;
        var lost = new TaskCompletionSource();
        using var registration = lease.Lost.Register(lost.SetResult);
        await _time.AdvanceUntilAsync(lost.Task, TimeSpan.FromSeconds(1));
        lease.Items[0].Complete();
        lease.Items[1].Fail("aborted", TimeSpan.Zero);
        await SettledAsync();

        Assert.Empty(_queue.Completions);
        Assert.All(Assert.Single(Waiting(Name)).Items, i => Assert.Equal(0, i.Failures));
        Assert.Equal(2, (await _queue.DepthAsync(Name, None)).Ready);
    }

    [Fact]
    public async Task Work_done_in_a_lost_lease_is_still_acknowledged()
    {
        await PutAsync(Items(2));
        var lease = await TakeAsync();
        _queue.FaultOf = call => call == "extend" ? new IOException("down") : null;
        var lost = new TaskCompletionSource();
        using var registration = lease.Lost.Register(lost.SetResult);
        await _time.AdvanceUntilAsync(lost.Task, TimeSpan.FromSeconds(1));
        lease.CompleteRest();
        await SettledAsync();

        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task Completions_go_on_when_the_queue_comes_back()
    {
        await PutAsync(Items(1));
        var lease = await TakeAsync();
        var calls = 0;
        _queue.FaultOf = call => call == "complete" && ++calls <= 3 ? new IOException("down") : null;
        lease.CompleteRest();
        await _time.AdvanceUntilAsync(SettledAsync(), TimeSpan.FromMilliseconds(50));

        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task Stopping_waits_for_open_leases()
    {
        await PutAsync(Items(1));
        var lease = await TakeAsync();
        var stopped = _reader.StopAsync(Enough);
        Assert.False(stopped.IsCompleted);
        lease.CompleteRest();
        await stopped;

        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task Stopping_releases_what_is_still_held_at_the_timeout()
    {
        await PutAsync(Items(2));
        var lease = await TakeAsync();
        lease.Items[0].Complete();
        var stopped = _reader.StopAsync(TimeSpan.FromSeconds(3));
        await _time.AdvanceUntilAsync(stopped, TimeSpan.FromSeconds(1));

        Assert.Equal(new EnvelopeItem<Sms>(new Sms(1)), Assert.Single(Assert.Single(Waiting(Name)).Items));
        Assert.Equal(1, (await _queue.DepthAsync(Name, None)).Ready);
    }

    [Fact]
    public async Task Stopping_ends_a_waiting_receive_with_nothing()
    {
        var waiting = _reader.ReceiveAsync(10, TimeSpan.FromHours(1), None);
        await _reader.StopAsync(Enough);

        Assert.Empty(await waiting);
        Assert.Empty(await _reader.ReceiveAsync(10, TimeSpan.FromHours(1), None));
    }

    // As a process that dies with the envelope in hand: nothing is settled, the visibility ends.
    private async Task CrashAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Single(await _queue.ReceiveAsync(Name, 1, TimeSpan.Zero, None));
            _time.Advance(_queue.Visibility);
        }
    }
}
