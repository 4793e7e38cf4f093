using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Contracts;
using Messaging;
using Messaging.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Persistence;
using Persistence.Configuration;
using Persistence.Ledger;

namespace Bench;

/// <summary>
/// Stage 6: dispatch queue, claim, submit_sm to the simulator, outcome, its receipt, both events: a worker as a process of its own, on 1, 4 and
/// 16 binds. Each round's messages are in the ledger beforehand and come into the queue in one transaction; the round ends with the last event.
/// </summary>
static class WorkersStage
{
    const int Rounds = 5;
    const int Window = 100;
    const int Batch = 100;
    const string Password = "simulator";

    /// <summary>A message that was accepted, and its receipt.</summary>
    const int EventsAMessage = 2;

    static readonly int[] shapes = [1, 4, 16];
    static readonly TimeSpan patience = TimeSpan.FromMinutes(3);
    static readonly TimeSpan look = TimeSpan.FromMilliseconds(20);

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var perRound = Math.Max(options.WorkersMessages / Rounds / Batch, 1) * Batch;
        var report = new StageReport
        {
            Stage = "workers",
            What = string.Create(
                CultureInfo.InvariantCulture,
                $"dispatch queue to operator to receipt event; worker, simulator and PostgreSQL are three processes; window {Window}; medians of {Rounds} rounds of {perRound:N0} messages"
            ),
        };
        await using var database = await BenchDatabase.CreateAsync(options);
        await PlatformDatabase.MigrateAsync(database.Source, TimeProvider.System, CancellationToken.None);
        var ledger = new MessageLedger(database.Source);
        await ledger.MakePartitionsAsync(2, CancellationToken.None);
        await using var queue = new PostgresQueue(database.Source, new PostgresQueueOptions(), TimeProvider.System, NullLogger.Instance);
        await queue.EnsureSchemaAsync(CancellationToken.None);

        var ports = ServiceProcess.FreePorts(3);
        using var http = new HttpClient();
        var simulatorUrl = $"http://127.0.0.1:{ports[1]}/stats";
        await using var simulator = await ServiceProcess.StartAsync(
            options,
            "workers-simulator",
            [options.LoadProgram, "smsc"],
            new Uri(simulatorUrl),
            ("SMSC_PORT", ServiceProcess.Text(ports[0])),
            ("SMSC_HTTP_PORT", ServiceProcess.Text(ports[1])),
            ("SMSC_PASSWORD", Password),
            ("SMSC_KEEP", "1000")
        );
        await AddConnectorsAsync(database.Source, ports[0]);
        var metrics = $"http://127.0.0.1:{ports[2]}/metrics";
        await using var worker = await ServiceProcess.StartAsync(
            options,
            "workers",
            [options.WorkersProgram],
            new Uri($"http://127.0.0.1:{ports[2]}/readyz"),
            ("PLATFORM_DATABASE", new NpgsqlConnectionStringBuilder(options.Server) { Database = database.Name }.ConnectionString),
            ("PLATFORM_QUEUE", "postgres"),
            ("METRICS_PORT", ServiceProcess.Text(ports[2]))
        );
        await BoundAsync(http, simulatorUrl);
        var bench = new Measured(report, database, ledger, queue, http, metrics, worker.Pid);
        foreach (var binds in shapes)
        {
            await MeasureAsync(bench, binds, perRound);
        }

        return report;
    }

    static string Row(int binds) => binds == 1 ? "1 bind" : string.Create(CultureInfo.InvariantCulture, $"{binds} binds");

    static string Connector(int binds) => string.Create(CultureInfo.InvariantCulture, $"bench-{binds}");

    static async Task MeasureAsync(Measured bench, int binds, int perRound)
    {
        await Console.Error.WriteLineAsync($"workers: {Row(binds)}");
        var rounds = new List<Round>();
        // The first one warms it up.
        for (var i = 0; i <= Rounds; i++)
        {
            rounds.Add(await RoundAsync(bench, binds, perRound));
        }

        rounds.RemoveAt(0);
        bench.Report.Add(
            Row(binds),
            (Units.PerSecond, Median(round => perRound / round.Time.TotalSeconds)),
            ("us CPU/message", Median(round => round.Cpu.TotalMicroseconds / perRound)),
            ("B allocated/message", Median(round => (double)round.Allocated / perRound)),
            ("us PostgreSQL CPU/message", Median(round => round.ServerCpu.TotalMicroseconds / perRound)),
            ("MB resident", ProcessUse.Megabytes(bench.WorkerPid))
        );

        double Median(Func<Round, double> figure) => rounds.Select(figure).Order().ElementAt(rounds.Count / 2);
    }

    static async Task<Round> RoundAsync(Measured bench, int binds, int perRound)
    {
        var envelopes = await RecordAsync(bench.Ledger, Connector(binds), perRound);
        await EmptyAsync(bench.Database.Source);
        var allocated = await AllocatedAsync(bench);
        var cpu = ProcessUse.Cpu(bench.WorkerPid);
        var serverCpu = bench.Database.ServerCpu();
        var started = Stopwatch.GetTimestamp();
        await bench.Queue.SendAsync(QueueNames.Dispatch(Connector(binds)), envelopes, CancellationToken.None);
        using var deadline = new CancellationTokenSource(patience, TimeProvider.System);
        long events;
        while ((events = (await bench.Queue.DepthAsync(QueueNames.Events, CancellationToken.None)).Total) < EventsAMessage * perRound)
        {
            if (deadline.IsCancellationRequested)
            {
                bench.Report.Failures.Add($"{Row(binds)}: {events} events of {EventsAMessage * perRound} within {patience}");
                break;
            }

            await Task.Delay(look);
        }

        var time = Stopwatch.GetElapsedTime(started);
        if (events > EventsAMessage * perRound)
        {
            bench.Report.Failures.Add($"{Row(binds)}: {events} events of {EventsAMessage * perRound}");
        }

        return new Round(
            time,
            ProcessUse.Cpu(bench.WorkerPid) - cpu,
            bench.Database.ServerCpu() - serverCpu,
            await AllocatedAsync(bench) - allocated
        );
    }

    /// <summary>As the router leaves them: recorded as routed, and in envelopes of a hundred.</summary>
    static async Task<List<OutgoingEnvelope>> RecordAsync(MessageLedger ledger, string connector, int count)
    {
        var boot = Guid.NewGuid();
        var codec = new EnvelopeCodec<MessageRouted>(ContractsJson.Default.MessageRouted);
        var envelopes = new List<OutgoingEnvelope>();
        for (var done = 0; done < count; done += Batch)
        {
            var messages = Enumerable.Range(done, Batch).Select(Message).ToList();
            await ledger.RecordAsync(
                messages.ConvertAll(message => new Verdict(boot, message, connector, "default", null)),
                CancellationToken.None
            );
            var items = messages.ConvertAll(message => new EnvelopeItem<MessageRouted>(
                new MessageRouted { Message = message, Connector = connector }
            ));
            envelopes.Add(
                new OutgoingEnvelope(Guid.CreateVersion7(), codec.Encode(boot, TimeProvider.System.GetUtcNow(), items), items.Count)
            );
        }

        return envelopes;
    }

    static MessageSubmitted Message(int number)
    {
        var at = TimeProvider.System.GetUtcNow();
        return new MessageSubmitted
        {
            Id = MessageId.New(at),
            Account = "bench",
            SystemId = "bench",
            Source = new Party(5, 0, "LOAD"),
            Destination = new Party(1, 1, string.Create(CultureInfo.InvariantCulture, $"4917{number:D8}")),
            RegisteredDelivery = 1,
            Content = new byte[60],
            AcceptedAt = at,
            ValidUntil = at + TimeSpan.FromHours(48),
        };
    }

    /// <summary>Nobody takes the events: a round begins without those of the last, or the later ones would work on larger indexes.</summary>
    static async Task EmptyAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("truncate queue.envelopes, queue.bodies");
        await command.ExecuteNonQueryAsync();
    }

    static async Task<long> AllocatedAsync(Measured bench)
    {
        const string name = "process_allocated_bytes_total ";
        var text = await bench.Http.GetStringAsync(new Uri(bench.Metrics));
        var line = text.Split('\n').First(candidate => candidate.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length), CultureInfo.InvariantCulture);
    }

    static async Task BoundAsync(HttpClient http, string stats)
    {
        using var deadline = new CancellationTokenSource(patience, TimeProvider.System);
        while ((await http.GetFromJsonAsync<JsonElement>(new Uri(stats), deadline.Token)).GetProperty("binds").GetInt32() < shapes.Sum())
        {
            await Task.Delay(look, deadline.Token);
        }
    }

    static async Task AddConnectorsAsync(NpgsqlDataSource source, int port)
    {
        await using var context = new PlatformDbContext(
            new DbContextOptionsBuilder<PlatformDbContext>().UseNpgsql(source).Options,
            TimeProvider.System
        );
        context.Connectors.AddRange(
            shapes.Select(binds => new Connector
            {
                Id = Connector(binds),
                Operator = "bench",
                Host = "127.0.0.1",
                Port = port,
                SystemId = "simulator",
                Password = Password,
                Binds = binds,
                Window = Window,
            })
        );
        await context.SaveChangesAsync(CancellationToken.None);
    }

    sealed record Measured(
        StageReport Report,
        BenchDatabase Database,
        MessageLedger Ledger,
        PostgresQueue Queue,
        HttpClient Http,
        string Metrics,
        int WorkerPid
    );

    readonly record struct Round(TimeSpan Time, TimeSpan Cpu, TimeSpan ServerCpu, long Allocated);
}
