using Xunit;

namespace Smpp.Fuzz.Tests;

public sealed class FuzzRunTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("fuzz-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_hundred_thousand_mutated_pdus_break_nothing()
    {
        var options = new FuzzOptions
        {
            Runs = 120_000,
            Seed = 20261121,
            Folder = folder,
        };
        var report = await new FuzzRun(options, FuzzRun.Targets([]), TextWriter.Null).RunAsync();

        Assert.Empty(report.Findings.Select(finding => $"{finding.Target}: {finding.What} {Convert.ToHexString(finding.Octets)}"));
        Assert.InRange(report.Pdus, options.Runs, long.MaxValue);
        // Every decoder was fed, took some of it and refused some: neither a fuzzer of legal octets nor one of noise.
        Assert.All(
            report.Targets,
            target =>
                Assert.InRange((double)target.Value.Taken / target.Value.Inputs, target.Key is "pdu" or "text" or "join" ? 0.1 : 0.3, 0.95)
        );
    }

    [Fact]
    public async Task An_input_that_breaks_a_decoder_is_kept_as_short_as_still_breaks_it()
    {
        var options = new FuzzOptions
        {
            Runs = 1000,
            Folder = folder,
            MostFindings = 1,
        };
        var report = await new FuzzRun(options, [new BreaksAt(0x42)], TextWriter.Null).RunAsync();

        var finding = Assert.Single(report.Findings);
        Assert.Equal([0x42], finding.Octets);
        var text = await File.ReadAllTextAsync(finding.File);
        Assert.Equal([0x42], HexFile.Parse(text));
        Assert.StartsWith("# target: breaks\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_that_is_not_given_back_is_a_finding()
    {
        var options = new FuzzOptions
        {
            Runs = 1000,
            Folder = folder,
            HeapGrowth = 64 * 1024,
        };
        var report = await new FuzzRun(options, [new Keeps()], TextWriter.Null).RunAsync();
        Assert.Contains("grew", Assert.Single(report.Findings).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_seed_is_the_same_inputs()
    {
        Assert.Equal(await InputsAsync(seed: 1), await InputsAsync(seed: 1));
        Assert.NotEqual(await InputsAsync(seed: 1), await InputsAsync(seed: 2));

        async Task<List<string>> InputsAsync(int seed)
        {
            var target = new BreaksAt(null);
            var options = new FuzzOptions
            {
                Runs = 50,
                Seed = seed,
                Folder = folder,
            };
            await new FuzzRun(options, [target], TextWriter.Null).RunAsync();
            return target.Seen;
        }
    }

    [Fact]
    public void A_number_that_is_none_is_refused() =>
        Assert.Throws<FormatException>(() => FuzzOptions.FromEnvironment(name => name == "FUZZ_RUNS" ? "many" : null));

    [Fact]
    public void A_target_that_there_is_not_is_refused() => Assert.Throws<FormatException>(() => FuzzRun.Targets(["pdus"]));

    sealed class BreaksAt(byte? octet) : FuzzTarget
    {
        public List<string> Seen { get; } = [];

        public override string Name => "breaks";
        public override int Weight => 1;

        public override FuzzInput Make(Random random)
        {
            var octets = new byte[100];
            random.NextBytes(octets);
            return new FuzzInput(octets, 1);
        }

        public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
        {
            Seen.Add(Convert.ToHexString(octets));
            return octet is { } breaking && octets.Contains(breaking)
                ? throw new InvalidOperationException("broken")
                : Verdict(taken: true);
        }
    }

    sealed class Keeps : FuzzTarget
    {
        readonly List<byte[]> kept = [];

        public override string Name => "keeps";
        public override int Weight => 1;

        public override FuzzInput Make(Random random) => new(new byte[1000], 1);

        public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
        {
            kept.Add(octets);
            return Verdict(taken: kept.Count > 0);
        }
    }
}
