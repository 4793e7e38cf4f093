using System.Text.Json;

namespace Smpp.Fuzz;

/// <summary>What one target saw.</summary>
sealed record TargetCount(long Inputs, long Taken);

/// <summary>An input that broke something.</summary>
/// <param name="Target">Whose.</param>
/// <param name="What">The exception, or the invariant.</param>
/// <param name="Octets">The input, made as short as still breaks it.</param>
/// <param name="File">Where it was saved.</param>
sealed record Finding(string Target, string What, byte[] Octets, string File);

/// <summary>What a run came to; the JSON as well.</summary>
sealed record FuzzReport
{
    static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public required int Seed { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public double Seconds { get; init; }

    /// <summary>Mutated PDUs, those in streams included.</summary>
    public long Pdus { get; init; }

    public required IReadOnlyDictionary<string, TargetCount> Targets { get; init; }

    /// <summary>The most bytes that decoding one PDU has allocated.</summary>
    public long MostAllocatedPerPdu { get; init; }

    /// <summary>Live heap after a tenth of the run, and at its end, after full collections.</summary>
    public long HeapBefore { get; init; }
    public long HeapAfter { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "fuzz.json"), JsonSerializer.SerializeToUtf8Bytes(this, json));
    }
}
