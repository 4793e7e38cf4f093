using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>A process that a test starts beside the platform; gone when the test is over. What it says goes to a file.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task copying;

    private ChildProcess(Process process, Task copying)
    {
        this.process = process;
        this.copying = copying;
    }

    /// <summary>Its pid.</summary>
    public int Id => process.Id;

    /// <summary>True until it ends.</summary>
    public bool Runs => !process.HasExited;

    /// <summary>Starts it; <paramref name="log"/> is added to.</summary>
    public static ChildProcess Start(string log, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // What the caller has set for a platform of his own is not for this one.
        foreach (var name in new[] { "RUN_DIR", "PLATFORM_FAULT", "PLATFORM_QUEUE", "SMPP_PROXY_NETWORKS" })
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        return new ChildProcess(process, CopyAsync(process, log));
    }

    /// <summary>SIGTERM; waits until it is gone.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        using var term = Process.Start("kill", ["-s", "TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await term.WaitForExitAsync();
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{process.StartInfo.FileName} (pid {process.Id}) did not stop within {RunningPlatform.Patience}");
        }

        return process.ExitCode;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
        await copying;
        process.Dispose();
    }

    private static async Task CopyAsync(Process process, string file)
    {
        await using var log = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        await using var shared = Stream.Synchronized(log);
        await Task.WhenAll(process.StandardOutput.BaseStream.CopyToAsync(shared), process.StandardError.BaseStream.CopyToAsync(shared));
    }
}
