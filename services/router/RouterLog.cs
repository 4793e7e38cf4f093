using Contracts;
using Messaging;

namespace Router;

internal static partial class RouterLog
{
    [LoggerMessage(3001, LogLevel.Warning, "message {Id} is recorded and not dispatched yet ({Outcome}); it will be")]
    public static partial void NotDispatched(ILogger logger, MessageId id, SendOutcome outcome);
}
