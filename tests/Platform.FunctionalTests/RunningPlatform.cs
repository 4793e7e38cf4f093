using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>
/// The platform as `make up` starts it, on ports and in a run folder of its own; reset when the tests are over. Only what an operator
/// or a customer has is used here: the scripts, SMPP, REST, the metrics and the simulator's own HTTP interface.
/// </summary>
public sealed class RunningPlatform : IAsyncLifetime, IAsyncDisposable, IDisposable
{
    /// <summary>Generous: a cold start on a loaded machine. What is waited for is an event; this only bounds a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> environment = [];

    /// <summary>Its RUN_DIR.</summary>
    public string RunDirectory { get; } = Path.Combine(Path.GetTempPath(), $"platform-functional-{Guid.NewGuid():N}");
    private int platformMetricsPort;
    private HttpClient? rest;
    private HttpClient? simulator;
    private HttpClient? metrics;

    /// <summary>The checkout: the folder with Platform.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The gateway's port.</summary>
    public int SmppPort { get; private set; }

    /// <summary>The gateway's TLS port.</summary>
    public int SmppTlsPort { get; private set; }

    /// <summary>REST with the admin key.</summary>
    public HttpClient Rest => rest!;

    /// <summary>The simulator's HTTP interface.</summary>
    public HttpClient Simulator => simulator!;

    /// <summary>The platform's metrics and probes; as six processes, the exporters'.</summary>
    public HttpClient Metrics => metrics!;

    /// <summary>The pid of a process of the platform, from its pid file.</summary>
    public int Pid(string name) => int.Parse(File.ReadAllText(Path.Combine(RunDirectory, $"{name}.pid")), null);

    /// <inheritdoc />
    public async Task InitializeAsync()
    {
        var ports = FreePorts(5);
        var six = environment.GetValueOrDefault("PROFILE") == "services";
        var metricsPort = six ? FreeRow(6) : ports[3];
        SmppPort = ports[0];
        SmppTlsPort = ports[1];
        environment["SMPP_PORT"] = $"{ports[0]}";
        environment["SMPP_TLS_PORT"] = $"{ports[1]}";
        environment["ADMIN_PORT"] = $"{ports[2]}";
        environment["METRICS_PORT"] = $"{metricsPort}";
        platformMetricsPort = six ? metricsPort + 5 : metricsPort;
        environment.TryAdd("SMSC_PORT", $"{ports[4]}");
        environment["RUN_DIR"] = RunDirectory;
        // Where PLATFORM_QUEUE=sqs is given, platforms share an endpoint.
        environment.TryAdd("PLATFORM_QUEUE_PREFIX", $"{Path.GetFileName(RunDirectory)[^12..]}-");
        await ScriptAsync("up");
        await ConnectAsync();
    }

    /// <summary>Starts a platform with settings of its own, for a test that ends processes.</summary>
    public static async Task<RunningPlatform> StartAsync(params (string Name, string Value)[] settings)
    {
        var platform = new RunningPlatform();
        foreach (var (name, value) in settings)
        {
            platform.environment[name] = value;
        }

        await platform.InitializeAsync();
        return platform;
    }

    /// <summary>`make up` again: starts what died. With a fault, the platform ends itself at that point.</summary>
    public async Task UpAsync(string? fault = null)
    {
        if (fault is null)
        {
            environment.Remove("PLATFORM_FAULT");
        }
        else
        {
            environment["PLATFORM_FAULT"] = fault;
        }

        // With a fault the platform may be gone before it was ready: that is what was asked for.
        await ScriptAsync("up", mayFail: fault is not null);
    }

    /// <summary>kill -9, and waits until it is gone.</summary>
    public async Task KillAsync(string name)
    {
        var pid = Pid(name);
        await SignalAsync(name, "KILL");
        await GoneAsync(pid);
    }

    /// <summary>Sends a signal to a process of the platform.</summary>
    public Task SignalAsync(string name, string signal) => SignalAsync([Pid(name)], signal);

    /// <summary>
    /// Stops (or continues) a process with its children: PostgreSQL works in one process a connection, and a stopped parent alone changes
    /// nothing for those.
    /// </summary>
    public async Task FreezeAsync(string name, bool frozen)
    {
        var parent = Pid(name);
        if (frozen)
        {
            // The parent first, so that no child is born meanwhile.
            await SignalAsync([parent], "STOP");
        }

        var children = (await File.ReadAllTextAsync($"/proc/{parent}/task/{parent}/children")).Split(
            ' ',
            StringSplitOptions.RemoveEmptyEntries
        );
        Assert.NotEmpty(children);
        // The parent last, so that every child is still there to be continued.
        await SignalAsync(
            [.. children.Select(child => int.Parse(child, null)), .. frozen ? (int[])[] : [parent]],
            frozen ? "STOP" : "CONT"
        );
    }

    private static async Task SignalAsync(int[] pids, string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, .. pids.Select(pid => $"{pid}")]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits until a process is gone.</summary>
    public static async Task GoneAsync(int pid)
    {
        // Not our child, so there is no exit to wait for: the kernel is asked until it says no.
        using var deadline = new CancellationTokenSource(Patience);
        while (
            File.Exists($"/proc/{pid}/stat")
            && !(await File.ReadAllTextAsync($"/proc/{pid}/stat")).Contains(") Z", StringComparison.Ordinal)
        )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), deadline.Token);
        }
    }

    /// <summary>A setting the scripts wrote into RUN_DIR/ports.</summary>
    public int PortOf(string name) =>
        int.Parse(
            File.ReadAllLines(Path.Combine(RunDirectory, "ports")).Single(l => l.StartsWith(name + "=", StringComparison.Ordinal))[
                (name.Length + 1)..
            ],
            null
        );

    /// <summary>Whether the platform's own SQS-compatible endpoint answers; if not, everything is answered 503.</summary>
    public async Task SqsAnswersAsync(bool answers)
    {
        using var endpoint = Client(PortOf("SQS_PORT"));
        using var request = new HttpRequestMessage(answers ? HttpMethod.Delete : HttpMethod.Post, "_unavailable");
        using var answer = await endpoint.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>The value of one of this platform's settings.</summary>
    public string Setting(string name) => environment[name];

    /// <summary>How to reach its database.</summary>
    public async Task<string> DatabaseAsync()
    {
        var password = (await File.ReadAllTextAsync(Path.Combine(RunDirectory, "postgres-password"))).Trim();
        return $"Host=127.0.0.1;Port={PortOf("POSTGRES_PORT")};Username=platform;Password={password};Database=platform";
    }

    private async Task ConnectAsync()
    {
        rest = Client(int.Parse(environment["ADMIN_PORT"], null));
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            (await File.ReadAllTextAsync(Path.Combine(RunDirectory, "admin-key"))).Trim()
        );
        metrics = Client(platformMetricsPort);
        if (environment.GetValueOrDefault("SMSC") != "external")
        {
            simulator = Client(PortOf("SMSC_HTTP_PORT"));
        }
    }

    /// <inheritdoc />
    public async Task DisposeAsync()
    {
        try
        {
            KeepLogs();
        }
        finally
        {
            await ScriptAsync("reset");
        }
    }

    /// <summary>What its processes said outlives it, until the next `make test` or `make chaos`: a fault that shows once in fifty runs has no other trace.</summary>
    private void KeepLogs()
    {
        if (!Directory.Exists(RunDirectory))
        {
            return;
        }

        var kept = Directory.CreateDirectory(Path.Combine(Root, "artifacts/test-results/logs", Path.GetFileName(RunDirectory)));
        foreach (var log in Directory.EnumerateFiles(RunDirectory, "*.log"))
        {
            File.Copy(log, Path.Combine(kept.FullName, Path.GetFileName(log)), overwrite: true);
        }
    }

    /// <inheritdoc />
    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        Dispose();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        rest?.Dispose();
        simulator?.Dispose();
        metrics?.Dispose();
    }

    /// <summary>Runs infra/local/platform.sh, as make does; fails with its output unless it succeeds.</summary>
    public async Task ScriptAsync(string command, bool mayFail = false)
    {
        var start = new ProcessStartInfo(Path.Combine(Root, "infra/local/platform.sh"), command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        start.Environment.Remove("PLATFORM_DATABASE");
        start.Environment.Remove("PLATFORM_FAULT");
        start.Environment.Remove("PROFILE");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(
            mayFail || process.ExitCode == 0,
            $"platform.sh {command} ended with {process.ExitCode}:\n{await output}\n{await errors}"
        );
    }

    /// <summary>Reads JSON again and again until it is as wanted.</summary>
    public static async Task<JsonElement> UntilAsync(HttpClient client, string path, Func<JsonElement, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(Patience);
        JsonElement last = default;
        while (true)
        {
            try
            {
                using var response = await client.GetAsync(new Uri(path, UriKind.Relative), deadline.Token);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    last = await response.Content.ReadFromJsonAsync<JsonElement>(deadline.Token);
                    if (wanted(last))
                    {
                        return last;
                    }
                }

                // HTTP has no event for "changed"; the next look is soon.
                await Task.Delay(TimeSpan.FromMilliseconds(50), deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{path} did not become as wanted within {Patience}; last seen: {last}");
            }
        }
    }

    private static HttpClient Client(int port) => new() { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };

    /// <summary>Ports of loopback that nothing listens on.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    /// <summary>The first of so many ports of loopback in a row that nothing listens on, below those of outgoing connections.</summary>
    private static int FreeRow(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(20_000, 32_000 - count);
            var listeners = Enumerable.Range(first, count).Select(port => new TcpListener(IPAddress.Any, port)).ToList();
            try
            {
                listeners.ForEach(listener => listener.Start());
                return first;
            }
            catch (SocketException)
            {
                // One of them is taken: another row.
            }
            finally
            {
                listeners.ForEach(listener => listener.Dispose());
            }
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Platform.sln is not above the tests");
        }

        return folder.FullName;
    }
}

/// <summary>The tests that share one running platform.</summary>
[CollectionDefinition(Name)]
public sealed class PlatformTests : ICollectionFixture<RunningPlatform>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "running platform";
}
