using System.Diagnostics.Metrics;

namespace Messaging;

/// <summary>Names of what this assembly counts. All are in messages unless they say envelopes, and tagged with the queue.</summary>
public static class QueueTelemetry
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Messaging";

    private static readonly Meter Meter = new(MeterName);

    internal static readonly Counter<long> Sent = Meter.CreateCounter<long>("queue_sent");
    internal static readonly Counter<long> SentEnvelopes = Meter.CreateCounter<long>("queue_sent_envelopes");
    internal static readonly Counter<long> RefusedSends = Meter.CreateCounter<long>("queue_refused_sends");
    internal static readonly Counter<long> UnknownSends = Meter.CreateCounter<long>("queue_unknown_sends");
    internal static readonly Counter<long> RepeatedSends = Meter.CreateCounter<long>("queue_repeated_send_envelopes");
    internal static readonly Counter<long> Received = Meter.CreateCounter<long>("queue_received");
    internal static readonly Counter<long> ReceivedEnvelopes = Meter.CreateCounter<long>("queue_received_envelopes");
    internal static readonly Counter<long> Completed = Meter.CreateCounter<long>("queue_completed");
    internal static readonly Counter<long> Failed = Meter.CreateCounter<long>("queue_failed");
    internal static readonly Counter<long> Released = Meter.CreateCounter<long>("queue_released");
    internal static readonly Counter<long> Abandoned = Meter.CreateCounter<long>("queue_abandoned_envelopes");
    internal static readonly Counter<long> DeadLettered = Meter.CreateCounter<long>("queue_dead_lettered");
    internal static readonly Counter<long> Split = Meter.CreateCounter<long>("queue_split_envelopes");
    internal static readonly Counter<long> LostLeases = Meter.CreateCounter<long>("queue_lost_lease_envelopes");

    internal static void Count(this Counter<long> counter, string queue, long amount = 1)
    {
        if (amount > 0)
        {
            counter.Add(amount, new KeyValuePair<string, object?>("queue", queue));
        }
    }
}
