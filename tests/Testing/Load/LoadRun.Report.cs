using Smpp;

namespace Testing.Load;

/// <content>What it says of itself.</content>
internal sealed partial class LoadRun
{
    const int ListLimit = 1000;

    LoadSnapshot Snapshot(TimeSpan now) =>
        new(
            now,
            book.Accepted,
            latency.Copy(),
            options.Receipts ? book.Received : null,
            options.Receipts ? book.Outstanding : null,
            Volatile.Read(ref up),
            Statuses()
        );

    Dictionary<string, long> Statuses()
    {
        var statuses = new Dictionary<string, long>();
        Add(NameOf(CommandStatus.Ok), Interlocked.Read(ref ok));
        foreach (var (status, count) in refusals.OrderBy(refusal => refusal.Key))
        {
            Add(NameOf(status), count);
        }
        foreach (var (outcome, count) in lost.OrderBy(one => one.Key))
        {
            Add($"no answer: {outcome}", count);
        }
        return statuses;

        void Add(string name, long count)
        {
            if (count > 0)
            {
                statuses[name] = count;
            }
        }
    }

    // The library leaves the specification's prefix out.
    static string NameOf(CommandStatus status) =>
        Enum.IsDefined(status) ? $"ESME_R{status.ToString().ToUpperInvariant()}" : $"0x{(uint)status:X8}";

    LoadReport Report()
    {
        var seconds = Math.Max(TimeSpan.FromTicks(Volatile.Read(ref lastEvent)).TotalSeconds, 0.001);
        var submitSeconds = Math.Max(TimeSpan.FromTicks(Volatile.Read(ref lastAccept)).TotalSeconds, 0.001);
        var split = uncertain.Split(book.Unmatched());
        List<BookedMessage> missing = options.Receipts ? [.. book.Missing().Take(ListLimit)] : [];
        List<BookedMessage> doubled = [.. book.TwiceReceipted().Take(ListLimit)];
        return new LoadReport
        {
            StartedAt = startedOn,
            Seconds = Math.Round(seconds, 3),
            Run = messages.Run,
            Submits = Interlocked.Read(ref ok) + refusals.Values.Sum() + lost.Values.Sum(),
            Accepted = book.Accepted,
            AcceptedPerSecond = Math.Round(book.Accepted / submitSeconds, 1),
            EndToEndPerSecond = Math.Round(book.Receipted / seconds, 1),
            Statuses = Statuses(),
            LatencyMs = LoadPercentiles.Of(latency),
            ReceiptLagMs = LoadPercentiles.Of(book.Lag),
            Receipts = new LoadReceipts(
                book.Received,
                options.Receipts ? book.Outstanding : 0,
                book.Doubled + split.Doubled.Count,
                split.Unknown.Count
            ),
            ReceiptStates = receiptStates.ToDictionary(),
            MissingIds = [.. missing.Select(message => message.Id)],
            MissingMarkers = [.. missing.Select(MarkerOf)],
            DoubledIds = [.. doubled.Select(message => message.Id), .. split.Doubled.Select(receipt => receipt.Id)],
            DoubledMarkers = [.. doubled.Select(MarkerOf)],
            UnknownIds = [.. split.Unknown.Take(ListLimit).Select(receipt => receipt.Id)],
            RepeatedIds = book.Repeated,
            Uncertain = uncertain.Lost,
            UncertainMarkers = uncertain.LostMarkers(ListLimit),
            LostAnswers = split.LostAnswers,
            AcceptedAfterSystemError = split.AfterSystemError,
            DoubledBeforeLossMs = DoubledBeforeLoss(doubled)?.TotalMilliseconds,
            Reconnects = Interlocked.Read(ref reconnects),
            LongestRebindMs = rebinds.IsEmpty ? null : Math.Round(rebinds.Max().TotalMilliseconds, 1),
            BindRefusals = bindRefusals.ToDictionary(refusal => NameOf(refusal.Key), refusal => refusal.Value),
            CpuSeconds = Math.Round((Environment.CpuUsage.TotalTime - startCpu).TotalSeconds, 3),
            Interrupted = interrupted,
        };

        TimeSpan? DoubledBeforeLoss(List<BookedMessage> messages)
        {
            var ages = messages.ConvertAll(message =>
                links.Where(loss => loss >= message.ReceiptedAt).Min(loss => (TimeSpan?)loss) - message.ReceiptedAt
            );
            return ages.Contains(null) ? null : ages.Max();
        }

        string MarkerOf(BookedMessage message) => Marker.Of(messages.Run, message.Number);
    }
}
