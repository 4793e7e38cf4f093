using Amazon.Runtime;

namespace Aws.Sqs;

/// <summary>
/// The operations of Amazon SQS that the platform uses, with AWS's own names (Amazon SQS API Reference, 2012-11-05, JSON
/// protocol). Where a batch answers HTTP 200 it may hold failures, entry by entry. Errors are those of
/// <see cref="AwsJsonClient.CallAsync"/>.
/// </summary>
public sealed class AmazonSQSClient : IDisposable
{
    /// <summary>SQS.</summary>
    public static readonly AwsJsonService Service = new("SQS", "sqs", "AmazonSQS", "1.0");

    private static readonly AwsJsonOperation<GetQueueUrlRequest, GetQueueUrlResponse> GetQueueUrl = new(
        "GetQueueUrl",
        SqsJson.Wire.GetQueueUrlRequest,
        SqsJson.Wire.GetQueueUrlResponse
    );
    private static readonly AwsJsonOperation<ListQueuesRequest, ListQueuesResponse> ListQueues = new(
        "ListQueues",
        SqsJson.Wire.ListQueuesRequest,
        SqsJson.Wire.ListQueuesResponse
    );
    private static readonly AwsJsonOperation<CreateQueueRequest, CreateQueueResponse> CreateQueue = new(
        "CreateQueue",
        SqsJson.Wire.CreateQueueRequest,
        SqsJson.Wire.CreateQueueResponse
    );
    private static readonly AwsJsonOperation<DeleteQueueRequest, DeleteQueueResponse> DeleteQueue = new(
        "DeleteQueue",
        SqsJson.Wire.DeleteQueueRequest,
        SqsJson.Wire.DeleteQueueResponse
    );
    private static readonly AwsJsonOperation<PurgeQueueRequest, PurgeQueueResponse> PurgeQueue = new(
        "PurgeQueue",
        SqsJson.Wire.PurgeQueueRequest,
        SqsJson.Wire.PurgeQueueResponse
    );
    private static readonly AwsJsonOperation<GetQueueAttributesRequest, GetQueueAttributesResponse> GetQueueAttributes = new(
        "GetQueueAttributes",
        SqsJson.Wire.GetQueueAttributesRequest,
        SqsJson.Wire.GetQueueAttributesResponse
    );
    private static readonly AwsJsonOperation<SetQueueAttributesRequest, SetQueueAttributesResponse> SetQueueAttributes = new(
        "SetQueueAttributes",
        SqsJson.Wire.SetQueueAttributesRequest,
        SqsJson.Wire.SetQueueAttributesResponse
    );
    private static readonly AwsJsonOperation<TagQueueRequest, TagQueueResponse> TagQueue = new(
        "TagQueue",
        SqsJson.Wire.TagQueueRequest,
        SqsJson.Wire.TagQueueResponse
    );
    private static readonly AwsJsonOperation<ListQueueTagsRequest, ListQueueTagsResponse> ListQueueTags = new(
        "ListQueueTags",
        SqsJson.Wire.ListQueueTagsRequest,
        SqsJson.Wire.ListQueueTagsResponse
    );
    private static readonly AwsJsonOperation<SendMessageBatchRequest, SendMessageBatchResponse> SendMessageBatch = new(
        "SendMessageBatch",
        SqsJson.Wire.SendMessageBatchRequest,
        SqsJson.Wire.SendMessageBatchResponse
    );
    private static readonly AwsJsonOperation<ReceiveMessageRequest, ReceiveMessageResponse> ReceiveMessage = new(
        "ReceiveMessage",
        SqsJson.Wire.ReceiveMessageRequest,
        SqsJson.Wire.ReceiveMessageResponse
    );
    private static readonly AwsJsonOperation<DeleteMessageBatchRequest, DeleteMessageBatchResponse> DeleteMessageBatch = new(
        "DeleteMessageBatch",
        SqsJson.Wire.DeleteMessageBatchRequest,
        SqsJson.Wire.DeleteMessageBatchResponse
    );
    private static readonly AwsJsonOperation<
        ChangeMessageVisibilityBatchRequest,
        ChangeMessageVisibilityBatchResponse
    > ChangeMessageVisibilityBatch = new(
        "ChangeMessageVisibilityBatch",
        SqsJson.Wire.ChangeMessageVisibilityBatchRequest,
        SqsJson.Wire.ChangeMessageVisibilityBatchResponse
    );

    private readonly AwsJsonClient _client;

    /// <summary>A client with the credentials given, or those that the runtime's chain finds.</summary>
    public AmazonSQSClient(AwsJsonConfig config, AWSCredentials? credentials = null) =>
        _client = new AwsJsonClient(Service, config, credentials);

    /// <summary>The address of a queue by its name.</summary>
    public Task<GetQueueUrlResponse> GetQueueUrlAsync(GetQueueUrlRequest request, CancellationToken ct) =>
        _client.CallAsync(GetQueueUrl, request, ct);

    /// <summary>The addresses of the queues whose names begin so; at most 1,000 a page.</summary>
    public Task<ListQueuesResponse> ListQueuesAsync(ListQueuesRequest request, CancellationToken ct) =>
        _client.CallAsync(ListQueues, request, ct);

    /// <summary>Makes a queue; one that exists with the same attributes is no error.</summary>
    public Task<CreateQueueResponse> CreateQueueAsync(CreateQueueRequest request, CancellationToken ct) =>
        _client.CallAsync(CreateQueue, request, ct);

    /// <summary>Removes a queue with what is in it.</summary>
    public Task<DeleteQueueResponse> DeleteQueueAsync(DeleteQueueRequest request, CancellationToken ct) =>
        _client.CallAsync(DeleteQueue, request, ct);

    /// <summary>Removes what is in a queue; once a minute at most.</summary>
    public Task<PurgeQueueResponse> PurgeQueueAsync(PurgeQueueRequest request, CancellationToken ct) =>
        _client.CallAsync(PurgeQueue, request, ct);

    /// <summary>A queue's attributes, its approximate numbers of messages among them.</summary>
    public Task<GetQueueAttributesResponse> GetQueueAttributesAsync(GetQueueAttributesRequest request, CancellationToken ct) =>
        _client.CallAsync(GetQueueAttributes, request, ct);

    /// <summary>Changes a queue's attributes.</summary>
    public Task<SetQueueAttributesResponse> SetQueueAttributesAsync(SetQueueAttributesRequest request, CancellationToken ct) =>
        _client.CallAsync(SetQueueAttributes, request, ct);

    /// <summary>Adds tags to a queue, or replaces their values.</summary>
    public Task<TagQueueResponse> TagQueueAsync(TagQueueRequest request, CancellationToken ct) => _client.CallAsync(TagQueue, request, ct);

    /// <summary>A queue's tags.</summary>
    public Task<ListQueueTagsResponse> ListQueueTagsAsync(ListQueueTagsRequest request, CancellationToken ct) =>
        _client.CallAsync(ListQueueTags, request, ct);

    /// <summary>Stores up to 10 messages, 1 MiB in all.</summary>
    public Task<SendMessageBatchResponse> SendMessageBatchAsync(SendMessageBatchRequest request, CancellationToken ct) =>
        _client.CallAsync(SendMessageBatch, request, ct);

    /// <summary>Up to 10 messages, waiting up to 20 s for the first.</summary>
    public Task<ReceiveMessageResponse> ReceiveMessageAsync(ReceiveMessageRequest request, CancellationToken ct) =>
        _client.CallAsync(ReceiveMessage, request, ct);

    /// <summary>Removes up to 10 messages received.</summary>
    public Task<DeleteMessageBatchResponse> DeleteMessageBatchAsync(DeleteMessageBatchRequest request, CancellationToken ct) =>
        _client.CallAsync(DeleteMessageBatch, request, ct);

    /// <summary>Hides up to 10 messages received for so long from now; 0 shows them at once.</summary>
    public Task<ChangeMessageVisibilityBatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request,
        CancellationToken ct
    ) => _client.CallAsync(ChangeMessageVisibilityBatch, request, ct);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
