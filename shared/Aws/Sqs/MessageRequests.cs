namespace Aws.Sqs;

// Names, cases and types as in AWS's own package, so that it can replace this folder.
#pragma warning disable CS1591 // Documented in the Amazon SQS API Reference, action by action.

public sealed class MessageAttributeValue
{
    /// <summary><c>String</c>, <c>Number</c> or <c>Binary</c>, with an optional label behind a dot.</summary>
    public required string DataType { get; init; }

    public string? StringValue { get; init; }
}

public sealed class SendMessageBatchRequest
{
    public required string QueueUrl { get; init; }

    public required List<SendMessageBatchRequestEntry> Entries { get; init; }
}

public sealed class SendMessageBatchRequestEntry
{
    public required string Id { get; set; }

    public required string MessageBody { get; init; }

    /// <summary>0 to 900; null: the queue's own.</summary>
    public int? DelaySeconds { get; init; }

    public Dictionary<string, MessageAttributeValue>? MessageAttributes { get; init; }

    /// <summary>On a standard queue: the tenant, among which the queue is fair. At most 128 characters.</summary>
    public string? MessageGroupId { get; init; }
}

public sealed class SendMessageBatchResponse
{
    public List<SendMessageBatchResultEntry>? Successful { get; init; }

    public List<BatchResultErrorEntry>? Failed { get; init; }
}

public sealed class SendMessageBatchResultEntry
{
    public string Id { get; init; } = "";

    public string? MessageId { get; init; }

    public string? MD5OfMessageBody { get; init; }

    public string? MD5OfMessageAttributes { get; init; }
}

public sealed class BatchResultErrorEntry
{
    public string Id { get; init; } = "";

    public string? Code { get; init; }

    public string? Message { get; init; }

    public bool SenderFault { get; init; }
}

public sealed class ReceiveMessageRequest
{
    public required string QueueUrl { get; init; }

    /// <summary>1 to 10.</summary>
    public int MaxNumberOfMessages { get; init; } = 1;

    /// <summary>0 to 20 s.</summary>
    public int WaitTimeSeconds { get; init; }

    /// <summary>0 to 43,200 s; null: the queue's own.</summary>
    public int? VisibilityTimeout { get; init; }

    public List<string>? MessageSystemAttributeNames { get; init; }

    public List<string>? MessageAttributeNames { get; init; }
}

public sealed class ReceiveMessageResponse
{
    public List<Message>? Messages { get; init; }
}

public sealed class Message
{
    public string MessageId { get; init; } = "";

    public string ReceiptHandle { get; init; } = "";

    public string Body { get; init; } = "";

    public string? MD5OfBody { get; init; }

    public Dictionary<string, string>? Attributes { get; init; }

    public Dictionary<string, MessageAttributeValue>? MessageAttributes { get; init; }
}

public sealed class DeleteMessageBatchRequest
{
    public required string QueueUrl { get; init; }

    public required List<DeleteMessageBatchRequestEntry> Entries { get; init; }
}

public sealed class DeleteMessageBatchRequestEntry
{
    public required string Id { get; init; }

    public required string ReceiptHandle { get; init; }
}

public sealed class DeleteMessageBatchResponse
{
    public List<DeleteMessageBatchResultEntry>? Successful { get; init; }

    public List<BatchResultErrorEntry>? Failed { get; init; }
}

public sealed class DeleteMessageBatchResultEntry
{
    public string Id { get; init; } = "";
}

public sealed class ChangeMessageVisibilityBatchRequest
{
    public required string QueueUrl { get; init; }

    public required List<ChangeMessageVisibilityBatchRequestEntry> Entries { get; init; }
}

public sealed class ChangeMessageVisibilityBatchRequestEntry
{
    public required string Id { get; init; }

    public required string ReceiptHandle { get; init; }

    /// <summary>0 to 43,200 s from now.</summary>
    public int VisibilityTimeout { get; init; }
}

public sealed class ChangeMessageVisibilityBatchResponse
{
    public List<ChangeMessageVisibilityBatchResultEntry>? Successful { get; init; }

    public List<BatchResultErrorEntry>? Failed { get; init; }
}

public sealed class ChangeMessageVisibilityBatchResultEntry
{
    public string Id { get; init; } = "";
}
