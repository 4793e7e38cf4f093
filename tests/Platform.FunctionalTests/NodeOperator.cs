using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>An operator written by others: tests/peers/smsc.mjs over the npm package smpp.</summary>
internal sealed class NodeOperator : IAsyncDisposable
{
    private readonly Process process;
    private readonly Channel<JsonElement> submits = Channel.CreateUnbounded<JsonElement>();
    private readonly TaskCompletionSource<int> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task reading;

    private NodeOperator(Process process)
    {
        this.process = process;
        reading = ReadAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; private set; }

    /// <summary>Starts it; it listens when this returns.</summary>
    public static async Task<NodeOperator> StartAsync()
    {
        var start = new ProcessStartInfo("node", Path.Combine(RunningPlatform.Root, "tests/peers/smsc.mjs"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var smsc = new NodeOperator(Process.Start(start)!);
        smsc.Port = await smsc.listening.Task.WaitAsync(RunningPlatform.Patience);
        return smsc;
    }

    /// <summary>Calls an ESME on loopback with outbind, and serves the bind that comes back.</summary>
    public async Task CallAsync(int port, string systemId, string password)
    {
        await process.StandardInput.WriteLineAsync(
            JsonSerializer.Serialize(
                new
                {
                    port,
                    systemId,
                    password,
                }
            )
        );
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for a whole message to a destination: all its parts, in their order.</summary>
    public async Task<List<JsonElement>> MessageAsync(string destination)
    {
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        var parts = new SortedDictionary<int, JsonElement>();
        while (true)
        {
            JsonElement submit = default;
            try
            {
                submit = await submits.Reader.ReadAsync(deadline.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
            {
                Assert.Fail($"only these came for {destination}: {string.Join(' ', parts.Values)}");
            }

            if (submit.GetProperty("destination").GetString() != destination)
            {
                continue;
            }

            if (!submit.TryGetProperty("part", out var part))
            {
                return [submit];
            }

            parts.Add(part[2].GetInt32(), submit);
            if (parts.Count == part[1].GetInt32())
            {
                Assert.Single(parts.Values.Select(p => p.GetProperty("part")[0].GetInt32()).Distinct());
                return [.. parts.Values];
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
            var said = JsonSerializer.Deserialize<JsonElement>(line);
            if (said.GetProperty("event").GetString() == "listening")
            {
                listening.TrySetResult(said.GetProperty("port").GetInt32());
            }
            else
            {
                submits.Writer.TryWrite(said);
            }
        }

        submits.Writer.Complete();
    }
}
