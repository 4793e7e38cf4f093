using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace ServiceDefaults;

/// <summary>
/// What this process counts, for its own <c>/metrics</c>: the counters of our meters (<c>name_total</c>), and a few figures about the
/// process itself.
/// </summary>
internal sealed class ProcessMetrics : IMetricsSource, IDisposable
{
    /// <summary>Series kept, over all counters. Labels are queues, reasons and operations, some hundred; what comes beyond is left out and counted.</summary>
    private const int MaxSeries = 10_000;

    /// <summary>Meters of the runtime and of libraries: not ours, and many.</summary>
    private static readonly string[] foreign = ["System.", "Microsoft.", "Npgsql", "OpenTelemetry"];

    private readonly ConcurrentDictionary<(string Name, string Labels), Sum> sums = new();
    private readonly MeterListener listener = new();
    private long leftOut;

    public ProcessMetrics()
    {
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (!instrument.IsObservable && !foreign.Any(prefix => instrument.Meter.Name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                all.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
    }

    public Task WriteAsync(MetricsText text, CancellationToken cancellationToken)
    {
        foreach (var counter in sums.ToArray().GroupBy(series => series.Key.Name).OrderBy(counter => counter.Key, StringComparer.Ordinal))
        {
            text.Head($"{counter.Key}_total", "Counted by this process since its start.", "counter");
            foreach (var (series, sum) in counter.OrderBy(one => one.Key.Labels, StringComparer.Ordinal))
            {
                text.Line($"{series.Name}_total{series.Labels} {sum.Value}");
            }
        }

        using var process = Process.GetCurrentProcess();
        text.Head("process_start_time_seconds", "When the process was started, seconds since 1970.");
        text.Line($"process_start_time_seconds {new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0}");
        text.Head("process_cpu_seconds_total", "Processor time used, user and system.", "counter");
        text.Line($"process_cpu_seconds_total {process.TotalProcessorTime.TotalSeconds}");
        text.Head("process_resident_memory_bytes", "Resident memory.");
        text.Line($"process_resident_memory_bytes {process.WorkingSet64}");
        text.Head("process_heap_bytes", "The managed heap as of its last collection.");
        text.Line($"process_heap_bytes {GC.GetGCMemoryInfo().HeapSizeBytes}");
        text.Head("process_allocated_bytes_total", "Managed memory allocated since the start.", "counter");
        text.Line($"process_allocated_bytes_total {GC.GetTotalAllocatedBytes()}");
        text.Head("process_series_left_out", "Measurements of series beyond the most that are kept. The goal is 0.");
        text.Line($"process_series_left_out {Interlocked.Read(ref leftOut)}");
        return Task.CompletedTask;
    }

    public void Dispose() => listener.Dispose();

    private void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = (instrument.Name, Labels(tags));
        if (!sums.TryGetValue(key, out var sum))
        {
            if (sums.Count >= MaxSeries)
            {
                Interlocked.Increment(ref leftOut);
                return;
            }

            sum = sums.GetOrAdd(key, _ => new Sum());
        }

        sum.Add(value);
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        switch (tags.Length)
        {
            case 0:
                return "";
            case 1:
                return $"{{{Label(tags[0])}}}";
            default:
                var labels = new string[tags.Length];
                for (var i = 0; i < labels.Length; i++)
                {
                    labels[i] = Label(tags[i]);
                }

                return $"{{{string.Join(',', labels)}}}";
        }
    }

    private static string Label(KeyValuePair<string, object?> tag) =>
        $"{tag.Key}=\"{MetricsText.Label(Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "")}\"";

    private sealed class Sum
    {
        private long value;

        public long Value => Interlocked.Read(ref value);

        public void Add(long more) => Interlocked.Add(ref value, more);
    }
}
