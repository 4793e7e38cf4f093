using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bench;

/// <summary>One line of the table: figures by their unit.</summary>
sealed record ReportRow(string Name, Dictionary<string, double> Figures);

/// <summary>What a figure is to be, and whether it is. It is told, and decides nothing: speed is no failure.</summary>
/// <param name="Row">Of which row.</param>
/// <param name="Unit">Which figure.</param>
/// <param name="Is">"at most" or "at least".</param>
/// <param name="Limit">The goal.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Met">Whether that is within it.</param>
sealed record Goal(string Row, string Unit, string Is, double Limit, double Value, bool Met);

/// <summary>What one stage came to; the JSON as well.</summary>
sealed record StageReport
{
    static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    readonly long started = Stopwatch.GetTimestamp();

    public required string Stage { get; init; }

    /// <summary>What was measured, in words.</summary>
    public required string What { get; init; }

    public DateTimeOffset StartedAt { get; init; } = TimeProvider.System.GetUtcNow();
    public double Seconds { get; set; }
    public List<ReportRow> Rows { get; init; } = [];
    public List<Goal> Goals { get; init; } = [];

    /// <summary>What went wrong, in words. A slow run is no failure.</summary>
    public List<string> Failures { get; init; } = [];

    [JsonIgnore]
    public double Elapsed => Stopwatch.GetElapsedTime(started).TotalSeconds;

    public void Add(string name, params (string Unit, double Value)[] figures) =>
        Rows.Add(new ReportRow(name, figures.ToDictionary(figure => figure.Unit, figure => Math.Round(figure.Value, 4))));

    /// <summary>A goal for a figure that was added before.</summary>
    public void AtMost(string row, string unit, double limit) => Add(row, unit, "at most", limit, value => value <= limit);

    /// <inheritdoc cref="AtMost" />
    public void AtLeast(string row, string unit, double limit) => Add(row, unit, "at least", limit, value => value >= limit);

    void Add(string row, string unit, string condition, double limit, Func<double, bool> meets)
    {
        var value = Figure(row, unit) ?? throw new ArgumentException($"There is no figure {unit} of {row}.", nameof(row));
        Goals.Add(new Goal(row, unit, condition, limit, value, meets(value)));
    }

    public double? Figure(string row, string unit) =>
        Rows.Find(candidate => candidate.Name == row) is { } found && found.Figures.TryGetValue(unit, out var value) ? value : null;

    public void Save(string folder)
    {
        Seconds = Math.Round(Elapsed, 3);
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(FileOf(folder, Stage), JsonSerializer.SerializeToUtf8Bytes(this, json));
    }

    public static StageReport? Load(string folder, string stage) =>
        File.Exists(FileOf(folder, stage)) ? JsonSerializer.Deserialize<StageReport>(File.ReadAllBytes(FileOf(folder, stage)), json) : null;

    static string FileOf(string folder, string stage) => Path.Combine(folder, $"{stage}.json");
}
