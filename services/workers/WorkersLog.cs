using System.Net;
using Contracts;
using Persistence.Configuration;

namespace Workers;

internal static partial class WorkersLog
{
    [LoggerMessage(7001, LogLevel.Information, "{Connector}: slot {Slot} is ours (fence {Fence})")]
    public static partial void SlotTaken(ILogger logger, string connector, short slot, long fence);

    [LoggerMessage(7002, LogLevel.Warning, "{Connector}: slot {Slot} (fence {Fence}) belongs to another worker now: unbinding")]
    public static partial void SlotLost(ILogger logger, string connector, short slot, long fence);

    [LoggerMessage(7003, LogLevel.Warning, "bind slots cannot be read or renewed: {Reason}")]
    public static partial void SlotsUnknown(ILogger logger, string reason);

    [LoggerMessage(7004, LogLevel.Information, "{Connector}: slot {Slot} bound to {Peer}")]
    public static partial void Bound(ILogger logger, string connector, short slot, string peer);

    [LoggerMessage(7005, LogLevel.Warning, "{Connector}: slot {Slot} is not bound: {Reason}")]
    public static partial void Unbound(ILogger logger, string connector, short slot, string reason);

    [LoggerMessage(7007, LogLevel.Warning, "nothing received from {Queue} ({Reason}); trying again")]
    public static partial void NotReceived(ILogger logger, string queue, string reason);

    [LoggerMessage(7008, LogLevel.Warning, "{Connector}: {Count} parts not claimed ({Reason}); nothing of them was sent")]
    public static partial void NotClaimed(ILogger logger, string connector, int count, string reason);

    [LoggerMessage(7009, LogLevel.Warning, "what became of message {Id} at the operator could not be recorded: {Reason}")]
    public static partial void NotRecorded(ILogger logger, MessageId id, string reason);

    [LoggerMessage(
        7010,
        LogLevel.Warning,
        "message {Id} part {Part} on {Connector} is uncertain: policy {Policy}, {Lost} answers lost so far"
    )]
    public static partial void Uncertain(ILogger logger, MessageId id, short part, string connector, UncertainPolicy policy, short lost);

    [LoggerMessage(7011, LogLevel.Warning, "{Count} answers of operators wait to be written: {Reason}")]
    public static partial void AnswersWait(ILogger logger, int count, string reason);

    [LoggerMessage(7016, LogLevel.Warning, "the secret {Id} could not be read again, what was known of it goes on: {Reason}")]
    public static partial void SecretStale(ILogger logger, string id, string reason);

    [LoggerMessage(7017, LogLevel.Information, "{Connector}: slot {Slot} unbinds and binds again, as it was told to")]
    public static partial void ToldToUnbind(ILogger logger, string connector, short slot);

    [LoggerMessage(7018, LogLevel.Information, "{Connector}: waiting for outbind on {EndPoint}")]
    public static partial void WaitingForCalls(ILogger logger, string connector, IPEndPoint endPoint);

    [LoggerMessage(
        7019,
        LogLevel.Warning,
        "{Connector}: a call from {Caller} was closed: {Reason}; {More} more of the kind since the last line like this"
    )]
    public static partial void CallRefused(ILogger logger, string connector, IPAddress caller, string reason, int more);

    [LoggerMessage(7012, LogLevel.Information, "{Connector}: slot {Slot} goes to another worker: {Workers} share the binds")]
    public static partial void SlotHandedOn(ILogger logger, string connector, short slot, int workers);

    [LoggerMessage(7015, LogLevel.Information, "message {Id} goes from {Connector} to {Next}: {Reason}")]
    public static partial void FailedOver(ILogger logger, MessageId id, string connector, string next, string reason);

    [LoggerMessage(7014, LogLevel.Error, "{Connector}: slot {Slot} could not be given back: nobody expected this")]
    public static partial void NotGivenBack(ILogger logger, string connector, short slot, Exception error);

    [LoggerMessage(7013, LogLevel.Error, "message {Id} could not be sent: nobody expected this")]
    public static partial void Unexpected(ILogger logger, MessageId id, Exception error);
}
