using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Bench;

/// <summary>One service alone, as a process of its own: nobody takes from the queues what it puts there.</summary>
sealed class ServiceProcess : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    readonly string name;
    readonly Process process;
    readonly Task copying;
    readonly PosixSignalRegistration terminated;

    ServiceProcess(string name, Process process, Task copying)
    {
        this.name = name;
        this.process = process;
        this.copying = copying;
        // A bench that is stopped leaves no process behind.
        terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Kill());
    }

    public int Pid => process.Id;

    /// <summary>Starts it and waits until it is ready; what it says goes to &lt;name&gt;.log in the bench's folder.</summary>
    /// <param name="options">The bench's folder.</param>
    /// <param name="name">The service's.</param>
    /// <param name="program">What dotnet is to run, and its arguments.</param>
    /// <param name="ready">What answers 200 once it is ready.</param>
    /// <param name="settings">Its environment, beside ours.</param>
    public static async Task<ServiceProcess> StartAsync(
        BenchOptions options,
        string name,
        string[] program,
        Uri ready,
        params (string Name, string Value)[] settings
    )
    {
        var start = new ProcessStartInfo("dotnet", program)
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetDirectoryName(program[0]),
        };
        start.Environment.Remove("RUN_DIR");
        start.Environment.Remove("SMPP_PROXY_NETWORKS");
        foreach (var (setting, value) in settings)
        {
            start.Environment[setting] = value;
        }

        Directory.CreateDirectory(options.Folder);
        var process = Process.Start(start)!;
        var service = new ServiceProcess(name, process, CopyAsync(process, Path.Combine(options.Folder, $"{name}.log")));
        try
        {
            await service.ReadyAsync(ready);
            return service;
        }
        catch
        {
            // Thrown on: there is nothing to measure, and nothing may be left running.
            await service.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        terminated.Dispose();
        if (!process.HasExited)
        {
            using var term = Process.Start("kill", ["-s", "TERM", Text(process.Id)]);
            await term.WaitForExitAsync();
        }

        using var deadline = new CancellationTokenSource(patience, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{name}: it did not stop within {patience}: killed");
            Kill();
        }

        await copying;
        process.Dispose();
    }

    async Task ReadyAsync(Uri ready)
    {
        using var http = new HttpClient();
        using var deadline = new CancellationTokenSource(patience, TimeProvider.System);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{name} ended with {process.ExitCode} while starting: see {name}.log");
            }

            try
            {
                using var answer = await http.GetAsync(ready, deadline.Token);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet: asked again until the deadline.
            }

            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    void Kill()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
    }

    static async Task CopyAsync(Process process, string file)
    {
        await using var log = File.Create(file);
        await process.StandardOutput.BaseStream.CopyToAsync(log);
    }

    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
