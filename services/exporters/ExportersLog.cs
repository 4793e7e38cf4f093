namespace Exporters;

internal static partial class ExportersLog
{
    [LoggerMessage(6001, LogLevel.Warning, "the ledger was not audited ({Reason}); trying again")]
    public static partial void AuditDelayed(ILogger logger, string reason);
}
