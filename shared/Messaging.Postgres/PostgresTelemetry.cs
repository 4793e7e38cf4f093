using System.Diagnostics.Metrics;

namespace Messaging.Postgres;

/// <summary>What the adapter asks of the database.</summary>
public static class PostgresTelemetry
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Messaging.Postgres";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Statements, each a round trip, tagged with the operation and the queue.</summary>
    internal static readonly Counter<long> Calls = Meter.CreateCounter<long>("postgres_calls");

    internal static void Count(this Counter<long> counter, string operation, string queue) =>
        counter.Add(1, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("queue", queue));
}
