using Microsoft.Extensions.Logging;
using Smpp.Sessions;

namespace Smpp;

/// <summary>Everything this assembly logs; never message text, never passwords.</summary>
internal static partial class SmppLog
{
    [LoggerMessage(1001, LogLevel.Debug, "Session started as {Role}")]
    public static partial void SessionStarted(ILogger logger, SessionRole role);

    [LoggerMessage(1002, LogLevel.Information, "{SystemId}: bound, {State}, interface version 0x{Version:X2}")]
    public static partial void SessionBound(ILogger logger, string systemId, SessionState state, byte version);

    [LoggerMessage(1003, LogLevel.Information, "{SystemId}: closed, {Reason}, {Unanswered} requests without response")]
    public static partial void SessionClosed(ILogger logger, string systemId, SmppCloseReason reason, int unanswered);

    [LoggerMessage(1004, LogLevel.Information, "{SystemId}: aborted, {Reason}")]
    public static partial void SessionAborted(ILogger logger, string systemId, string reason);

    [LoggerMessage(1005, LogLevel.Information, "{SystemId}: connection failed, {Message}")]
    public static partial void TransportFailed(ILogger logger, string message, string systemId);

    [LoggerMessage(1006, LogLevel.Error, "{SystemId}: session ended by an unexpected exception")]
    public static partial void SessionFailed(ILogger logger, Exception exception, string systemId);

    [LoggerMessage(1007, LogLevel.Information, "{SystemId}: bind refused, {Status}")]
    public static partial void BindRefused(ILogger logger, string systemId, CommandStatus status);

    [LoggerMessage(1010, LogLevel.Warning, "{SystemId}: command_length {Length}, framing is lost")]
    public static partial void FramingLost(ILogger logger, string systemId, uint length);

    [LoggerMessage(1011, LogLevel.Information, "{SystemId}: cannot read {Command}, field {Field}: {Status}")]
    public static partial void Unreadable(ILogger logger, string systemId, CommandId command, string field, CommandStatus status);

    [LoggerMessage(1012, LogLevel.Information, "{SystemId}: late or unknown response {Command}, sequence {Sequence}")]
    public static partial void LateResponse(ILogger logger, string systemId, CommandId command, uint sequence);

    [LoggerMessage(1013, LogLevel.Information, "{SystemId}: no response to {Command}, sequence {Sequence}")]
    public static partial void ResponseTimedOut(ILogger logger, string systemId, CommandId command, uint sequence);

    [LoggerMessage(1014, LogLevel.Information, "{SystemId}: session closed before {Command} could be sent, sequence {Sequence}")]
    public static partial void ResponseDropped(ILogger logger, string systemId, CommandId command, uint sequence);

    [LoggerMessage(1015, LogLevel.Information, "{SystemId}: {InFlight} requests not answered before unbind_resp")]
    public static partial void UnbindNotIdle(ILogger logger, string systemId, int inFlight);

    [LoggerMessage(1020, LogLevel.Error, "{SystemId}: handler of {Operation} failed")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string systemId, string operation);

    [LoggerMessage(1021, LogLevel.Error, "{SystemId}: {Command} not sent, field {Field} does not fit the specification")]
    public static partial void Unwritable(ILogger logger, string systemId, CommandId command, string field);

    [LoggerMessage(1030, LogLevel.Information, "{Link}: not bound ({Reason}), trying again in {Delay}")]
    public static partial void LinkWaiting(ILogger logger, SmppClientOptions link, string reason, TimeSpan delay);

    [LoggerMessage(1031, LogLevel.Error, "{Link}: an unexpected exception, the link goes on")]
    public static partial void LinkFailed(ILogger logger, Exception exception, SmppClientOptions link);

    [LoggerMessage(1032, LogLevel.Warning, "{Listener}: connection refused, {Reason}")]
    public static partial void OutbindRefused(ILogger logger, SmppOutbindOptions listener, string reason);
}
