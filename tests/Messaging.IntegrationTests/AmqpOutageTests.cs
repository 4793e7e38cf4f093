using Messaging.Amqp;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>The broker itself in trouble. The promise: what was confirmed is never lost; what may be lost is never confirmed.</summary>
public sealed class AmqpOutageTests(PrivateBroker broker) : IClassFixture<PrivateBroker>
{
    private const string Alarmed = "alarmed";
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broker_stopped_or_killed_under_load_and_started_again_loses_nothing_that_it_confirmed(bool killed)
    {
        await using var queue = AmqpBroker.Open(new AmqpQueueOptions { Address = broker.Address });
        await using var traffic = new Traffic(queue, killed ? "killed" : "stopped", sendDeadline: TimeSpan.FromSeconds(2));
        await traffic.SendAsync(500);

        var during = traffic.SendAsync(2000);
        await (killed ? broker.KillAsync() : broker.StopAsync());
        // Answered while it is away, in time.
        await during.WaitAsync(TimeSpan.FromSeconds(60));
        await traffic.SendAsync(100);
        Assert.True(traffic.Count(SendOutcome.Refused) >= 100, $"{traffic.Count(SendOutcome.Refused)} were refused");
        await broker.StartAsync();

        // By itself: nobody tells the adapter that the broker is back.
        var before = traffic.Count(SendOutcome.Stored);
        await Traffic.UntilAsync(async () =>
        {
            await traffic.SendAsync(1);
            return traffic.Count(SendOutcome.Stored) > before;
        });
        await traffic.SendAsync(500);
        await traffic.AssertKeptAsync();
    }

    [Fact]
    public async Task Queues_made_a_moment_before_the_broker_was_killed_work_when_it_is_back()
    {
        await using var queue = AmqpBroker.Open(new AmqpQueueOptions { Address = broker.Address });
        var names = Enumerable.Range(0, 5).Select(i => $"late-{i}").ToArray();
        foreach (var name in names)
        {
            await queue.EnsureQueueAsync(name, None);
        }

        await broker.KillAsync();
        await broker.StartAsync();

        foreach (var name in names)
        {
            await Traffic.UntilAsync(async () =>
            {
                var sending = queue.SendAsync(name, [Text("late")], None);
                await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return sending.IsCompletedSuccessfully;
            });
            Assert.Equal("late", Text((await queue.ReceiveAsync(name, 1, TimeSpan.FromSeconds(10), None))[0]));
        }
        Assert.Superset(names.ToHashSet(), (await queue.ListAsync(None)).ToHashSet());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_delayed_when_the_broker_was_stopped_or_killed_comes_soon_after_it_is_back(bool killed)
    {
        await using var queue = AmqpBroker.Open(new AmqpQueueOptions { Address = broker.Address });
        // Many, so that some are up before the queue of the delay when the broker comes back, and some are not.
        var names = Enumerable.Range(0, 12).Select(i => $"delayed-{killed}-{i}").ToArray();
        var sent = new HashSet<Guid>();
        foreach (var name in names)
        {
            var due = Text("now");
            var delayed = new[] { Text("1", 4), Text("2", 8), Text("3", 16) };
            await queue.SendAsync(name, [due, .. delayed], None);
            sent.UnionWith(delayed.Select(one => one.Id));
            sent.Add(due.Id);
            // A worker's way: a copy with a delay takes the original's place.
            await queue.AbandonAsync(
                name,
                await queue.ReceiveAsync(name, 1, TimeSpan.FromSeconds(10), None),
                TimeSpan.FromSeconds(2),
                None
            );
        }

        await (killed ? broker.KillAsync() : broker.StopAsync());
        // Ten seconds and more: some delays end while it is away, some while it starts, some later.
        await broker.StartAsync();

        var came = new HashSet<Guid>();
        await Task.WhenAll(names.Select(name => Task.Run(() => TakeAsync(name, 4))));
        Assert.Equal(sent, came);

        async Task TakeAsync(string name, int count)
        {
            var mine = new HashSet<Guid>();
            await Traffic.UntilAsync(
                async () =>
                {
                    var receiving = queue.ReceiveAsync(name, 10, TimeSpan.FromSeconds(1), None);
                    await ((Task)receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (receiving.IsCompletedSuccessfully)
                    {
                        var received = await receiving;
                        mine.UnionWith(received.Select(one => one.Id));
                        await queue.CompleteAsync(name, received, None);
                    }
                    return mine.Count == count;
                },
                () => $"{count - mine.Count} of {name} did not come"
            );
            lock (came)
            {
                came.UnionWith(mine);
            }
        }
    }

    [Fact]
    public async Task A_broker_that_takes_no_messages_for_want_of_memory_is_a_failure_told_in_time_and_receiving_goes_on()
    {
        await using var queue = AmqpBroker.Open(new AmqpQueueOptions { Address = broker.Address });
        await queue.SendAsync(Alarmed, [Text("before"), Text("too")], None);
        await broker.ControlAsync("set_vm_memory_high_watermark", "0");
        try
        {
            // The broker says so to those who send, so the first of them may not know whether it is stored.
            var errors = new List<QueueSendException>();
            for (var i = 0; i < 3; i++)
            {
                errors.Add(await Assert.ThrowsAsync<QueueSendException>(SendOneAsync).WaitAsync(TimeSpan.FromSeconds(10)));
            }
            Assert.Equal(SendFailure.Refused, errors[2].Outcome);
            Assert.Contains("takes no messages", errors[2].Message, StringComparison.Ordinal);

            var received = await queue.ReceiveAsync(Alarmed, 1, TimeSpan.FromSeconds(10), None);
            await queue.CompleteAsync(Alarmed, received, None);
            Assert.Equal("before", Text(Assert.Single(received)));
        }
        finally
        {
            await broker.ControlAsync("set_vm_memory_high_watermark", "0.6");
        }

        await Traffic.UntilAsync(async () =>
        {
            var sending = SendOneAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return sending.IsCompletedSuccessfully;
        });
        Assert.Equal("too", Text(Assert.Single(await queue.ReceiveAsync(Alarmed, 1, TimeSpan.FromSeconds(10), None))));

        Task SendOneAsync() => queue.SendAsync(Alarmed, [Text("during")], None);
    }

    internal static OutgoingEnvelope Text(string body, int delaySeconds = 0) =>
        new(Guid.CreateVersion7(), System.Text.Encoding.UTF8.GetBytes(body), 1, TimeSpan.FromSeconds(delaySeconds));

    internal static string Text(ReceivedEnvelope envelope) => System.Text.Encoding.UTF8.GetString(envelope.Body.Span);
}
