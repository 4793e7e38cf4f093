using System.Diagnostics;
using System.Text.Json;

namespace Smpp.InteropTests.Codec;

/// <summary>The npm package smpp as a codec: tests/peers/codec.mjs, asked once for all that a test needs.</summary>
internal static class PeerCodec
{
    /// <summary>Answers in the order of the requests.</summary>
    public static async Task<IReadOnlyList<JsonElement>> AskAsync(IEnumerable<object> requests)
    {
        var start = new ProcessStartInfo("node", Path.Combine(Root(), "tests/peers/codec.mjs"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var answers = process.StandardOutput.ReadToEndAsync(); // read on the side, so that no pipe fills up
        var complaints = process.StandardError.ReadToEndAsync();
        foreach (var request in requests)
        {
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request));
        }
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? [.. (await answers).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))]
            : throw new InvalidOperationException($"codec.mjs: {process.ExitCode}, {await complaints}");
    }

    // The checkout: tests run from artifacts/bin within it.
    static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no checkout of the platform");
    }
}
