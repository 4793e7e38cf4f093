using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>An ESME written by others: tests/peers/esme.mjs over the npm package smpp.</summary>
internal sealed class NodeEsme : IAsyncDisposable
{
    private readonly Process process;
    private readonly Channel<JsonElement> events = Channel.CreateUnbounded<JsonElement>();
    private readonly List<JsonElement> unclaimed = [];
    private readonly Task reading;

    private NodeEsme(Process process)
    {
        this.process = process;
        reading = ReadAsync();
    }

    /// <summary>Starts it and connects.</summary>
    public static async Task<NodeEsme> ConnectAsync(int port)
    {
        var start = new ProcessStartInfo("node", Path.Combine(RunningPlatform.Root, "tests/peers/esme.mjs"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var esme = new NodeEsme(Process.Start(start)!);
        await esme.DoAsync(new { op = "connect", port });
        await esme.NextAsync("connected");
        return esme;
    }

    /// <summary>Starts it, connects and binds as transceiver with the demo's credentials.</summary>
    public static async Task<NodeEsme> BindAsync(int port)
    {
        var esme = await ConnectAsync(port);
        await esme.DoAsync(
            new
            {
                op = "bind",
                systemId = "demo",
                password = "demo1234",
            }
        );
        Assert.Equal(0, (await esme.NextAsync("bound")).GetProperty("status").GetInt32());
        return esme;
    }

    /// <summary>Gives a command.</summary>
    public async Task DoAsync(object command)
    {
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command));
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for the next event of a kind (and of a shape); others stay for later.</summary>
    public async Task<JsonElement> NextAsync(string kind, Func<JsonElement, bool>? wanted = null)
    {
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        while (true)
        {
            var at = unclaimed.FindIndex(e => e.GetProperty("event").GetString() == kind && (wanted?.Invoke(e) ?? true));
            if (at >= 0)
            {
                var found = unclaimed[at];
                unclaimed.RemoveAt(at);
                return found;
            }

            try
            {
                unclaimed.Add(await events.Reader.ReadAsync(deadline.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
            {
                Assert.Fail($"no {kind} came; instead: {string.Join(' ', unclaimed)}");
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        await reading;
        process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            events.Writer.TryWrite(JsonSerializer.Deserialize<JsonElement>(line));
        }

        events.Writer.Complete();
    }
}
