using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.Tests;

[SuppressMessage("Design", "CA1001", Justification = "Disposed of by xUnit, through IAsyncLifetime.")]
public sealed class QueueConsumerTests : IAsyncLifetime
{
    private const string Name = "submit";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly EnvelopeCodec<Sms> _codec = new(TestJson.SmsType);
    private readonly ManualTime _time = new();
    private readonly InMemoryQueue _queue;
    private readonly EnvelopeReader<Sms> _reader;
    private readonly CancellationTokenSource _stop = new();

    public QueueConsumerTests()
    {
        _queue = new InMemoryQueue(_time);
        _reader = new EnvelopeReader<Sms>(_queue, Name, TestJson.SmsType, new(), _time, NullLogger.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _reader.DisposeAsync();
        _stop.Dispose();
    }

    private Task RunAsync(Func<IReadOnlyList<EnvelopeLease<Sms>>, CancellationToken, Task> handler, QueueConsumerOptions? options = null) =>
        new QueueConsumer<Sms>(_reader, handler, options ?? new(), _time, NullLogger.Instance).RunAsync(_stop.Token);

    private Task PutAsync(int first, int count)
    {
        var items = Enumerable.Range(first, count).Select(i => new EnvelopeItem<Sms>(new Sms(i))).ToArray();
        return _queue.SendAsync(Name, [new(Guid.CreateVersion7(), _codec.Encode(Guid.Empty, _time.GetUtcNow(), items), count)], None);
    }

    private async Task StopAsync(Task running)
    {
        await _stop.CancelAsync();
        await _time.AdvanceUntilAsync(running, TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task What_the_handler_leaves_unsettled_is_completed_when_it_returns()
    {
        await PutAsync(0, 100);
        await PutAsync(100, 20);
        var seen = new ConcurrentBag<int>();
        var all = new TaskCompletionSource();
        var running = RunAsync(
            (batch, _) =>
            {
                foreach (var item in batch.SelectMany(l => l.Items))
                {
                    seen.Add(item.Value.Id);
                }
                if (seen.Count >= 120)
                {
                    all.TrySetResult();
                }
                return Task.CompletedTask;
            }
        );
        await all.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await StopAsync(running);

        Assert.Equal(Enumerable.Range(0, 120), seen.Order());
        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task A_transient_failure_is_repeated_and_counts_for_nothing()
    {
        await PutAsync(0, 3);
        var calls = 0;
        var failures = new ConcurrentBag<int>();
        var done = new TaskCompletionSource();
        var running = RunAsync(
            (batch, _) =>
            {
                if (Interlocked.Increment(ref calls) <= 15)
                {
                    throw new IOException("database away");
                }
                foreach (var item in batch.SelectMany(l => l.Items))
                {
                    failures.Add(item.Failures);
                }
                done.TrySetResult();
                return Task.CompletedTask;
            },
            new() { IsTransient = e => e is IOException, Concurrency = 1 }
        );
        await _time.AdvanceUntilAsync(done.Task, TimeSpan.FromMilliseconds(250));
        await StopAsync(running);

        Assert.Equal([0, 0, 0], failures);
        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task One_poison_item_dies_alone_and_its_neighbours_are_handled_without_a_failure()
    {
        await PutAsync(0, 100);
        await PutAsync(100, 1);
        await PutAsync(101, 1);
        var handled = new ConcurrentDictionary<int, int>();
        var dead = _queue.ReceiveAsync("submit-dead", 1, TimeSpan.FromHours(10), None);
        var running = RunAsync(
            (batch, _) =>
            {
                if (batch.SelectMany(l => l.Items).Any(i => i.Value.Id == 42))
                {
                    throw new InvalidOperationException("poison");
                }
                foreach (var item in batch.SelectMany(l => l.Items))
                {
                    handled[item.Value.Id] = item.Failures;
                }
                return Task.CompletedTask;
            }
        );
        await _time.AdvanceUntilAsync(dead, TimeSpan.FromSeconds(1));
        await StopAsync(running);

        Assert.True(_codec.TryDecode(Assert.Single(await dead).Body, out var envelope, out _));
        var item = Assert.Single(envelope.Items);
        Assert.Equal((42, 11, "InvalidOperationException: poison"), (item.Value.Id, item.Failures, item.Reason));
        Assert.Equal(101, handled.Count);
        Assert.All(handled.Values, failures => Assert.Equal(0, failures));
        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public async Task What_the_handler_settled_before_it_threw_stays_settled()
    {
        await PutAsync(0, 3);
        var calls = new ConcurrentQueue<int[]>();
        var again = new TaskCompletionSource();
        var running = RunAsync(
            (batch, _) =>
            {
                var open = batch.SelectMany(l => l.Items).ToArray();
                calls.Enqueue([.. open.Select(i => i.Value.Id).Order()]);
                if (calls.Count == 1)
                {
                    open[0].Complete();
                    open[1].Complete();
                    throw new InvalidOperationException("third");
                }
                again.TrySetResult();
                return Task.CompletedTask;
            },
            new() { Concurrency = 1 }
        );
        await again.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await StopAsync(running);

        Assert.Equal(
            [
                [0, 1, 2],
                [2],
            ],
            calls
        );
    }

    [Fact]
    public async Task Stopping_lets_the_handler_finish_and_takes_nothing_new()
    {
        await PutAsync(0, 1);
        var started = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        var running = RunAsync(
            async (_, ct) =>
            {
                started.TrySetResult();
                await finish.Task.WaitAsync(ct);
            },
            new() { Concurrency = 1 }
        );
        await started.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await _stop.CancelAsync();
        await PutAsync(1, 1);
        finish.SetResult();
        await running.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((1, 0), ((await _queue.DepthAsync(Name, None)).Ready, (await _queue.DepthAsync(Name, None)).InFlight));
    }

    [Fact]
    public async Task A_handler_that_does_not_finish_is_told_and_its_items_are_released()
    {
        await PutAsync(0, 2);
        var started = new TaskCompletionSource();
        var running = RunAsync(
            async (_, ct) =>
            {
                started.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            },
            new() { Concurrency = 1 }
        );
        await started.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await StopAsync(running);

        Assert.Equal(2, (await _queue.DepthAsync(Name, None)).Ready);
        Assert.True(_codec.TryDecode(Assert.Single(_queue.Peek(Name)).Body, out var envelope, out _));
        Assert.All(envelope.Items, i => Assert.Equal(0, i.Failures));
    }

    [Fact]
    public async Task A_queue_that_fails_is_asked_again()
    {
        await PutAsync(0, 1);
        var failures = 5;
        _queue.FaultOf = call => call == "receive" && Interlocked.Decrement(ref failures) >= 0 ? new IOException("down") : null;
        var handled = new TaskCompletionSource();
        var running = RunAsync(
            (_, _) =>
            {
                handled.TrySetResult();
                return Task.CompletedTask;
            }
        );
        await _time.AdvanceUntilAsync(handled.Task, TimeSpan.FromSeconds(1));
        await StopAsync(running);

        Assert.Equal(0, (await _queue.DepthAsync(Name, None)).Total);
    }

    [Fact]
    public void Back_off_grows_within_its_bounds()
    {
        var policy = new RetryPolicy
        {
            First = TimeSpan.FromSeconds(1),
            Max = TimeSpan.FromSeconds(30),
            Jitter = 0.25,
        };

        for (var attempt = 1; attempt <= 2000; attempt++)
        {
            var full = Math.Min(Math.Pow(2, Math.Min(attempt - 1, 10)), 30);
            Assert.InRange(policy.Delay(attempt).TotalSeconds, full * 0.749, full);
        }
    }
}
