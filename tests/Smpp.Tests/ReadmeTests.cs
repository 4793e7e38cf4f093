using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Testing.Smsc;
using Xunit;

namespace Smpp.Tests;

/// <summary>The README's program does what the README says; the project compiles it from there.</summary>
[Collection(nameof(ReadmeTests))]
[CollectionDefinition(nameof(ReadmeTests), DisableParallelization = true)] // it takes the console
public class ReadmeTests
{
    const int MostLines = 25;

    [Fact]
    public async Task The_program_of_the_readme_binds_sends_and_gets_a_receipt()
    {
        await using var smsc = await SmscSimulator.StartAsync(new SmscOptions { Port = 0 }, NullLogger.Instance, TimeProvider.System);
        var before = Console.Out;
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        Console.SetOut(output);
        try
        {
            string[] arguments = ["127.0.0.1", smsc.EndPoint.Port.ToString(CultureInfo.InvariantCulture), "simulator", "simulator"];
            var main = typeof(ReadmeTests).Assembly.EntryPoint!;
            // An async Main's entry point waits for its task.
            await Task.Run(() => main.Invoke(null, [arguments]));
        }
        finally
        {
            Console.SetOut(before);
        }

        var message = Assert.Single(smsc.Messages());
        Assert.Equal("Grüße @ €5", message.Text);
        Assert.Equal($"sent as {message.Id}\n{message.Id} is DELIVRD\n", output.ToString());
    }

    [Fact]
    public void The_program_of_the_readme_has_25_lines()
    {
        var lines = File.ReadAllLines(Path.Combine(Root(), "shared", "Smpp", "README.md"));
        var program = lines.SkipWhile(line => line != "```csharp").Skip(1).TakeWhile(line => line != "```");
        Assert.InRange(program.Count(line => line.Length > 0), 10, MostLines);
    }

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
        {
            folder = folder.Parent!;
        }
        return folder.FullName;
    }
}
