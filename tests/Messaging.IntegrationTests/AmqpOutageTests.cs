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

    private static OutgoingEnvelope Text(string body) => new(Guid.CreateVersion7(), System.Text.Encoding.UTF8.GetBytes(body), 1);

    private static string Text(ReceivedEnvelope envelope) => System.Text.Encoding.UTF8.GetString(envelope.Body.Span);
}
