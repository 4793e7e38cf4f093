using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aws;
using Aws.Sqs;
using Microsoft.Extensions.Logging;

namespace Messaging.Sqs;

/// <summary>Which queue is where, and how one is made. Attributes of a queue that exists are never touched.</summary>
internal sealed class SqsDirectory(SqsCalls calls, SqsQueueOptions options, ILogger logger) : IDisposable
{
    private const int PageSize = 1000;
    private readonly SqsQueueNames _names = new(options.Prefix);
    private readonly ConcurrentDictionary<string, string> _urls = new();
    private readonly ConcurrentDictionary<string, string> _tagged = new();
    private readonly SemaphoreSlim _making = new(1);

    /// <summary>The queue's address; it is made if it does not exist.</summary>
    public async ValueTask<string> UrlAsync(string queue, CancellationToken ct)
    {
        if (_urls.TryGetValue(queue, out var known))
        {
            return known;
        }
        // One at a time: a burst of first senders makes a queue once.
        await _making.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            return await FindAsync(queue, ct).ConfigureAwait(false) ?? await MakeAsync(queue, ct).ConfigureAwait(false);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>The queue's address, null when there is no such queue.</summary>
    public async ValueTask<string?> FindAsync(string queue, CancellationToken ct)
    {
        if (_urls.TryGetValue(queue, out var known))
        {
            return known;
        }
        try
        {
            var request = new GetQueueUrlRequest { QueueName = _names.ToSqs(queue) };
            var found = await calls.RepeatAsync("GetQueueUrl", queue, (c, t) => c.GetQueueUrlAsync(request, t), ct).ConfigureAwait(false);
            return _urls[queue] = found.QueueUrl;
        }
        catch (AwsJsonException e) when (SqsCalls.IsNoSuchQueue(e))
        {
            return null;
        }
    }

    /// <summary>Asks again next time: the queue was removed behind our back.</summary>
    public void Forget(string queue) => _urls.TryRemove(queue, out _);

    /// <summary>Our names of all queues with our prefix, in alphabetical order.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken ct)
    {
        var queues = new SortedSet<string>(StringComparer.Ordinal);
        string? next = null;
        do
        {
            var request = new ListQueuesRequest
            {
                QueueNamePrefix = _names.Prefix.Length > 0 ? _names.Prefix : null,
                MaxResults = PageSize,
                NextToken = next,
            };
            var page = await calls.RepeatAsync("ListQueues", "", (c, t) => c.ListQueuesAsync(request, t), ct).ConfigureAwait(false);
            foreach (var url in page.QueueUrls ?? [])
            {
                if (await NameOfAsync(url, ct).ConfigureAwait(false) is { } queue)
                {
                    queues.Add(queue);
                }
            }
            next = page.NextToken;
        } while (!string.IsNullOrEmpty(next));
        return [.. queues];
    }

    public void Dispose() => _making.Dispose();

    private async ValueTask<string?> NameOfAsync(string url, CancellationToken ct)
    {
        var sqsName = url[(url.LastIndexOf('/') + 1)..];
        if (_names.TryFromSqs(sqsName, out var queue, out var isOurs))
        {
            return queue;
        }
        if (!isOurs)
        {
            return null;
        }
        if (!_tagged.TryGetValue(url, out var named))
        {
            var request = new ListQueueTagsRequest { QueueUrl = url };
            var answer = await calls
                .RepeatAsync("ListQueueTags", sqsName, (c, t) => c.ListQueueTagsAsync(request, t), ct)
                .ConfigureAwait(false);
            if (answer.Tags?.GetValueOrDefault(SqsQueueNames.Tag) is not { } tag)
            {
                return null;
            }
            _tagged[url] = named = SqsQueueNames.FromTag(tag);
        }
        return named;
    }

    private async Task<string> MakeAsync(string queue, CancellationToken ct)
    {
        var attributes = new Dictionary<string, string>
        {
            ["VisibilityTimeout"] = Text(SqsQueue.Seconds(options.Visibility)),
            ["ReceiveMessageWaitTimeSeconds"] = Text(SqsQueue.Seconds(options.LongestPoll)),
        };
        if (options.KmsKeyId is { } key)
        {
            attributes["KmsMasterKeyId"] = key;
            attributes["KmsDataKeyReusePeriodSeconds"] = Text(SqsQueue.Seconds(options.KmsDataKeyReuse));
        }
        else
        {
            attributes["SqsManagedSseEnabled"] = "true";
        }
        if (DeadLetters.IsDeadLetterQueue(queue))
        {
            attributes["MessageRetentionPeriod"] = Text(SqsQueue.Seconds(options.DeadRetention));
        }
        else
        {
            attributes["MessageRetentionPeriod"] = Text(SqsQueue.Seconds(options.Retention));
            attributes["RedrivePolicy"] = await RedriveAsync(DeadLetters.QueueFor(queue), ct).ConfigureAwait(false);
        }
        var name = _names.ToSqs(queue);
        var tags = new Dictionary<string, string>(options.Tags) { [SqsQueueNames.Tag] = SqsQueueNames.ToTag(queue) };
        var request = new CreateQueueRequest
        {
            QueueName = name,
            Attributes = attributes,
            Tags = tags,
        };
        try
        {
            var made = await calls.RepeatAsync("CreateQueue", queue, (c, t) => c.CreateQueueAsync(request, t), ct).ConfigureAwait(false);
            logger.QueueMade(queue, name);
            return _urls[queue] = made.QueueUrl;
        }
        catch (AwsJsonException e) when (e.ErrorCode is "QueueNameExists" or "QueueAlreadyExists")
        {
            // Made by somebody else in between, with other attributes: theirs stand.
            return await FindAsync(queue, ct).ConfigureAwait(false) ?? throw new IOException($"SQS has {name} and has not.", e);
        }
    }

    private async Task<string> RedriveAsync(string dead, CancellationToken ct)
    {
        var url = await FindAsync(dead, ct).ConfigureAwait(false) ?? await MakeAsync(dead, ct).ConfigureAwait(false);
        var request = new GetQueueAttributesRequest { QueueUrl = url, AttributeNames = ["QueueArn"] };
        var answer = await calls
            .RepeatAsync("GetQueueAttributes", dead, (c, t) => c.GetQueueAttributesAsync(request, t), ct)
            .ConfigureAwait(false);
        var arn = answer.Attributes?.GetValueOrDefault("QueueArn") ?? throw new IOException($"SQS does not tell the ARN of {url}.");
        return new JsonObject { ["deadLetterTargetArn"] = arn, ["maxReceiveCount"] = options.MaxReceiveCount }.ToJsonString(
            JsonSerializerOptions.Default
        );
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
