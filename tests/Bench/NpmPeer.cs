using System.Diagnostics;
using System.Text.Json;

namespace Bench;

/// <summary>A program of tests/peers: a process of node with the npm package smpp, which speaks JSON lines and ends with its input.</summary>
sealed class NpmPeer : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromMinutes(2);

    readonly Process process;

    NpmPeer(Process process) => this.process = process;

    public static NpmPeer Start(string folder, string program) =>
        new(
            Process.Start(
                new ProcessStartInfo("node", [Path.Combine(folder, program)])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                }
            ) ?? throw new InvalidOperationException($"node {program} does not start.")
        );

    public async Task WriteAsync(object command)
    {
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command));
        await process.StandardInput.FlushAsync();
    }

    public async Task<JsonElement> ReadAsync()
    {
        using var deadline = new CancellationTokenSource(patience, TimeProvider.System);
        var line = await process.StandardOutput.ReadLineAsync(deadline.Token);
        return line is null
            ? throw new InvalidOperationException("The npm package's program ended early.")
            : JsonSerializer.Deserialize<JsonElement>(line);
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
        process.Dispose();
    }
}
