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
public sealed class RunningPlatform : IAsyncLifetime, IDisposable
{
    /// <summary>Generous: a cold start on a loaded machine. What is waited for is an event; this only bounds a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> environment = [];
    /// <summary>Its RUN_DIR.</summary>
    public string RunDirectory { get; } = Path.Combine(Path.GetTempPath(), $"platform-functional-{Guid.NewGuid():N}");
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

    /// <summary>Metrics and probes.</summary>
    public HttpClient Metrics => metrics!;

    /// <summary>The pid of a process of the platform, from its pid file.</summary>
    public int Pid(string name) => int.Parse(File.ReadAllText(Path.Combine(RunDirectory, $"{name}.pid")), null);

    /// <inheritdoc />
    public async Task InitializeAsync()
    {
        var ports = FreePorts(5);
        SmppPort = ports[0];
        SmppTlsPort = ports[1];
        environment["SMPP_PORT"] = $"{ports[0]}";
        environment["SMPP_TLS_PORT"] = $"{ports[1]}";
        environment["ADMIN_PORT"] = $"{ports[2]}";
        environment["METRICS_PORT"] = $"{ports[3]}";
        environment["SMSC_PORT"] = $"{ports[4]}";
        environment["RUN_DIR"] = RunDirectory;
        await ScriptAsync("up");

        rest = Client(ports[2]);
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            (await File.ReadAllTextAsync(Path.Combine(RunDirectory, "admin-key"))).Trim()
        );
        metrics = Client(ports[3]);
        var line = (await File.ReadAllLinesAsync(Path.Combine(RunDirectory, "ports"))).Single(l =>
            l.StartsWith("SMSC_HTTP_PORT=", StringComparison.Ordinal)
        );
        simulator = Client(int.Parse(line.Split('=')[1], null));
    }

    /// <inheritdoc />
    public async Task DisposeAsync() => await ScriptAsync("reset");

    /// <inheritdoc />
    public void Dispose()
    {
        rest?.Dispose();
        simulator?.Dispose();
        metrics?.Dispose();
    }

    /// <summary>Runs infra/local/platform.sh, as make does; fails with its output unless it succeeds.</summary>
    public async Task ScriptAsync(string command)
    {
        var start = new ProcessStartInfo(Path.Combine(Root, "infra/local/platform.sh"), command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        start.Environment.Remove("PLATFORM_DATABASE");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"platform.sh {command} ended with {process.ExitCode}:\n{await output}\n{await errors}");
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

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
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
