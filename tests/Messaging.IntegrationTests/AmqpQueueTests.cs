using Messaging.Amqp;
using Messaging.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>The RabbitMQ that PLATFORM_TEST_AMQP names.</summary>
internal static class AmqpBroker
{
    public static Uri Address =>
        Environment.GetEnvironmentVariable("PLATFORM_TEST_AMQP") is { Length: > 0 } address
            ? new Uri(address)
            : throw new InvalidOperationException("PLATFORM_TEST_AMQP names no broker: run make test, which starts one.");

    public static AmqpQueue Open(AmqpQueueOptions options) =>
        new(options with { Address = options.Address ?? Address }, TimeProvider.System, NullLogger.Instance);
}

public sealed class AmqpQueueTests : QueueContract
{
    private readonly List<AmqpQueue> _opened = [];

    public override async Task DisposeAsync()
    {
        foreach (var queue in _opened)
        {
            await queue.DisposeAsync();
        }
    }

    /// <summary>A broker does not know the ids of its messages: both copies come, with the one id.</summary>
    public override async Task An_id_sent_twice_is_delivered_once()
    {
        var queue = await OpenAsync();
        var sent = Text("x");
        await queue.SendAsync(Name, [sent], CancellationToken.None);
        await queue.SendAsync(Name, [sent], CancellationToken.None);

        var received = await ReceiveAsync(queue, 2);

        Assert.All(received, r => Assert.Equal(sent.Id, r.Id));
        Assert.Equal(2, received.Select(r => r.Handle).Distinct().Count());
    }

    /// <summary>The broker counts envelopes; what is ready is exact with as many messages in each.</summary>
    public override async Task Depth_counts_messages_by_where_they_are()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(Name, [Text("a", 20), Text("b", 20)], CancellationToken.None);
        await queue.SendAsync(Name, [Text("c", 20, TimeSpan.FromMinutes(5))], CancellationToken.None);
        await ReceiveAsync(queue, 1);

        var depth = await queue.DepthAsync(Name, CancellationToken.None);

        Assert.Equal((20, 20, 20), (depth.Ready, depth.InFlight, depth.Delayed));
    }

    protected override Task<IMessageQueue> OpenAsync(TimeSpan visibility)
    {
        var queue = AmqpBroker.Open(new AmqpQueueOptions { Visibility = visibility });
        _opened.Add(queue);
        return Task.FromResult<IMessageQueue>(queue);
    }
}
