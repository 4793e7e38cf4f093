using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Smpp.Fuzz.Targets;

namespace Smpp.Fuzz;

/// <summary>Feeds the targets, one input after the other, each made of the seed and its number alone.</summary>
sealed class FuzzRun(FuzzOptions options, IReadOnlyList<FuzzTarget> targets, TextWriter progress)
{
    const int InputsPerLook = 256;
    const int MinimiserTries = 2000;
    static readonly TimeSpan progressEvery = TimeSpan.FromSeconds(5);

    readonly Dictionary<string, TargetCount> counts = targets.ToDictionary(target => target.Name, _ => new TargetCount(0, 0));
    readonly List<Finding> findings = [];
    readonly int weights = targets.Sum(target => target.Weight);
    Attempt? current;

    /// <summary>What is being decoded, and since when: for the watch that finds a decoder which does not return.</summary>
    public Attempt? Current => Volatile.Read(ref current);

    /// <summary>The targets, or those named.</summary>
    public static IReadOnlyList<FuzzTarget> Targets(IReadOnlyList<string> only)
    {
        FuzzTarget[] all =
        [
            new PduTarget(),
            new FrameTarget(),
            new SessionTarget(),
            new ProxyTarget(),
            new JoinTarget(),
            new Gsm7Target(),
            new TlvTarget(),
            new UserDataHeaderTarget(),
            new TextTarget(),
            new ReceiptTarget(),
            new TimeTarget(),
        ];
        var unknown = only.FirstOrDefault(name => all.All(target => target.Name != name));
        return unknown is null
            ? [.. all.Where(target => only.Count == 0 || only.Contains(target.Name))]
            : throw new FormatException($"There is no target '{unknown}': {string.Join(", ", all.Select(target => target.Name))}.");
    }

    public async Task<FuzzReport> RunAsync()
    {
        var startedAt = TimeProvider.System.GetUtcNow();
        var started = Stopwatch.GetTimestamp();
        var shown = started;
        var heapBefore = 0L;
        var pdus = 0L;
        for (var number = 0; pdus < options.Runs && findings.Count < options.MostFindings; number++)
        {
            pdus += await RunOneAsync(number);
            if (heapBefore == 0 && pdus >= options.Runs / 10)
            {
                heapBefore = GC.GetTotalMemory(forceFullCollection: true);
            }
            if (number % InputsPerLook != 0)
            {
                continue;
            }
            if (options.Limit > TimeSpan.Zero && Stopwatch.GetElapsedTime(started) >= options.Limit)
            {
                break;
            }
            if (Stopwatch.GetElapsedTime(shown) >= progressEvery)
            {
                shown = Stopwatch.GetTimestamp();
                Show(pdus, Stopwatch.GetElapsedTime(started));
            }
        }
        var heapAfter = GC.GetTotalMemory(forceFullCollection: true);
        if (heapBefore > 0 && heapAfter - heapBefore > options.HeapGrowth)
        {
            findings.Add(new Finding("all", $"the live heap grew from {heapBefore} to {heapAfter} bytes", [], ""));
        }
        return new FuzzReport
        {
            Seed = options.Seed,
            StartedAt = startedAt,
            Seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 3),
            Pdus = pdus,
            Targets = counts,
            MostAllocatedPerPdu = targets.OfType<PduTarget>().FirstOrDefault()?.MostAllocated ?? 0,
            HeapBefore = heapBefore,
            HeapAfter = heapAfter,
            Findings = findings,
        };
    }

    async ValueTask<int> RunOneAsync(int number)
    {
        var random = new Random(HashCode(options.Seed, number));
        var target = Choose(random.Next(weights));
        var (octets, pdus) = target.Make(random);
        Volatile.Write(ref current, new Attempt(target.Name, octets, Stopwatch.GetTimestamp()));
        var count = counts[target.Name];
        var (verdict, failure) = await TryAsync(target, octets);
        counts[target.Name] = new TargetCount(count.Inputs + 1, count.Taken + (verdict == FuzzVerdict.Taken ? 1 : 0));
        if (failure is not null)
        {
            var shortest = await MinimiseAsync(target, octets);
            findings.Add(Save(target.Name, (await TryAsync(target, shortest)).Failure ?? failure, shortest));
        }
        Volatile.Write(ref current, null);
        return pdus;
    }

    FuzzTarget Choose(int at)
    {
        foreach (var target in targets)
        {
            at -= target.Weight;
            if (at < 0)
            {
                return target;
            }
        }
        throw new UnreachableException();
    }

    // Spread, so that neighbouring seeds are not each other's inputs shifted by one.
    static int HashCode(int seed, int number) => unchecked((int)(((uint)seed * 0x9E3779B1u) ^ ((uint)number * 0x85EBCA6Bu)));

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Any exception of a decoder is a finding.")]
    static async ValueTask<(FuzzVerdict Verdict, Exception? Failure)> TryAsync(FuzzTarget target, byte[] octets)
    {
        try
        {
            return (await target.CheckAsync([.. octets]), null);
        }
        catch (Exception exception)
        {
            return (FuzzVerdict.Refused, exception);
        }
    }

    // Takes pieces away, ever smaller ones, as long as the rest still fails.
    static async Task<byte[]> MinimiseAsync(FuzzTarget target, byte[] octets)
    {
        var tries = 0;
        for (var size = octets.Length / 2; size > 0 && tries < MinimiserTries; size /= 2)
        {
            for (var at = 0; at + size <= octets.Length && tries < MinimiserTries; tries++)
            {
                byte[] shorter = [.. octets.AsSpan(0, at), .. octets.AsSpan(at + size)];
                if ((await TryAsync(target, shorter)).Failure is not null)
                {
                    octets = shorter;
                }
                else
                {
                    at += size;
                }
            }
        }
        return octets;
    }

    Finding Save(string target, Exception failure, byte[] octets)
    {
        var what = failure is FuzzFailure ? failure.Message : failure.ToString();
        return SaveFinding(options, target, what, octets);
    }

    /// <summary>Keeps an input as a file that can be added to the corpus, or run again with FUZZ_REPLAY.</summary>
    public static Finding SaveFinding(FuzzOptions options, string target, string what, byte[] octets)
    {
        Directory.CreateDirectory(options.Folder);
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"{target}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(octets))[..12]}.hex"
        );
        var file = Path.Combine(options.Folder, name);
        File.WriteAllText(file, HexFile.Format([$"target: {target}", $"seed: {options.Seed}", $"found: {what}"], octets));
        return new Finding(target, what, octets, file);
    }

    void Show(long pdus, TimeSpan elapsed) =>
        progress.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"fuzz: {pdus:N0} of {options.Runs:N0} PDUs, {pdus / elapsed.TotalSeconds:N0}/s, {findings.Count} findings, heap {GC.GetTotalMemory(false) / 1e6:N1} MB"
            )
        );
}

/// <summary>A decoder at work.</summary>
/// <param name="Target">Which.</param>
/// <param name="Octets">On what.</param>
/// <param name="Since">A timestamp of <see cref="Stopwatch"/>.</param>
sealed record Attempt(string Target, byte[] Octets, long Since);
