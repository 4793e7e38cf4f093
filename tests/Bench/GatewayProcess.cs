using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Bench;

/// <summary>smpp-gateway alone, as a process of its own: nobody takes from the queue what it puts there.</summary>
sealed class GatewayProcess : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    readonly Process process;
    readonly Task copying;
    readonly PosixSignalRegistration terminated;

    GatewayProcess(Process process, Task copying, int port)
    {
        this.process = process;
        this.copying = copying;
        Port = port;
        // A bench that is stopped leaves no gateway behind.
        terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Kill());
    }

    public int Pid => process.Id;

    /// <summary>Where it takes binds.</summary>
    public int Port { get; }

    /// <summary>Starts it and waits until it is ready; what it says goes to gateway.log in the bench's folder.</summary>
    public static async Task<GatewayProcess> StartAsync(BenchOptions options, string database)
    {
        var ports = FreePorts(3);
        var start = new ProcessStartInfo("dotnet", [options.GatewayProgram])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetDirectoryName(options.GatewayProgram),
        };
        start.Environment["PLATFORM_DATABASE"] = database;
        start.Environment["PLATFORM_QUEUE"] = "postgres";
        start.Environment["SMPP_PORT"] = Text(ports[0]);
        start.Environment["SMPP_TLS_PORT"] = Text(ports[1]);
        start.Environment["METRICS_PORT"] = Text(ports[2]);
        start.Environment.Remove("RUN_DIR");
        start.Environment.Remove("SMPP_PROXY_NETWORKS");
        Directory.CreateDirectory(options.Folder);
        var process = Process.Start(start)!;
        var gateway = new GatewayProcess(process, CopyAsync(process, Path.Combine(options.Folder, "gateway.log")), ports[0]);
        try
        {
            await gateway.ReadyAsync(ports[2]);
            return gateway;
        }
        catch
        {
            // Thrown on: there is nothing to measure, and nothing may be left running.
            await gateway.DisposeAsync();
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
            await Console.Error.WriteLineAsync($"gateway: it did not stop within {patience}: killed");
            Kill();
        }

        await copying;
        process.Dispose();
    }

    async Task ReadyAsync(int metricsPort)
    {
        using var http = new HttpClient();
        using var deadline = new CancellationTokenSource(patience, TimeProvider.System);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"the gateway ended with {process.ExitCode} while starting: see gateway.log");
            }

            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{metricsPort}/readyz"), deadline.Token);
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

    static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
