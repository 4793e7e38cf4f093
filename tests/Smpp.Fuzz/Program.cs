using System.Diagnostics;
using System.Globalization;
using Smpp.Fuzz;

const string Help = """
    Smpp.Fuzz      feeds every decoder of shared/Smpp with mutated octets; 1 when something was found
      FUZZ_RUNS     mutated PDUs
      FUZZ_SEED     which inputs: the same seed is the same inputs
      FUZZ_SECONDS  the run ends after so many, even when not all are done; 0: it does not
      FUZZ_ONLY     targets, by commas: pdu, frames, session, proxy, join, gsm7, tlvs, udh, text, receipt, time
      FUZZ_FOLDER   findings (.hex) and the report (fuzz.json)
      FUZZ_REPLAY   a finding's file: it alone is run
    """;

// Longer than any input takes on a busy machine, a whole session included.
var patience = TimeSpan.FromSeconds(30);
FuzzOptions options;
IReadOnlyList<FuzzTarget> targets;
try
{
    options = FuzzOptions.FromEnvironment(Environment.GetEnvironmentVariable);
    targets = FuzzRun.Targets(options.Only);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Message}\n{Help}");
    return 2;
}

if (Environment.GetEnvironmentVariable("FUZZ_REPLAY") is { Length: > 0 } replay)
{
    var text = await File.ReadAllTextAsync(replay);
    var target = targets.Single(candidate => text.StartsWith($"# target: {candidate.Name}\n", StringComparison.Ordinal));
    Console.WriteLine($"{replay}: {await target.CheckAsync(HexFile.Parse(text))}");
    return 0;
}

Console.WriteLine($"fuzz: seed {options.Seed}, {options.Runs.ToString("N0", CultureInfo.InvariantCulture)} mutated PDUs");
var run = new FuzzRun(options, targets, Console.Out);
await using var watch = TimeProvider.System.CreateTimer(_ => EndWhenStuck(), null, patience, TimeSpan.FromSeconds(1));
var report = await run.RunAsync();
report.Save(options.Folder);
foreach (var (name, count) in report.Targets)
{
    Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"  {name, -10} {count.Inputs, 12:N0} inputs, {count.Taken, 12:N0} taken")
    );
}

Console.WriteLine(
    string.Create(
        CultureInfo.InvariantCulture,
        $"""
        fuzz: {report.Pdus:N0} mutated PDUs in {report.Seconds:N1} s, seed {report.Seed}: {report.Findings.Count} findings
          decoding one PDU allocated {report.MostAllocatedPerPdu:N0} bytes at most; live heap {report.HeapBefore
            / 1e6:N2} MB, at the end {report.HeapAfter / 1e6:N2} MB
        """
    )
);
foreach (var finding in report.Findings)
{
    Show(finding);
}

return report.Findings.Count == 0 ? 0 : 1;

// The thread that hangs cannot be ended; the process can, and its input is what matters.
void EndWhenStuck()
{
    if (run.Current is { } attempt && Stopwatch.GetElapsedTime(attempt.Since) > patience)
    {
        Show(FuzzRun.SaveFinding(options, attempt.Target, $"does not return within {patience.TotalSeconds} s", attempt.Octets));
        Environment.Exit(1);
    }
}

static void Show(Finding finding) =>
    Console.WriteLine($"FOUND {finding.Target}: {finding.What}\n  {finding.File}\n  {Convert.ToHexStringLower(finding.Octets)}");
