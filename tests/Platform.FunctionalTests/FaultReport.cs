using System.Text.Json;
using Testing.Load;

namespace Platform.FunctionalTests;

/// <summary>The operator's side of a fault's account.</summary>
/// <param name="Unique">Messages it got.</param>
/// <param name="Doubled">Copies it got beyond the first.</param>
/// <param name="Listed">Messages that <c>/v1/uncertain-submits</c> lists: an answer was lost.</param>
/// <param name="StillUncertain">Accepted messages without a receipt: uncertain, and listed.</param>
internal sealed record OperatorSide(long Unique, long Doubled, long Listed, long StillUncertain);

/// <summary>What a fault came to: a file of `artifacts/chaos`, and a line.</summary>
internal sealed record FaultReport(string Test, int Scale, LoadReport Load, OperatorSide Operator, JsonElement Books)
{
    public static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes the file.</summary>
    /// <returns>The line.</returns>
    public async Task<string> WriteAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(RunningPlatform.Root, "artifacts", "chaos"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{Test}.json"), JsonSerializer.Serialize(this, Indented));
        return $"{Load.Accepted} accepted in {Load.Seconds:0} s; receipts: {Load.Receipts.Missing} missing, {Load.Receipts.Doubled} doubled"
            + (Load.DoubledBeforeLossMs is { } age ? $" (acknowledged at most {age:0} ms before a link was lost)" : "")
            + $", {Load.Receipts.Unknown} unknown; operator: {Operator.Unique} messages, {Operator.Doubled} copies too many, "
            + $"{Operator.Listed} listed as uncertain, {Operator.StillUncertain} still so; {Load.Reconnects} rebinds";
    }
}
