using Amazon.Runtime;
using Aws;
using Aws.Sqs;
using Messaging.Sqs;
using Messaging.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>The SQS-compatible endpoint that PLATFORM_TEST_SQS names. It wants no particular credentials.</summary>
internal static class SqsEndpoint
{
    public static readonly AWSCredentials Credentials = new BasicAWSCredentials("test", "test");

    public static string Url =>
        Environment.GetEnvironmentVariable("PLATFORM_TEST_SQS")
        ?? throw new InvalidOperationException("PLATFORM_TEST_SQS names no endpoint: run make test, which starts one.");

    public static AmazonSQSClient Client(string? url = null) =>
        new(new AwsJsonConfig(AmazonSQSClient.Service, url ?? Url) { MaxErrorRetry = 0, MaxStaleConnectionRetries = 0 }, Credentials);

    public static SqsQueue Open(SqsQueueOptions options, string? url = null) =>
        new(Client(url), options, TimeProvider.System, NullLogger.Instance);
}

public sealed class SqsQueueTests : QueueContract
{
    private readonly List<SqsQueue> _opened = [];

    // SQS counts in seconds.
    protected override TimeSpan Brief => TimeSpan.FromSeconds(1);

    public override async Task DisposeAsync()
    {
        foreach (var queue in _opened)
        {
            await queue.DisposeAsync();
        }
    }

    /// <summary>A standard queue does not know the ids of its messages: both copies come, with the one id.</summary>
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

    /// <summary>SQS counts envelopes; with as many messages in each, the estimate is exact.</summary>
    public override async Task Depth_counts_messages_by_where_they_are()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(Name, [Text("a", 20), Text("b", 20)], CancellationToken.None);
        await queue.SendAsync(Name, [Text("c", 20, TimeSpan.FromMinutes(5))], CancellationToken.None);
        await ReceiveAsync(queue, 1);

        var depth = await queue.DepthAsync(Name, CancellationToken.None);

        Assert.Equal((20, 20, 20), (depth.Ready, depth.InFlight, depth.Delayed));
    }

    /// <summary>To SQS it is one more message that is in flight.</summary>
    public override async Task An_abandoned_delay_counts_as_delayed()
    {
        var queue = await OpenAsync();
        await queue.SendAsync(Name, [Text("a", 5)], CancellationToken.None);
        await queue.AbandonAsync(Name, await ReceiveAsync(queue, 1), TimeSpan.FromMinutes(1), CancellationToken.None);

        var depth = await queue.DepthAsync(Name, CancellationToken.None);

        Assert.Equal((0, 5, 0), (depth.Ready, depth.InFlight, depth.Delayed));
    }

    protected override Task<IMessageQueue> OpenAsync(TimeSpan visibility)
    {
        // No margin: a redelivery is waited for here, not work.
        var queue = SqsEndpoint.Open(new SqsQueueOptions { Visibility = visibility, ReceiveMargin = TimeSpan.Zero });
        _opened.Add(queue);
        return Task.FromResult<IMessageQueue>(queue);
    }
}
