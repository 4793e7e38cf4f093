using System.Text.Json;
using Contracts;
using Persistence.Ledger;

namespace DlrProcessor;

/// <summary>Says which connectors' receipts find their messages in another way than configured: a line a minute for each connector and way, at most. Thread-safe.</summary>
internal sealed class RescueReport(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();

    /// <summary>As many entries as connectors times ways.</summary>
    private readonly Dictionary<(string Connector, ReceiptRescue Kind), (long Count, long? SaidAt)> counts = [];

    /// <summary>Counts the rescues among the matches, once they are committed.</summary>
    public void Add(IReadOnlyList<ReceiptReceived> receipts, ReceiptMatch?[] matches)
    {
        lock (gate)
        {
            for (var i = 0; i < matches.Length; i++)
            {
                if (matches[i]?.Rescue is { } kind)
                {
                    var key = (receipts[i].Connector, kind);
                    var (count, saidAt) = counts.GetValueOrDefault(key);
                    counts[key] = (count + 1, saidAt);
                }
            }

            foreach (var ((connector, kind), (count, saidAt)) in counts)
            {
                if (count > 0 && (saidAt is null || time.GetElapsedTime(saidAt.Value) >= Interval))
                {
                    Say(connector, kind, count);
                    counts[(connector, kind)] = (0, time.GetTimestamp());
                }
            }
        }
    }

    private void Say(string connector, ReceiptRescue kind, long count)
    {
        switch (kind)
        {
            case ReceiptRescue.Text:
                DlrProcessorLog.FoundByText(logger, connector, count);
                break;
            case ReceiptRescue.OtherNumber:
                DlrProcessorLog.OtherNumber(logger, connector, count);
                break;
            default:
                DlrProcessorLog.OtherIdFormat(logger, connector, count, JsonNamingPolicy.CamelCase.ConvertName($"{kind}"));
                break;
        }
    }
}
