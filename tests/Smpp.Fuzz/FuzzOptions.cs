using System.Globalization;

namespace Smpp.Fuzz;

/// <summary>How long and where; the program takes it from the environment.</summary>
sealed record FuzzOptions
{
    /// <summary>Mutated PDUs. 10,000,000: a minute or two on two cores; a million is what a release must stand at least.</summary>
    public long Runs { get; init; } = 10_000_000;

    /// <summary>Which inputs. The same seed and size are the same inputs.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The run ends after so long even when not all runs are done; zero, as by default, is without end.</summary>
    public TimeSpan Limit { get; init; }

    /// <summary>The names of the targets; empty: all of them.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Where findings and the report go.</summary>
    public string Folder { get; init; } = "artifacts/fuzz";

    /// <summary>Findings after which the run ends. 10: more of them are mostly the same one.</summary>
    public int MostFindings { get; init; } = 10;

    /// <summary>The live heap may grow by so much over a run. 4 MB: buffers and pools of the runtime, not one octet per input.</summary>
    public long HeapGrowth { get; init; } = 4 * 1024 * 1024;

    public static FuzzOptions FromEnvironment(Func<string, string?> variable)
    {
        var defaults = new FuzzOptions();
        return new FuzzOptions
        {
            Runs = Number("FUZZ_RUNS", defaults.Runs),
            Seed = (int)Number("FUZZ_SEED", defaults.Seed),
            Limit = TimeSpan.FromSeconds(Number("FUZZ_SECONDS", 0)),
            Only = variable("FUZZ_ONLY")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            Folder = variable("FUZZ_FOLDER") is { Length: > 0 } folder ? folder : defaults.Folder,
        };

        long Number(string name, long fallback)
        {
            if (variable(name) is not { Length: > 0 } text)
            {
                return fallback;
            }
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new FormatException($"{name}: '{text}' is no number.");
        }
    }
}
