using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Bench.WholePath;

/// <summary>One run of the load client, as a process of its own; its lines go to standard error, its table is not shown.</summary>
sealed class LoadClient : IDisposable
{
    readonly Process process;
    readonly Task<string> table;
    readonly string report;
    readonly PosixSignalRegistration terminated;

    LoadClient(Process process, string report)
    {
        this.process = process;
        this.report = report;
        table = process.StandardOutput.ReadToEndAsync();
        // A bench that is stopped leaves no load behind.
        terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Kill());
    }

    public int Pid => process.Id;

    public Task Ended => process.WaitForExitAsync();

    public static LoadClient Start(BenchOptions options, string name, int messages)
    {
        var report = Path.GetFullPath(Path.Combine(options.Folder, $"{name}.json"));
        File.Delete(report);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(options.LoadProgram);
        start.ArgumentList.Add("load");
        start.Environment["LOAD_MESSAGES"] = messages.ToString(CultureInfo.InvariantCulture);
        start.Environment["LOAD_BINDS"] = options.Binds.ToString(CultureInfo.InvariantCulture);
        start.Environment["LOAD_WINDOW"] = options.Window.ToString(CultureInfo.InvariantCulture);
        start.Environment["LOAD_RECEIPTS"] = "1";
        start.Environment["LOAD_RECEIPT_WAIT"] = "120";
        start.Environment["LOAD_REPORT"] = report;
        return new LoadClient(Process.Start(start)!, report);
    }

    /// <summary>The report, with a word for each thing that was not clean.</summary>
    public async Task<(JsonElement? Report, string? Failure)> FinishAsync()
    {
        await process.WaitForExitAsync();
        var text = await table;
        JsonElement? read = File.Exists(report) ? JsonDocument.Parse(await File.ReadAllBytesAsync(report)).RootElement : null;
        return (read, process.ExitCode == 0 ? null : $"the load client ended with {process.ExitCode}:\n{text}");
    }

    public void Dispose()
    {
        terminated.Dispose();
        Kill();
        process.Dispose();
    }

    void Kill()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
    }
}
