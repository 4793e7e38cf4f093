using System.Globalization;
using System.Text;

namespace Testing.Load;

/// <summary>A run at one moment. Receipts are null when none are asked for.</summary>
internal sealed record LoadSnapshot(
    TimeSpan At,
    long Accepted,
    LatencyHistogram Latency,
    long? Receipts,
    long? Outstanding,
    int Binds,
    IReadOnlyDictionary<string, long> Statuses
);

/// <summary>A line a second while it runs, and the table at the end.</summary>
internal sealed class LoadProgress(TextWriter output)
{
    LoadSnapshot last = new(TimeSpan.Zero, 0, new LatencyHistogram(), null, null, 0, new Dictionary<string, long>());

    public void Line(LoadSnapshot now)
    {
        var seconds = (now.At - last.At).TotalSeconds;
        var latency = now.Latency.Since(last.Latency);
        var line = new StringBuilder();
        Append($"{now.At.TotalSeconds, 5:F0} s {(now.Accepted - last.Accepted) / seconds, 8:F0}/s {now.Accepted, 10} accepted");
        Append($"  p50 {latency.Percentile(0.5).TotalMilliseconds:F1} p99 {latency.Percentile(0.99).TotalMilliseconds:F1} ms");
        if (now.Receipts is { } receipts)
        {
            Append($"  {receipts} receipts, {now.Outstanding} outstanding");
        }
        Append($"  {now.Binds} binds");
        foreach (var (status, count) in now.Statuses.Where(status => status.Key != "ESME_ROK"))
        {
            Append($"  {status} {count}");
        }
        output.WriteLine(line);
        last = now;

        void Append(FormattableString text) => line.Append(text.ToString(CultureInfo.InvariantCulture));
    }

    public static string Table(LoadReport report)
    {
        var table = new StringBuilder();
        Row("run", $"{report.Run}, {report.Seconds:F1} s from the first submit to the last receipt or response");
        Row("accepted", $"{report.Accepted} of {report.Submits} submits, {report.AcceptedPerSecond:F0} a second");
        Row("end to end", $"{report.EndToEndPerSecond:F0} a second, accepted and receipted");
        foreach (var (status, count) in report.Statuses)
        {
            Row($"  {status}", $"{count}");
        }
        Row("latency ms", Percentiles(report.LatencyMs));
        Row("receipt lag ms", Percentiles(report.ReceiptLagMs));
        Row("receipts", $"{report.Receipts.Received}");
        Row("  missing", $"{report.Receipts.Missing}");
        Row("  doubled", $"{report.Receipts.Doubled}");
        Row("  unknown", $"{report.Receipts.Unknown}");
        Row("ids given twice", $"{report.RepeatedIds}");
        Row("uncertain", $"{report.Uncertain} without an answer, {report.LostAnswers} of them accepted (a receipt came)");
        Row("after RSYSERR", $"{report.AcceptedAfterSystemError} accepted (a receipt came)");
        Row("reconnects", $"{report.Reconnects}");
        Row("cpu", $"{report.CpuSeconds:F1} s");
        Row(
            "verdict",
            report.IsClean
                ? (FormattableString)$"clean{(report.Accepted == 0 ? ", but NOTHING WAS ACCEPTED" : "")}"
                : $"NOT CLEAN: something is missing, doubled or unknown"
        );
        return table.ToString();

        void Row(string name, FormattableString value) =>
            table.AppendLine(CultureInfo.InvariantCulture, $"{name, -22}{value.ToString(CultureInfo.InvariantCulture)}");

        static FormattableString Percentiles(LoadPercentiles of) =>
            $"p50 {of.P50:F1}  p90 {of.P90:F1}  p99 {of.P99:F1}  p99.9 {of.P999:F1}  max {of.Max:F1}";
    }
}
