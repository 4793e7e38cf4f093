namespace Exporters;

internal static partial class ExportersLog
{
    [LoggerMessage(6001, LogLevel.Warning, "the ledger was not audited ({Reason}); trying again")]
    public static partial void AuditDelayed(ILogger logger, string reason);

    [LoggerMessage(6002, LogLevel.Warning, "{Count} messages without a final state in time are expired")]
    public static partial void Expired(ILogger logger, int count);

    [LoggerMessage(6003, LogLevel.Warning, "{Count} rejections had no end yet: their events are repeated")]
    public static partial void RejectionsRepeated(ILogger logger, int count);

    [LoggerMessage(6004, LogLevel.Error, "{Count} messages for {Connector} vanished from its queue: re-driven under a new generation")]
    public static partial void Stuck(ILogger logger, int count, string connector);

    [LoggerMessage(6005, LogLevel.Warning, "{Count} messages for {Connector} were sent again")]
    public static partial void Redriven(ILogger logger, int count, string connector);

    [LoggerMessage(6006, LogLevel.Warning, "dead letters of {Queue} were not collected ({Reason}); trying again")]
    public static partial void DeadLettersDelayed(ILogger logger, string queue, string reason);

    [LoggerMessage(6007, LogLevel.Error, "{Count} new dead letters of {Queue}: its /dead in the admin API says why")]
    public static partial void DeadLettersKept(ILogger logger, int count, string queue);
}
