using Microsoft.Extensions.Logging;

namespace ServiceDefaults;

internal static partial class ServiceDefaultsLog
{
    [LoggerMessage(1001, LogLevel.Warning, "the queue's tables cannot be made yet: {Reason}; trying again in a second")]
    public static partial void QueueNotReady(ILogger logger, string reason);
}
