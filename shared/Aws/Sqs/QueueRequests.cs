using System.Text.Json.Serialization;

namespace Aws.Sqs;

// Names, cases and types as in AWS's own package, so that it can replace this folder.
#pragma warning disable CS1591 // Documented in the Amazon SQS API Reference, action by action.

public sealed class GetQueueUrlRequest
{
    public required string QueueName { get; init; }

    public string? QueueOwnerAWSAccountId { get; init; }
}

public sealed class GetQueueUrlResponse
{
    public string QueueUrl { get; init; } = "";
}

public sealed class ListQueuesRequest
{
    public string? QueueNamePrefix { get; init; }

    public int? MaxResults { get; init; }

    public string? NextToken { get; init; }
}

public sealed class ListQueuesResponse
{
    public List<string>? QueueUrls { get; init; }

    public string? NextToken { get; init; }
}

public sealed class CreateQueueRequest
{
    public required string QueueName { get; init; }

    public Dictionary<string, string>? Attributes { get; init; }

    // The one member that the protocol spells in lower case.
    [JsonPropertyName("tags")]
    public Dictionary<string, string>? Tags { get; init; }
}

public sealed class CreateQueueResponse
{
    public string QueueUrl { get; init; } = "";
}

public sealed class DeleteQueueRequest
{
    public required string QueueUrl { get; init; }
}

public sealed class DeleteQueueResponse;

public sealed class PurgeQueueRequest
{
    public required string QueueUrl { get; init; }
}

public sealed class PurgeQueueResponse;

public sealed class GetQueueAttributesRequest
{
    public required string QueueUrl { get; init; }

    public required List<string> AttributeNames { get; init; }
}

public sealed class GetQueueAttributesResponse
{
    public Dictionary<string, string>? Attributes { get; init; }
}

public sealed class SetQueueAttributesRequest
{
    public required string QueueUrl { get; init; }

    public required Dictionary<string, string> Attributes { get; init; }
}

public sealed class SetQueueAttributesResponse;

public sealed class TagQueueRequest
{
    public required string QueueUrl { get; init; }

    public required Dictionary<string, string> Tags { get; init; }
}

public sealed class TagQueueResponse;

public sealed class ListQueueTagsRequest
{
    public required string QueueUrl { get; init; }
}

public sealed class ListQueueTagsResponse
{
    public Dictionary<string, string>? Tags { get; init; }
}
