using Contracts;
using Messaging;

namespace Router;

internal static partial class RouterLog
{
    [LoggerMessage(3001, LogLevel.Warning, "message {Id} is recorded and not dispatched yet ({Outcome}); it will be")]
    public static partial void NotDispatched(ILogger logger, MessageId id, SendOutcome outcome);

    [LoggerMessage(3002, LogLevel.Warning, "scheduled work cannot be read or dispatched ({Reason}); trying again")]
    public static partial void DueNotRead(ILogger logger, string reason);
}
