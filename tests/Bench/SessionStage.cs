using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Bench;

/// <summary>Stage 2: the library's client against the library's server over TCP, in one process, with a handler that answers at once.</summary>
static class SessionStage
{
    /// <summary>The row's name for so many binds with such a window.</summary>
    public static string Row(int binds, int window) =>
        string.Create(CultureInfo.InvariantCulture, $"{binds} bind{(binds == 1 ? "" : "s")}, window {window}");

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var report = new StageReport
        {
            Stage = "session",
            What = $"client and server of shared/Smpp in one process over loopback, {options.SessionSubmits} submits each",
        };
        foreach (var (binds, window) in new[] { (1, 10), (1, 100), (options.Binds, options.Window) }.Distinct())
        {
            await Console.Error.WriteLineAsync($"session: {Row(binds, window)}");
            await MeasureAsync(report, binds, window, options.SessionSubmits);
        }

        return report;
    }

    static async Task MeasureAsync(StageReport report, int binds, int window, int submits)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(16);
        var serving = new List<Task>();
        var clients = new List<SmppClient>();
        var session = new SmppSessionOptions { Window = window, MaxInFlightRequests = window };
        for (var i = 0; i < binds; i++)
        {
            var connecting = SmppClient.ConnectAsync(
                new SmppClientOptions
                {
                    Host = "127.0.0.1",
                    Port = ((IPEndPoint)listener.LocalEndPoint!).Port,
                    SystemId = "bench",
                    Session = session,
                },
                new Silent(),
                NullLogger.Instance,
                TimeProvider.System,
                CancellationToken.None
            );
            serving.Add(ServeAsync(await listener.AcceptAsync(), session));
            clients.Add(await connecting);
        }

        await SubmitAsync(clients, window, Math.Max(submits / 5, 1000));
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        var (latencies, failures) = await SubmitAsync(clients, window, submits);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        foreach (var client in clients)
        {
            await client.Session.UnbindAsync(TimeSpan.FromSeconds(5));
            await client.DisposeAsync();
        }

        await Task.WhenAll(serving);
        Array.Sort(latencies);
        report.Add(
            Row(binds, window),
            (Units.PerSecond, submits / seconds),
            ("ms p50", Milliseconds(latencies, 0.5)),
            ("ms p99", Milliseconds(latencies, 0.99)),
            ("us CPU/submit", cpu.TotalMicroseconds / submits)
        );
        if (failures > 0)
        {
            report.Failures.Add($"{Row(binds, window)}: {failures} submits were not answered OK");
        }
    }

    static async Task ServeAsync(Socket connection, SmppSessionOptions options)
    {
        connection.NoDelay = true;
        await using var transport = new StreamTransport(connection, TimeProvider.System);
        var session = new SmppSession(transport, SessionRole.Smsc, options, new Accepting(), NullLogger.Instance, TimeProvider.System);
        await session.RunAsync(CancellationToken.None);
    }

    // As many loops as the windows have slots: each waits for its own answer, so the windows are always full.
    static async Task<(long[] Latencies, int Failures)> SubmitAsync(List<SmppClient> clients, int window, int submits)
    {
        var latencies = new long[submits];
        var next = -1;
        var failures = 0;
        var pdu = new SubmitSm
        {
            Source = new Address(5, 0, "LOAD"),
            Destination = new Address(1, 1, "491700000001"),
            RegisteredDelivery = 1,
            ShortMessage = new byte[60],
        };
        await Task.WhenAll(
            clients.SelectMany(client => Enumerable.Range(0, window).Select(_ => Task.Run(() => LoopAsync(client.Session))))
        );
        return (latencies, failures);

        async Task LoopAsync(SmppSession session)
        {
            for (var i = Interlocked.Increment(ref next); i < submits; i = Interlocked.Increment(ref next))
            {
                var started = Stopwatch.GetTimestamp();
                var reply = await session.SendAsync(pdu);
                latencies[i] = Stopwatch.GetTimestamp() - started;
                if (!reply.IsOk)
                {
                    Interlocked.Increment(ref failures);
                }
            }
        }
    }

    static double Milliseconds(long[] sorted, double share) =>
        sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(sorted.Length * share))] * 1000.0 / Stopwatch.Frequency;

    sealed class Silent : SmppSessionHandler;

    sealed class Accepting : SmppSessionHandler
    {
        long last;

        public override ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken) =>
            new(new BindResp { Mode = bind.Mode, SystemId = "bench" });

        public override ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken) =>
            new(SubmitSmResp.Accepted((++last).ToString("x32", CultureInfo.InvariantCulture)));
    }
}
