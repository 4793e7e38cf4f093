using Microsoft.Extensions.Logging;

namespace ServiceDefaults;

internal static partial class ServiceDefaultsLog
{
    [LoggerMessage(1001, LogLevel.Warning, "the queue's tables cannot be made yet: {Reason}; trying again in a second")]
    public static partial void QueueNotReady(ILogger logger, string reason);

    [LoggerMessage(1002, LogLevel.Information, "stopping: no longer ready, sessions are unbound, what is in flight is finished")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(1003, LogLevel.Information, "stopped in order")]
    public static partial void Stopped(ILogger logger);
}
