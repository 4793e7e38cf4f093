using System.Diagnostics;
using System.Globalization;
using System.Net;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>A workers process of its own beside a platform, which itself is told to hold no connector (PLATFORM_CONNECTORS).</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Dictionary<string, string> environment;
    private readonly string log;
    private readonly int metricsPort;
    private ChildProcess process;

    private WorkerProcess(string log, Dictionary<string, string> environment, int metricsPort)
    {
        this.log = log;
        this.environment = environment;
        this.metricsPort = metricsPort;
        process = Start();
    }

    /// <summary>Starts one; it is ready when this returns.</summary>
    public static async Task<WorkerProcess> StartAsync(RunningPlatform platform, string name, params (string Name, string Value)[] settings)
    {
        var port = RunningPlatform.FreePorts(1)[0];
        var environment = new Dictionary<string, string>
        {
            ["PLATFORM_DATABASE"] = await platform.DatabaseAsync(),
            ["PLATFORM_QUEUE"] = "postgres",
            ["METRICS_PORT"] = $"{port}",
        };
        foreach (var (key, value) in settings)
        {
            environment[key] = value;
        }

        var worker = new WorkerProcess(Path.Combine(platform.RunDirectory, $"{name}.log"), environment, port);
        await worker.ReadyAsync();
        return worker;
    }

    /// <summary>SIGKILL, and a new process.</summary>
    public async Task KillAsync()
    {
        await process.DisposeAsync();
        process = Start();
        await ReadyAsync();
    }

    /// <summary>SIGTERM, its drain, and a new process.</summary>
    /// <returns>The exit code of the one that was stopped.</returns>
    public async Task<int> RestartAsync()
    {
        var exitCode = await process.StopAsync();
        await process.DisposeAsync();
        process = Start();
        await ReadyAsync();
        return exitCode;
    }

    /// <summary>SIGSTOP for a while, then SIGCONT.</summary>
    public async Task FreezeAsync(TimeSpan during)
    {
        await SignalAsync("STOP");
        try
        {
            await Task.Delay(during);
        }
        finally
        {
            await SignalAsync("CONT");
        }
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private ChildProcess Start() =>
        ChildProcess.Start(
            log,
            environment,
            "dotnet",
            Path.Combine(RunningPlatform.Root, "artifacts", "bin", "Workers", "release", "Workers.dll")
        );

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task ReadyAsync()
    {
        using var http = new HttpClient();
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        while (true)
        {
            Assert.True(process.Runs, $"the worker ended while starting: {log}");
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
                // It does not listen yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), deadline.Token);
        }
    }
}
