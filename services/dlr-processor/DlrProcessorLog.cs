namespace DlrProcessor;

internal static partial class DlrProcessorLog
{
    [LoggerMessage(4001, LogLevel.Warning, "parked receipts were not tried ({Reason}); they stay parked")]
    public static partial void ParkedNotTried(ILogger logger, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "{Count} receipts found no message for {After} and are kept in unmatched_receipts")]
    public static partial void ReceiptsUnmatched(ILogger logger, int count, TimeSpan after);

    [LoggerMessage(
        4003,
        LogLevel.Warning,
        "{Connector}: {Count} receipts found their message only with ids read as {Kind}: set its dlrIdFormat to {Kind}"
    )]
    public static partial void OtherIdFormat(ILogger logger, string connector, long count, string kind);

    [LoggerMessage(
        4004,
        LogLevel.Warning,
        "{Connector}: {Count} receipts found their message only by the id in their text: the TLV's is unknown"
    )]
    public static partial void FoundByText(ILogger logger, string connector, long count);

    [LoggerMessage(
        4005,
        LogLevel.Warning,
        "{Connector}: {Count} receipts have the id of a message to another number: the operator translates numbers, or dlrIdFormat is wrong"
    )]
    public static partial void OtherNumber(ILogger logger, string connector, long count);
}
