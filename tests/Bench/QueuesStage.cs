using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Messaging;
using Messaging.Amqp;
using Messaging.Postgres;
using Messaging.Sqs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bench;

/// <summary>Stage 3b: one hop over each adapter at rates offered, and a long queue against a short one.</summary>
static class QueuesStage
{
    const string BilledUnits = "billed 64 KB units/message";
    const string SendTime = "ms p99 send";
    const string OurOwn = "ms p99 of our own";
    const string RoundTrip = "ms p99 bare round trip";

    /// <summary>One message at a time: what a send took is that message's.</summary>
    public const int LowRate = 10;

    /// <summary>Of fewer, the 99th percentile is the one worst.</summary>
    const double LeastSamples = 100;

    static readonly int[] rates = [1, 10, 100, 1_000, 10_000];

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var report = new StageReport
        {
            Stage = "queues",
            What = string.Create(
                CultureInfo.InvariantCulture,
                $"one hop through sender, adapter, consumer; {options.QueuesSeconds} s for each rate, {LeastSamples} messages at least; costs by list prices of {Prices.Read().AsOf}, servers on this machine"
            ),
        };
        await using var database = await BenchDatabase.CreateAsync(options);
        await using (
            var postgres = new PostgresQueue(database.Source, new PostgresQueueOptions(), TimeProvider.System, NullLogger.Instance)
        )
        {
            await postgres.EnsureSchemaAsync(CancellationToken.None);
            await RatesAsync(report, options, "postgres", postgres);
            await QueueLength.CompareAsync(report, options, "postgres", postgres);
        }
        if (options.Sqs.Length > 0)
        {
            await using var sqs = new SqsQueue(
                SqsQueue.CreateClient(options.Sqs),
                new SqsQueueOptions(),
                TimeProvider.System,
                NullLogger.Instance
            );
            await RatesAsync(report, options, "sqs", sqs);
        }
        if (options.Amqp.Length > 0)
        {
            await using var amqp = new AmqpQueue(
                new AmqpQueueOptions { Address = new Uri(options.Amqp) },
                TimeProvider.System,
                NullLogger.Instance
            );
            await RatesAsync(report, options, "amqp", amqp);
            await QueueLength.CompareAsync(report, options, "amqp", amqp);
        }
        return report;
    }

    static async Task RatesAsync(StageReport report, BenchOptions options, string adapter, IMessageQueue queue)
    {
        // Compiled, connected, and the queue made, before anything is measured.
        var sending = adapter == "sqs" ? EnvelopeSenderOptions.ForBilledCalls() : new EnvelopeSenderOptions();
        await new Hop(new TimedSends(queue), "warm", sending).RunAsync(200, TimeSpan.FromSeconds(2));
        foreach (var rate in rates)
        {
            var row = string.Create(CultureInfo.InvariantCulture, $"{adapter}, {rate:N0}/s offered");
            await Console.Error.WriteLineAsync($"queues: {row}");
            using var calls = new CallCounter();
            var hop = new Hop(new TimedSends(queue), $"rate-{rate}", sending);
            await hop.RunAsync(rate, TimeSpan.FromSeconds(Math.Max(options.QueuesSeconds, LeastSamples / rate)));
            if (hop.Lost > 0)
            {
                report.Failures.Add($"{row}: {hop.Lost} of {hop.Sent} messages did not arrive");
            }
            var units = calls.Units / hop.Sent;
            List<(string, double)> figures =
            [
                (Units.PerSecond, hop.PerSecond),
                ("calls/message", calls.Calls / hop.Sent),
                (Units.P50, hop.Latency(0.5)),
                (Units.P99, hop.Latency(0.99)),
                (SendTime, hop.SendTime(0.99)),
            ];
            if (rate <= LowRate)
            {
                figures.Add((OurOwn, hop.OurOwn(0.99)));
                figures.Add((RoundTrip, hop.RoundTrip(0.99)));
            }
            if (adapter == "sqs")
            {
                figures.Insert(2, (BilledUnits, units));
            }
            if (Prices.Read().PerMillion(adapter, units, hop.PerSecond) is { } cost)
            {
                figures.Add(("USD/million", cost));
            }
            report.Add(row, [.. figures]);
            if (adapter == "sqs" && rate >= 1_000)
            {
                // Packing: docs/architecture.md, decision 2.
                report.AtMost(row, BilledUnits, 0.12);
            }
            if (rate <= LowRate)
            {
                report.AtMost(row, OurOwn, 5);
            }
        }
    }

    /// <summary>List prices, kept as data beside the program.</summary>
    sealed record Prices(string AsOf, SqsPrice Sqs, AmqpPrice Amqp)
    {
        static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web);

        public static Prices Read() =>
            JsonSerializer.Deserialize<Prices>(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "prices.json")), json)!;

        /// <summary>Dollars for a million messages at that rate; null: the database costs what it costs without the queue.</summary>
        public double? PerMillion(string adapter, double units, double perSecond) =>
            adapter switch
            {
                "sqs" => units * Sqs.UsdPerMillionRequests,
                "amqp" => Amqp.UsdPerBrokerHour * Amqp.Brokers / 3600 / perSecond * 1_000_000,
                _ => null,
            };
    }

    sealed record SqsPrice(double UsdPerMillionRequests);

    sealed record AmqpPrice(double UsdPerBrokerHour, int Brokers);

    /// <summary>What the adapters count of their own calls while this lives.</summary>
    sealed class CallCounter : IDisposable
    {
        readonly MeterListener listener = new();
        long calls;
        long units;

        public CallCounter()
        {
            listener.InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name is "postgres_calls" or "sqs_calls" or "amqp_calls" or "sqs_billed_units")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>(
                (instrument, value, _, _) => Interlocked.Add(ref instrument.Name == "sqs_billed_units" ? ref units : ref calls, value)
            );
            listener.Start();
        }

        public double Calls => Interlocked.Read(ref calls);

        public double Units => Interlocked.Read(ref units);

        public void Dispose() => listener.Dispose();
    }
}

/// <summary>A message of the bench: as long as a short text, with the moment it was handed over.</summary>
sealed record BenchMessage(int Number, long At, string Text);

[JsonSerializable(typeof(BenchMessage))]
sealed partial class BenchJson : JsonSerializerContext;

/// <summary>Messages offered at a steady rate to one sender, and taken by one consumer.</summary>
sealed class Hop(TimedSends queue, string name, EnvelopeSenderOptions sending)
{
    static readonly string text = string.Concat(Enumerable.Repeat("your code is 4711 ", 8));
    readonly System.Collections.Concurrent.ConcurrentBag<double> sendTimes = [];
    readonly List<double> roundTrips = [];
    double[] latencies = [];
    double[] stored = [];
    int arrived;
    long lastAt;

    public double Sent => latencies.Length;

    public double PerSecond { get; private set; }

    public int Lost => latencies.Count(double.IsNaN);

    /// <summary>From the sender's hand to the consumer's, in milliseconds.</summary>
    public double Latency(double share) => Percentile([.. latencies.Where(l => !double.IsNaN(l))], share);

    /// <summary>
    /// The same without what the server took to store it: the sender's wait, the wake-up, the receive and the hand-over. At low rates alone, where
    /// a send carries one message.
    /// </summary>
    public double OurOwn(double share) =>
        Percentile([.. latencies.Zip(stored, (hop, send) => hop - send).Where(own => !double.IsNaN(own))], share);

    /// <summary>An octet over loopback and back, half-way between two messages: as idle a machine as ours.</summary>
    public double RoundTrip(double share) => Percentile([.. roundTrips], share);

    /// <summary>From the sender's hand to its confirmation.</summary>
    public double SendTime(double share) => Percentile([.. sendTimes], share);

    public async Task RunAsync(int rate, TimeSpan duration)
    {
        var count = Math.Max(1, (int)(rate * duration.TotalSeconds));
        latencies = new double[count];
        stored = new double[count];
        Array.Fill(latencies, double.NaN);
        Array.Fill(stored, double.NaN);
        await queue.EnsureQueueAsync(name, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var json = BenchJson.Default.BenchMessage;
        await using var reader = new EnvelopeReader<BenchMessage>(queue, name, json, new(), TimeProvider.System, NullLogger.Instance);
        var consuming = new QueueConsumer<BenchMessage>(reader, TakeAsync, new(), TimeProvider.System, NullLogger.Instance).RunAsync(
            stop.Token
        );
        var started = Stopwatch.GetTimestamp();
        await using (
            var sender = new EnvelopeSender<BenchMessage>(
                queue,
                name,
                json,
                sending with
                {
                    Capacity = 100_000,
                },
                Guid.NewGuid(),
                TimeProvider.System,
                NullLogger.Instance
            )
        )
        {
            var compared = rate <= QueuesStage.LowRate ? CompareAsync(rate, count, started) : Task.CompletedTask;
            await OfferAsync(sender, rate, count, started);
            await compared;
        }
        for (
            var waited = Stopwatch.GetTimestamp();
            Volatile.Read(ref arrived) < count && Stopwatch.GetElapsedTime(waited) < TimeSpan.FromSeconds(20);

        )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
        PerSecond = arrived / Math.Max(Stopwatch.GetElapsedTime(started, Volatile.Read(ref lastAt)).TotalSeconds, duration.TotalSeconds);
        await stop.CancelAsync();
        await consuming;
    }

    // Each at its time; where the sender cannot keep up, as soon as it can.
    async Task OfferAsync(EnvelopeSender<BenchMessage> sender, int rate, int count, long started)
    {
        var sends = new List<Task>(count);
        for (var number = 0; number < count; )
        {
            var due = Math.Min(count, 1 + (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate));
            while (number < due)
            {
                sends.Add(SendAsync(number++));
            }
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }
        await Task.WhenAll(sends);

        async Task SendAsync(int number)
        {
            var at = Stopwatch.GetTimestamp();
            if (await sender.SendAsync(new BenchMessage(number, at, text), CancellationToken.None) == SendOutcome.Stored)
            {
                sendTimes.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
                stored[number] = queue.LastSend;
            }
        }
    }

    async Task CompareAsync(int rate, int count, long started)
    {
        await using var echo = LoopbackEcho.Start();
        for (var number = 0; number < count; number++)
        {
            var left = TimeSpan.FromSeconds((number + 0.5) / rate) - Stopwatch.GetElapsedTime(started);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            roundTrips.Add(await echo.AskAsync());
        }
    }

    Task TakeAsync(IReadOnlyList<EnvelopeLease<BenchMessage>> batch, CancellationToken ct)
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var item in batch.SelectMany(lease => lease.Items))
        {
            if (
                double.IsNaN(
                    Interlocked.Exchange(ref latencies[item.Value.Number], Stopwatch.GetElapsedTime(item.Value.At, now).TotalMilliseconds)
                )
            )
            {
                Interlocked.Increment(ref arrived);
            }
        }
        Volatile.Write(ref lastAt, now);
        return Task.CompletedTask;
    }

    static double Percentile(double[] values, double share)
    {
        Array.Sort(values);
        return values.Length == 0 ? 0 : values[(int)Math.Min(values.Length - 1, Math.Ceiling(share * values.Length) - 1)];
    }
}
