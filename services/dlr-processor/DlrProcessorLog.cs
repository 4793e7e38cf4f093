namespace DlrProcessor;

internal static partial class DlrProcessorLog
{
    [LoggerMessage(4001, LogLevel.Warning, "parked receipts were not tried ({Reason}); they stay parked")]
    public static partial void ParkedNotTried(ILogger logger, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "{Count} receipts found no message for {After} and are kept in unmatched_receipts")]
    public static partial void ReceiptsUnmatched(ILogger logger, int count, TimeSpan after);
}
