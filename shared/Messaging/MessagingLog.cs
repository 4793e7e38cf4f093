using Microsoft.Extensions.Logging;

namespace Messaging;

internal static partial class MessagingLog
{
    [LoggerMessage(1, LogLevel.Warning, "Send to {Queue} not confirmed ({Outcome}, {Envelopes} envelopes)")]
    public static partial void SendNotConfirmed(this ILogger logger, string queue, SendFailure outcome, int envelopes, Exception error);

    [LoggerMessage(2, LogLevel.Error, "Envelope {Id} of {Queue} is unreadable and goes to the dead letters: {Reason}")]
    public static partial void Unreadable(this ILogger logger, string queue, Guid id, string reason);

    [LoggerMessage(3, LogLevel.Error, "Envelope {Id} of {Queue} could not be dead-lettered; it is delivered again later")]
    public static partial void DeadLetterFailed(this ILogger logger, string queue, Guid id, Exception error);

    [LoggerMessage(4, LogLevel.Warning, "Envelope {Id} of {Queue} was received {ReceiveCount} times; its {Items} items go on alone")]
    public static partial void Splitting(this ILogger logger, string queue, Guid id, int receiveCount, int items);

    [LoggerMessage(5, LogLevel.Warning, "{Step} of {Envelopes} envelopes of {Queue} failed (attempt {Attempt})")]
    public static partial void SettleFailed(this ILogger logger, string step, int envelopes, string queue, int attempt, Exception error);

    [LoggerMessage(6, LogLevel.Error, "{Envelopes} envelopes of {Queue} could not be settled ({Step}); they are delivered again")]
    public static partial void SettleGivenUp(this ILogger logger, int envelopes, string queue, string step);

    [LoggerMessage(7, LogLevel.Warning, "Extending {Envelopes} envelopes of {Queue} failed")]
    public static partial void ExtendFailed(this ILogger logger, int envelopes, string queue, Exception error);

    [LoggerMessage(8, LogLevel.Error, "The lease of envelope {Id} of {Queue} is lost; another consumer may have it")]
    public static partial void LeaseLost(this ILogger logger, Guid id, string queue);

    [LoggerMessage(9, LogLevel.Warning, "Receiving from {Queue} failed; next attempt in {Delay}")]
    public static partial void ReceiveFailed(this ILogger logger, string queue, TimeSpan delay, Exception error);

    [LoggerMessage(10, LogLevel.Warning, "Handling {Items} items of {Queue} failed for now; released for {Delay}")]
    public static partial void HandlingDeferred(this ILogger logger, int items, string queue, TimeSpan delay, Exception error);

    [LoggerMessage(11, LogLevel.Error, "Handling {Items} items of {Queue} failed")]
    public static partial void HandlingFailed(this ILogger logger, int items, string queue, Exception error);

    [LoggerMessage(12, LogLevel.Error, "An item of {Queue} goes to the dead letters after {Failures} failures: {Reason}")]
    public static partial void ItemDead(this ILogger logger, string queue, int failures, string? reason);

    [LoggerMessage(13, LogLevel.Warning, "{Queue} stopped with {Envelopes} envelopes not settled; they are delivered again")]
    public static partial void NotDrained(this ILogger logger, string queue, int envelopes);
}
