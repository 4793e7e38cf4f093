using System.Collections.Concurrent;
using System.Globalization;
using Aws;
using Aws.Sqs;
using Microsoft.Extensions.Logging;

namespace Messaging.Sqs;

/// <summary>
/// The seam over Amazon SQS standard queues, or anything that speaks their protocol. Failures of the calls that send are told as
/// <see cref="QueueSendException"/>; the others end in <see cref="IOException"/> when SQS is away, after a few attempts.
/// </summary>
public sealed partial class SqsQueue : IMessageQueue, IAsyncDisposable
{
    private const int BatchSize = 10;
    private static readonly TimeSpan LongestVisibility = TimeSpan.FromHours(12);

    private readonly SqsQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SqsCalls _calls;
    private readonly SqsDirectory _directory;
    private readonly ConcurrentDictionary<string, QueueGauge> _gauges = new();
    private readonly TimeSpan _visibility;

    /// <summary>A queue adapter over the client, which it disposes of.</summary>
    public SqsQueue(AmazonSQSClient client, SqsQueueOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _calls = new SqsCalls(client, options, time, logger);
        _directory = new SqsDirectory(_calls, options, logger);
        _visibility = TimeSpan.FromSeconds(Math.Max(1, Seconds(options.Visibility)));
    }

    /// <summary>A client as the adapter needs it: no retries of its own, so that one call tells one outcome.</summary>
    /// <param name="endpoint">An SQS-compatible endpoint; null: as configured for AWS's SDKs, else AWS.</param>
    public static AmazonSQSClient CreateClient(string? endpoint)
    {
        var config = new AwsJsonConfig(AmazonSQSClient.Service, endpoint)
        {
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            // Above every deadline of ours, which end a call first.
            Timeout = TimeSpan.FromMinutes(1),
            ConnectTimeout = TimeSpan.FromSeconds(3),
        };
        return new AmazonSQSClient(config);
    }

    /// <inheritdoc/>
    public TimeSpan Visibility => _visibility;

    /// <inheritdoc/>
    public async Task EnsureQueueAsync(string queue, CancellationToken ct) => await _directory.UrlAsync(queue, ct).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken ct) => _directory.ListAsync(ct);

    /// <summary>
    /// SQS counts envelopes, approximately; messages are reckoned from what this process saw of the queue. An envelope abandoned
    /// with a delay counts as in flight. The age is that of what waits to be received.
    /// </summary>
    public async Task<QueueDepth> DepthAsync(string queue, CancellationToken ct)
    {
        if (await _directory.FindAsync(queue, ct).ConfigureAwait(false) is not { } url)
        {
            return default;
        }
        try
        {
            var request = new GetQueueAttributesRequest
            {
                QueueUrl = url,
                AttributeNames =
                [
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            };
            var answer = await _calls
                .RepeatAsync("GetQueueAttributes", queue, (c, t) => c.GetQueueAttributesAsync(request, t), ct)
                .ConfigureAwait(false);
            return GaugeOf(queue)
                .Depth(
                    Number(answer, "ApproximateNumberOfMessages"),
                    Number(answer, "ApproximateNumberOfMessagesNotVisible"),
                    Number(answer, "ApproximateNumberOfMessagesDelayed")
                );
        }
        catch (AwsJsonException e) when (SqsCalls.IsNoSuchQueue(e))
        {
            _directory.Forget(queue);
            return default;
        }
    }

    /// <summary>Ends the polls under way. Envelopes held come back when their visibility ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_leftPolls.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        _directory.Dispose();
        _calls.Dispose();
    }

    /// <summary>Whole seconds, parts of one rounded up.</summary>
    internal static int Seconds(TimeSpan span) => (int)Math.Ceiling(Math.Max(0, span.TotalSeconds));

    private QueueGauge GaugeOf(string queue) => _gauges.GetOrAdd(queue, static (_, time) => new QueueGauge(time), _time);

    private static long Number(GetQueueAttributesResponse answer, string name) =>
        long.TryParse(answer.Attributes?.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private static string EntryId(int index) => index.ToString(CultureInfo.InvariantCulture);

    private static bool TryEntry(string id, int count, out int index) =>
        int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index < count;
}
