using Microsoft.Extensions.Logging;

namespace Messaging.Postgres;

internal static partial class PostgresQueueLog
{
    [LoggerMessage(1, LogLevel.Warning, "The queue's wake-up connection is lost; receivers poll until it is back")]
    public static partial void WakeUpConnectionLost(this ILogger logger, Exception error);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "{Envelopes} envelopes of {Queue} were stored for a receiver that had gone, and could not be given back: they come when their visibility ends"
    )]
    public static partial void NotGivenBack(this ILogger logger, string queue, int envelopes, Exception error);
}
