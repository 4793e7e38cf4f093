using Contracts;
using Persistence.Ledger;

namespace DlrProcessor;

/// <summary>Turns receipts into the ends of the parts they report.</summary>
internal static class MatchReceipts
{
    /// <summary>Adds to <paramref name="ends"/> what the matched final receipts report.</summary>
    /// <returns>The receipts without a match: their message's operator id may not be written yet.</returns>
    public static List<ReceiptReceived> Split(IReadOnlyList<ReceiptReceived> receipts, ReceiptMatch?[] matches, List<PartEnd> ends)
    {
        var early = new List<ReceiptReceived>();
        for (var i = 0; i < receipts.Count; i++)
        {
            var receipt = receipts[i];
            if (receipt.IsIntermediate)
            {
                // Progress only; nothing waits for it. Who asked for it is told: see Progress.
                continue;
            }

            if (matches[i] is not { } match)
            {
                early.Add(receipt);
                continue;
            }

            var state = receipt.State ?? MessageState.Failed;
            var reason =
                state == MessageState.Delivered ? null : $"the operator reported {(receipt.Stat.Length > 0 ? receipt.Stat : "no state")}";
            ends.Add(new PartEnd(match.Id, match.Part, match.Parts, state, receipt.Error, reason, receipt.At));
        }

        return early;
    }

    /// <summary>The matched progress reports, one a message and word: its parts say the same.</summary>
    public static List<(MessageId Id, ReceiptReceived Receipt)> Progress(IReadOnlyList<ReceiptReceived> receipts, ReceiptMatch?[] matches)
    {
        var progress = new List<(MessageId Id, ReceiptReceived Receipt)>();
        for (var i = 0; i < receipts.Count; i++)
        {
            if (receipts[i].IsIntermediate && matches[i] is { } match)
            {
                progress.Add((match.Id, receipts[i]));
            }
        }

        return [.. progress.DistinctBy(report => (report.Id, report.Receipt.Stat))];
    }
}
