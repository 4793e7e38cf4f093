namespace Bench.WholePath;

/// <summary>CPU time and memory of every process of the run.</summary>
sealed class Meters(BenchOptions options)
{
    public const string Postgres = "postgres";
    public const string CpuPerThousand = "s CPU/1,000 messages";

    readonly int standalone = ProcessUse.PidOf(options.RunFolder, "standalone");
    readonly int simulator = ProcessUse.PidOf(options.RunFolder, "simulator");
    readonly int postgres = ProcessUse.PidOf(options.RunFolder, "postgres");
    Cpu started;
    Cpu stopped;
    double loadPeak;
    double postgresPeak;

    public void Start() => started = Read();

    public void Stop() => stopped = Read();

    public void Sample(int load)
    {
        loadPeak = Math.Max(loadPeak, ProcessUse.PeakMegabytes(load));
        postgresPeak = Math.Max(postgresPeak, ProcessUse.PostgresMegabytes(postgres));
    }

    public void AddTo(StageReport report, double loadCpu, long messages)
    {
        var platform = (stopped.Standalone - started.Standalone).TotalSeconds;
        var database = (stopped.Postgres - started.Postgres).TotalSeconds;
        var smsc = (stopped.Simulator - started.Simulator).TotalSeconds;
        var machine = (stopped.Machine - started.Machine).TotalSeconds;
        Add("standalone", platform, ProcessUse.PeakMegabytes(standalone));
        Add(Postgres, database, postgresPeak);
        Add("simulator", smsc, ProcessUse.PeakMegabytes(simulator));
        Add("load client", loadCpu, loadPeak);
        Add("platform and postgres", platform + database, null);
        Add("all four", platform + database + smsc + loadCpu, null);
        // The bench, the load client's start, the kernel's own work. Where it is large, the machine had other things to do, and the
        // figures say more of those than of the platform.
        report.Add("anything else on the machine", ("s CPU", machine - platform - database - smsc - loadCpu));

        void Add(string name, double seconds, double? megabytes)
        {
            (string, double)[] cpu = [("s CPU", seconds), (CpuPerThousand, seconds * 1000 / Math.Max(messages, 1))];
            report.Add(name, megabytes is { } peak ? [.. cpu, ("MB peak", peak)] : cpu);
        }
    }

    Cpu Read() => new(ProcessUse.Cpu(standalone), ProcessUse.PostgresCpu(postgres), ProcessUse.Cpu(simulator), ProcessUse.MachineCpu());

    readonly record struct Cpu(TimeSpan Standalone, TimeSpan Postgres, TimeSpan Simulator, TimeSpan Machine);
}
