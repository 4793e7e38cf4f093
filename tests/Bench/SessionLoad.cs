using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Bench;

/// <summary>What one round came to. Latencies are from before a submit is sent to after its answer has come back to its sender, in ms.</summary>
readonly record struct LoadRound(double PerSecond, double P50, double P99, double P999, double CpuMicroseconds, int Failed);

/// <summary>Binds that submit, their windows always full: as many loops as there are slots, each waiting for its own answer.</summary>
sealed class SessionLoad : IAsyncDisposable
{
    /// <summary>Whom it binds as.</summary>
    public const string SystemId = "bench";

    static readonly SubmitSm pdu = new()
    {
        Source = new Address(5, 0, "LOAD"),
        Destination = new Address(1, 1, "491700000001"),
        RegisteredDelivery = 1,
        ShortMessage = new byte[60],
    };

    readonly List<SmppClient> clients = [];
    readonly int window;

    SessionLoad(int window) => this.window = window;

    public static async Task<SessionLoad> ConnectAsync(int port, int binds, int window, string password = "")
    {
        var load = new SessionLoad(window);
        for (var i = 0; i < binds; i++)
        {
            var options = new SmppClientOptions
            {
                Host = "127.0.0.1",
                Port = port,
                SystemId = SystemId,
                Password = password,
                Session = new SmppSessionOptions { Window = window },
            };
            load.clients.Add(
                await SmppClient.ConnectAsync(options, new Silent(), NullLogger.Instance, TimeProvider.System, CancellationToken.None)
            );
        }
        return load;
    }

    public async Task<LoadRound> RunAsync(int submits)
    {
        var latencies = new long[submits];
        var next = -1;
        var failed = 0;
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(
            clients.SelectMany(client => Enumerable.Range(0, window).Select(_ => Task.Run(() => LoopAsync(client.Session))))
        );
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        Array.Sort(latencies);
        return new LoadRound(
            submits / seconds,
            Milliseconds(latencies, 0.5),
            Milliseconds(latencies, 0.99),
            Milliseconds(latencies, 0.999),
            cpu.TotalMicroseconds / submits,
            failed
        );

        async Task LoopAsync(SmppSession session)
        {
            for (var i = Interlocked.Increment(ref next); i < submits; i = Interlocked.Increment(ref next))
            {
                var sent = Stopwatch.GetTimestamp();
                var reply = await session.SendAsync(pdu);
                latencies[i] = Stopwatch.GetTimestamp() - sent;
                if (!reply.IsOk)
                {
                    Interlocked.Increment(ref failed);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients)
        {
            await client.Session.UnbindAsync(TimeSpan.FromSeconds(5));
            await client.DisposeAsync();
        }
    }

    // The smallest that so great a share of them does not exceed.
    static double Milliseconds(long[] sorted, double share) =>
        sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * share) - 1)] * 1000.0 / Stopwatch.Frequency;

    sealed class Silent : SmppSessionHandler;
}
