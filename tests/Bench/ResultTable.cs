using System.Globalization;
using System.Text;
using Bench.WholePath;

namespace Bench;

/// <summary>The table on the screen, made of the stages' files; ratios only between figures of one run.</summary>
static class ResultTable
{
    static readonly string[] stages = ["codec", "session", "queue", "queues", "ledger", "gateway", "workers", "binds", "path"];

    public static string Of(BenchOptions options)
    {
        var reports = stages
            .Select(stage => StageReport.Load(options.Folder, stage))
            .OfType<StageReport>()
            .ToDictionary(report => report.Stage);
        var table = new StringBuilder();
        foreach (var report in reports.Values)
        {
            table.AppendLine().Append(report.Stage).Append(": ").AppendLine(report.What);
            foreach (var row in report.Rows)
            {
                Row(table, row);
            }

            foreach (var goal in report.Goals)
            {
                table
                    .Append(goal.Met ? "  goal met:     " : "  goal not met: ")
                    .Append(CultureInfo.InvariantCulture, $"{goal.Row}, {goal.Is} {Text(goal.Limit)} {goal.Unit}; it is {Text(goal.Value)}")
                    .AppendLine();
            }

            foreach (var failure in report.Failures)
            {
                table.Append("  FAILED: ").AppendLine(failure);
            }
        }

        Ratios(table, reports, options);
        return table.ToString();
    }

    static void Row(StringBuilder table, ReportRow row)
    {
        table.Append(CultureInfo.InvariantCulture, $"  {row.Name, -32}");
        foreach (var (unit, value) in row.Figures)
        {
            table.Append(CultureInfo.InvariantCulture, $"  {Text(value), 9} {unit}");
        }

        table.AppendLine();
    }

    static void Ratios(StringBuilder table, Dictionary<string, StageReport> reports, BenchOptions options)
    {
        var session = SessionStage.Row(options.Binds, options.Window);
        var lines = new StringBuilder();
        Ratio("session, window 100 to window 10", Of("session", SessionStage.Row(1, 100)), Of("session", SessionStage.Row(1, 10)));
        foreach (var (binds, window) in SessionStage.Shapes(options))
        {
            var row = SessionStage.Row(binds, window);
            Ratio($"ours to npm's server, {row}", Of("session", row), Of("session", SessionStage.NpmServer + row));
            Ratio($"ours to npm's client, {row}", Of("session", row), Of("session", SessionStage.NpmClient + row));
        }

        Ratio("queue, envelopes of 100 to 1", Of("queue", QueueStage.Row(100)), Of("queue", QueueStage.Row(1)));
        foreach (var (binds, window) in GatewayStage.Shapes)
        {
            var row = SessionStage.Row(binds, window);
            Ratio($"gateway (durable) to bare session, {row}", Of("gateway", row), Of("gateway", GatewayStage.Bare + row));
        }

        Ratio("path (accepted) to session with the same binds", Of("path", "accepted"), Of("session", session));
        Ratio(
            "PostgreSQL CPU a message, path to ledger alone",
            Of("path", Meters.Postgres, Meters.CpuPerThousand) * 1000,
            Of("ledger", LedgerStage.Total, LedgerStage.Server)
        );
        if (lines.Length > 0)
        {
            table.AppendLine().AppendLine("ratios within this run, of messages a second where nothing else is said").Append(lines);
        }

        double? Of(string stage, string row, string unit = Units.PerSecond) => reports.GetValueOrDefault(stage)?.Figure(row, unit);

        void Ratio(string name, double? one, double? other)
        {
            if (one is { } a && other is > 0 and { } b)
            {
                lines.AppendLine(CultureInfo.InvariantCulture, $"  {name, -48}{a / b, 7:F3}");
            }
        }
    }

    static string Text(double value) => value.ToString(Format(value), CultureInfo.InvariantCulture);

    static string Format(double value) =>
        value == Math.Floor(value) || Math.Abs(value) >= 100 ? "N0"
        : Math.Abs(value) >= 10 ? "N1"
        : Math.Abs(value) >= 1 ? "N2"
        : "N3";
}

/// <summary>Units that are read back by name.</summary>
static class Units
{
    public const string PerSecond = "/s";
    public const string P50 = "ms p50";
    public const string P99 = "ms p99";
    public const string P999 = "ms p999";
}
