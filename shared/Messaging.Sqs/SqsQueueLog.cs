using Microsoft.Extensions.Logging;

namespace Messaging.Sqs;

internal static partial class SqsQueueLog
{
    [LoggerMessage(1, LogLevel.Information, "Queue {Queue} was made in SQS as {Name}")]
    public static partial void QueueMade(this ILogger logger, string queue, string name);

    [LoggerMessage(2, LogLevel.Warning, "{Operation} on {Queue} failed (attempt {Attempt}); next attempt in {Delay}")]
    public static partial void Repeating(
        this ILogger logger,
        string operation,
        string queue,
        int attempt,
        TimeSpan delay,
        Exception? error
    );

    [LoggerMessage(3, LogLevel.Error, "A message of {Queue} ({MessageId}) does not fit its checksum; it is left to be delivered again")]
    public static partial void CorruptReceived(this ILogger logger, string queue, string messageId);

    [LoggerMessage(4, LogLevel.Warning, "{Failed} of {Entries} envelopes sent to {Queue} failed: {Code}")]
    public static partial void EntriesFailed(this ILogger logger, int failed, int entries, string queue, string code);

    [LoggerMessage(5, LogLevel.Debug, "A poll of {Queue} that nobody waited for any more failed")]
    public static partial void LeftPollFailed(this ILogger logger, string queue, Exception error);

    [LoggerMessage(
        6,
        LogLevel.Warning,
        "{Envelopes} envelopes of {Queue} came for nobody and could not be given back; they are delivered again"
    )]
    public static partial void NotGivenBack(this ILogger logger, string queue, int envelopes, Exception error);
}
