using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>A RabbitMQ of one test class's own, to be stopped, killed and alarmed; started by the script that `make up` uses.</summary>
public sealed class PrivateBroker : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"platform-broker-{Guid.NewGuid():N}");

    public Uri Address { get; private set; } = null!;

    public Task InitializeAsync() => StartAsync();

    public async Task StartAsync() => Address = new Uri((await ScriptAsync("up")).Trim());

    public Task StopAsync() => ScriptAsync("down");

    /// <summary>As the kernel does it when memory runs out.</summary>
    public async Task KillAsync()
    {
        var pid = int.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "rabbitmq.pid")), CultureInfo.InvariantCulture);
        using var process = Process.GetProcessById(pid);
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>What rabbitmqctl says to these words.</summary>
    public Task<string> ControlAsync(params string[] words) => ScriptAsync(["ctl", .. words]);

    public async Task DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> ScriptAsync(params string[] words)
    {
        var start = new ProcessStartInfo(Path.Combine(Checkout(), "infra/local/broker.sh"), words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["RUN_DIR"] = _folder;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"broker.sh {string.Join(' ', words)}:\n{await output}\n{await errors}");
        return await output;
    }

    private static string Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Platform.sln is not above the tests");
        }
        return folder.FullName;
    }
}
