using System.Diagnostics.Metrics;

namespace Messaging.Sqs;

/// <summary>What SQS bills, and what goes wrong there: tagged with the operation, and the queue where there is one.</summary>
public static class SqsTelemetry
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Messaging.Sqs";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Requests sent, answered or not.</summary>
    internal static readonly Counter<long> Calls = Meter.CreateCounter<long>("sqs_calls");

    /// <summary>Billed units: each begun 64 KB of a request's or an answer's messages is one request on the bill.</summary>
    internal static readonly Counter<long> Units = Meter.CreateCounter<long>("sqs_billed_units");

    /// <summary>Requests that failed, by code.</summary>
    internal static readonly Counter<long> Errors = Meter.CreateCounter<long>("sqs_errors");

    /// <summary>Entries of batches answered with HTTP 200 that failed, by code.</summary>
    internal static readonly Counter<long> FailedEntries = Meter.CreateCounter<long>("sqs_failed_entries");

    /// <summary>Messages whose checksum was not theirs, on the way there or back.</summary>
    internal static readonly Counter<long> Corrupt = Meter.CreateCounter<long>("sqs_corrupt_messages");

    private const int UnitBytes = 64 * 1024;

    internal static void Count(this Counter<long> counter, string operation, string queue, long amount = 1) =>
        counter.Add(amount, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("queue", queue));

    internal static void Count(this Counter<long> counter, string operation, string queue, string code, long amount = 1) =>
        counter.Add(
            amount,
            new KeyValuePair<string, object?>("operation", operation),
            new KeyValuePair<string, object?>("queue", queue),
            new KeyValuePair<string, object?>("code", code)
        );

    internal static long UnitsOf(long bytes) => Math.Max(1, (bytes + UnitBytes - 1) / UnitBytes);
}
