using System.Text.Json.Serialization;

namespace Testing.Load;

/// <summary>What a run came to; the JSON as well.</summary>
internal sealed record LoadReport
{
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From the first submit to the last response or receipt.</summary>
    public required double Seconds { get; init; }

    /// <summary>The first part of every marker of this run.</summary>
    public required string Run { get; init; }

    public required long Submits { get; init; }
    public required long Accepted { get; init; }
    public required double AcceptedPerSecond { get; init; }
    public required double EndToEndPerSecond { get; init; }
    public required IReadOnlyDictionary<string, long> Statuses { get; init; }
    public required LoadPercentiles LatencyMs { get; init; }
    public required LoadPercentiles ReceiptLagMs { get; init; }
    public required LoadReceipts Receipts { get; init; }
    public required IReadOnlyDictionary<string, long> ReceiptStates { get; init; }

    /// <summary>At most 1000 of each list; the markers in the order of the ids.</summary>
    public required IReadOnlyList<string> MissingIds { get; init; }
    public required IReadOnlyList<string> MissingMarkers { get; init; }
    public required IReadOnlyList<string> DoubledIds { get; init; }
    public required IReadOnlyList<string> DoubledMarkers { get; init; }
    public required IReadOnlyList<string> UnknownIds { get; init; }

    /// <summary>Submits that named an id which an earlier response had named.</summary>
    public required long RepeatedIds { get; init; }

    /// <summary>Submits whose response was lost, and their markers.</summary>
    public required long Uncertain { get; init; }
    public required IReadOnlyList<string> UncertainMarkers { get; init; }

    /// <summary>Receipts for such submits: accepted, and the answer lost.</summary>
    public required long LostAnswers { get; init; }

    /// <summary>Receipts for submits that were answered ESME_RSYSERR.</summary>
    public required long AcceptedAfterSystemError { get; init; }

    public required long Reconnects { get; init; }

    /// <summary>From the loss of a link to its next bind, the longest, in milliseconds; null when none was lost.</summary>
    public required double? LongestRebindMs { get; init; }

    /// <summary>Binds that were refused and tried again, by status.</summary>
    public required IReadOnlyDictionary<string, long> BindRefusals { get; init; }

    /// <summary>
    /// Of the messages whose receipt came again: the longest time from the first one to the next loss of a link, in milliseconds. So long an
    /// acknowledgement had not been written down by the platform. Null when none came again, or one did without a loss after the first.
    /// </summary>
    public required double? DoubledBeforeLossMs { get; init; }
    public required double CpuSeconds { get; init; }

    /// <summary>Whether the run was ended by a signal, or given up for want of a bind.</summary>
    public required bool Interrupted { get; init; }

    [JsonIgnore]
    public bool IsClean => Receipts is { Missing: 0, Doubled: 0, Unknown: 0 } && RepeatedIds == 0;
}

internal sealed record LoadReceipts(long Received, long Missing, long Doubled, long Unknown);

internal sealed record LoadPercentiles(double P50, double P90, double P99, double P999, double Max)
{
    public static LoadPercentiles Of(LatencyHistogram histogram)
    {
        return new LoadPercentiles(At(0.5), At(0.9), At(0.99), At(0.999), Milliseconds(histogram.Max));

        double At(double share) => Milliseconds(histogram.Percentile(share));

        static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
    }
}
