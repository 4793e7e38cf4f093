using System.Diagnostics.Metrics;

namespace Messaging.Amqp;

/// <summary>What the adapter asks of the broker, and what goes wrong there.</summary>
public static class AmqpTelemetry
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Messaging.Amqp";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Publishes, receives (one consumer's life), acknowledgements and other calls, tagged with the operation and the queue.</summary>
    internal static readonly Counter<long> Calls = Meter.CreateCounter<long>("amqp_calls");

    /// <summary>Envelopes that the broker did not confirm, tagged with why.</summary>
    internal static readonly Counter<long> Unconfirmed = Meter.CreateCounter<long>("amqp_unconfirmed_envelopes");

    /// <summary>Connections opened, tagged with what for.</summary>
    internal static readonly Counter<long> Connections = Meter.CreateCounter<long>("amqp_connections");

    /// <summary>Times that the broker stopped taking messages (memory or disk alarm).</summary>
    internal static readonly Counter<long> Blocked = Meter.CreateCounter<long>("amqp_blocked");

    /// <summary>Envelopes given back because their visibility ended.</summary>
    internal static readonly Counter<long> Expired = Meter.CreateCounter<long>("amqp_expired_envelopes");

    internal static void Count(this Counter<long> counter, string operation, string queue, long amount = 1) =>
        counter.Add(amount, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("queue", queue));

    internal static void Count(this Counter<long> counter, string tag, long amount = 1) =>
        counter.Add(amount, new KeyValuePair<string, object?>("kind", tag));
}
