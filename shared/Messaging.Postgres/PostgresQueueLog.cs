using Microsoft.Extensions.Logging;

namespace Messaging.Postgres;

internal static partial class PostgresQueueLog
{
    [LoggerMessage(1, LogLevel.Warning, "The queue's wake-up connection is lost; receivers poll until it is back")]
    public static partial void WakeUpConnectionLost(this ILogger logger, Exception error);
}
