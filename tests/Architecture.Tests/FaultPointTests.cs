using System.Text.RegularExpressions;
using Xunit;

namespace Architecture.Tests;

/// <summary>The kill test is outside of the platform and names the fault points by itself.</summary>
public sealed partial class FaultPointTests
{
    [Fact]
    public void A_process_is_killed_at_every_fault_point_there_is()
    {
        var defined = Names(Definition(), "shared/ServiceDefaults/FaultPoints.cs");
        var killed = Names(Listed(), "tests/Platform.FunctionalTests/FaultTests.cs");

        Assert.True(defined.Count >= 17, $"only {defined.Count} fault points were found: is the pattern still right?");
        Assert.Equal(defined.Order(), killed.Order());
    }

    [Fact]
    public void Every_fault_point_is_passed_by_a_service()
    {
        var services = string.Concat(
            Directory
                .EnumerateFiles(Path.Combine(ProjectFile.FindCheckout(), "services"), "*.cs", SearchOption.AllDirectories)
                .Select(File.ReadAllText)
        );
        var constants = Constant().Matches(Source("shared/ServiceDefaults/FaultPoints.cs")).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(constants);
        Assert.All(constants, name => Assert.Contains($"FaultPoints.Pass(FaultPoints.{name})", services, StringComparison.Ordinal));
    }

    static List<string> Names(Regex pattern, string path) => [.. pattern.Matches(Source(path)).Select(match => match.Groups[1].Value)];

    static string Source(string path) => File.ReadAllText(Path.Combine(ProjectFile.FindCheckout(), path));

    [GeneratedRegex("""public const string \w+ = "([a-z-]+)";""")]
    private static partial Regex Definition();

    [GeneratedRegex("""public const string (\w+) = "[a-z-]+";""")]
    private static partial Regex Constant();

    [GeneratedRegex("""^        "([a-z-]+)",$""", RegexOptions.Multiline)]
    private static partial Regex Listed();
}
