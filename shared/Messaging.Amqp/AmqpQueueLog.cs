using Microsoft.Extensions.Logging;

namespace Messaging.Amqp;

internal static partial class AmqpQueueLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected to the broker as {Name}")]
    public static partial void Connected(this ILogger logger, string name);

    [LoggerMessage(2, LogLevel.Warning, "The broker cannot be reached as {Name} (attempt {Attempt}); next attempt in {Delay}")]
    public static partial void ConnectFailed(this ILogger logger, string name, int attempt, TimeSpan delay, Exception error);

    [LoggerMessage(3, LogLevel.Warning, "The connection {Name} is lost: {Reason}")]
    public static partial void ConnectionLost(this ILogger logger, string name, string reason);

    [LoggerMessage(4, LogLevel.Error, "The broker takes no messages: {Reason}")]
    public static partial void Blocked(this ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Information, "The broker takes messages again")]
    public static partial void Unblocked(this ILogger logger);

    [LoggerMessage(6, LogLevel.Information, "Queue {Queue} is in the broker as {Name}")]
    public static partial void QueueDeclared(this ILogger logger, string queue, string name);

    [LoggerMessage(7, LogLevel.Warning, "Queue {Name} is there with other properties ({Reason}); it is taken as it is")]
    public static partial void QueueDiffers(this ILogger logger, string name, string reason);

    [LoggerMessage(8, LogLevel.Warning, "A channel is lost: {Reason}; {Envelopes} envelopes held over it are delivered again")]
    public static partial void ChannelLost(this ILogger logger, string reason, int envelopes);

    [LoggerMessage(9, LogLevel.Debug, "{Operation} of an envelope of {Queue} went nowhere: the broker has it back")]
    public static partial void SettledInVain(this ILogger logger, string operation, string queue, Exception error);

    [LoggerMessage(10, LogLevel.Debug, "Fetching from {Queue} failed")]
    public static partial void FetchFailed(this ILogger logger, string queue, Exception error);

    [LoggerMessage(
        12,
        LogLevel.Warning,
        "Queue {Queue} could not be entered into the broker's list of queues; it works, but other processes may not show it"
    )]
    public static partial void NotListed(this ILogger logger, string queue, Exception error);

    [LoggerMessage(13, LogLevel.Warning, "The broker does not answer on the connection {Name}: it is given up")]
    public static partial void NoAnswer(this ILogger logger, string name);

    [LoggerMessage(11, LogLevel.Warning, "The connection {Name} could not be closed in order")]
    public static partial void CloseFailed(this ILogger logger, string name, Exception error);
}
