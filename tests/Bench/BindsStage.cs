using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Sessions;

namespace Bench;

/// <summary>Idle binds on one process of the platform, kept alive by its enquire_link: what each takes in memory, and what all take in CPU.</summary>
static class BindsStage
{
    /// <summary>Below the gateway's limit of unbound connections of one address.</summary>
    const int AtOnce = 8;

    /// <summary>Binds that come and go first, so that what is measured is the binds and not the code they load.</summary>
    const int Warmup = 500;

    static readonly TimeSpan settle = TimeSpan.FromSeconds(5);
    static readonly TimeSpan baseline = TimeSpan.FromSeconds(15);

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var report = new StageReport
        {
            Stage = "binds",
            What = $"{options.IdleBinds} idle transceiver binds on one process for {options.IdleSeconds} s; goal: at most 20 KB each",
        };
        var pid = ProcessUse.PidOf(options.RunFolder, "standalone");
        await CloseAsync(await BindAsync(options, Warmup));
        await Task.Delay(settle);

        var memoryBefore = ProcessUse.Megabytes(pid);
        var without = await CpuShareAsync(pid, baseline);
        var started = Stopwatch.GetTimestamp();
        var clients = await BindAsync(options, options.IdleBinds);
        var binding = Stopwatch.GetElapsedTime(started);
        await Task.Delay(settle);
        var memoryBound = ProcessUse.Megabytes(pid);
        var enquiries = clients.Sum(client => client.Session.Received);
        var with = await CpuShareAsync(pid, TimeSpan.FromSeconds(options.IdleSeconds));
        var memoryIdle = ProcessUse.Megabytes(pid);

        report.Add("binding", ("binds/s", options.IdleBinds / binding.TotalSeconds));
        report.Add(
            "memory an idle bind",
            ("KB after binding", Kilobytes(memoryBound)),
            ("KB after idling", Kilobytes(memoryIdle)),
            ("MB before", memoryBefore)
        );
        report.Add(
            "CPU, all of them",
            ("% of a core", with * 100),
            ("% without binds", without * 100),
            ("enquire_link/s", (clients.Sum(client => client.Session.Received) - enquiries) / (double)options.IdleSeconds)
        );
        var lost = clients.Count(client => client.Session.State != SessionState.BoundTrx);
        if (lost > 0)
        {
            report.Failures.Add($"{lost} idle binds were lost");
        }

        await CloseAsync(clients);
        return report;

        double Kilobytes(double megabytes) => (megabytes - memoryBefore) * 1024 / options.IdleBinds;
    }

    static async Task<double> CpuShareAsync(int pid, TimeSpan time)
    {
        var before = ProcessUse.Cpu(pid);
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(time);
        return (ProcessUse.Cpu(pid) - before) / Stopwatch.GetElapsedTime(started);
    }

    static async Task<List<SmppClient>> BindAsync(BenchOptions options, int count)
    {
        var clients = new ConcurrentBag<SmppClient>();
        var client = new SmppClientOptions
        {
            Host = "127.0.0.1",
            Port = options.SmppPort,
            SystemId = "demo",
            Password = "demo1234",
            // The gateway asks, as it does of every customer who does not.
            Session = new SmppSessionOptions
            {
                EnquireLinkInterval = Timeout.InfiniteTimeSpan,
                InactivityTimeout = Timeout.InfiniteTimeSpan,
            },
        };
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (_, cancellationToken) =>
                clients.Add(
                    await SmppClient.ConnectAsync(client, new Silent(), NullLogger.Instance, TimeProvider.System, cancellationToken)
                )
        );
        return [.. clients];
    }

    static async Task CloseAsync(List<SmppClient> clients)
    {
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    sealed class Silent : SmppSessionHandler;
}
