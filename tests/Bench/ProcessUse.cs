using System.Globalization;

namespace Bench;

/// <summary>What the kernel says a process has used (proc(5)).</summary>
static class ProcessUse
{
    /// <summary>USER_HZ: 100 on every Linux that .NET runs on.</summary>
    const double TicksPerSecond = 100;

    /// <summary>The pid in a run folder's pid file.</summary>
    public static int PidOf(string runFolder, string name) =>
        int.Parse(
            File.ReadAllText(Path.Combine(runFolder, $"{name}.pid")),
            NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingWhite,
            CultureInfo.InvariantCulture
        );

    /// <summary>CPU time of one process, all its threads, dead ones too.</summary>
    public static TimeSpan Cpu(int pid) => Stat(pid) is { } stat ? Ticks(stat.Own) : TimeSpan.Zero;

    /// <summary>CPU time of PostgreSQL: its first process, its children, and those of them that ended.</summary>
    public static TimeSpan PostgresCpu(int postmaster) =>
        Stat(postmaster) is { } root
            ? Ticks(root.Reaped) + Scheduled(postmaster) + Sum(Children(postmaster).Select(child => child.Pid))
            : TimeSpan.Zero;

    /// <summary>CPU time of PostgreSQL's sessions in one database, which are known by their titles.</summary>
    public static TimeSpan SessionsCpu(int postmaster, string database) =>
        Sum(
            Children(postmaster)
                .Select(child => child.Pid)
                .Where(pid => Read(pid, "cmdline") is { } title && title.Contains(database, StringComparison.Ordinal))
        );

    /// <summary>The most memory that a process has held, in MB.</summary>
    public static double PeakMegabytes(int pid) => Status(pid, "VmHWM:");

    /// <summary>The memory that a process holds now, in MB.</summary>
    public static double Megabytes(int pid) => Status(pid, "VmRSS:");

    /// <summary>Memory of PostgreSQL now, in MB: each process's own, and the shared part once.</summary>
    public static double PostgresMegabytes(int postmaster)
    {
        int[] pids = [postmaster, .. Children(postmaster).Select(child => child.Pid)];
        return pids.Sum(pid => Status(pid, "RssAnon:")) + pids.Max(pid => Status(pid, "RssShmem:"));
    }

    /// <summary>CPU time that the machine has spent on anything.</summary>
    public static TimeSpan MachineCpu()
    {
        // cpu user nice system idle iowait irq softirq steal: the guest times after them are in user already.
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Ticks(new[] { 1, 2, 3, 6, 7 }.Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture)));
    }

    /// <summary>The scheduler's count in ns, finer than stat's; of the first thread, and PostgreSQL's processes have one.</summary>
    static TimeSpan Scheduled(int pid) =>
        Read(pid, "schedstat") is { } times
            ? TimeSpan.FromMicroseconds(
                long.Parse(times.AsSpan(0, times.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture) / 1000.0
            )
            : TimeSpan.Zero;

    static TimeSpan Sum(IEnumerable<int> pids) => pids.Aggregate(TimeSpan.Zero, (sum, pid) => sum + Scheduled(pid));

    static IEnumerable<ProcessStat> Children(int parent)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var pid) && Stat(pid) is { } stat && stat.Parent == parent)
            {
                yield return stat;
            }
        }
    }

    static ProcessStat? Stat(int pid)
    {
        // pid (name) state ppid …: the name may hold blanks and brackets. utime is field 14, counted from 1.
        if (Read(pid, "stat") is not { } text)
        {
            return null;
        }

        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStat(pid, int.Parse(fields[1], CultureInfo.InvariantCulture), Field(11) + Field(12), Field(13) + Field(14));

        long Field(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
    }

    static double Status(int pid, string name)
    {
        foreach (var line in (Read(pid, "status") ?? "").Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(name.Length, line.Length - name.Length - 3).Trim(), CultureInfo.InvariantCulture) / 1024.0;
            }
        }

        return 0;
    }

    static string? Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}") is { Length: > 0 } text ? text : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended in between: it uses nothing any more.
            return null;
        }
    }

    static TimeSpan Ticks(long ticks) => TimeSpan.FromSeconds(ticks / TicksPerSecond);

    readonly record struct ProcessStat(int Pid, int Parent, long Own, long Reaped);
}
