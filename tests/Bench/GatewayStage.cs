using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Persistence;
using Persistence.Configuration;

namespace Bench;

/// <summary>
/// Stage 5: submit_sm, durable in the queue, submit_sm_resp. Each round is taken twice, one after the other: by the library's own server,
/// which answers at once, and by smpp-gateway as a process of its own, which answers when PostgreSQL has it on disk.
/// </summary>
static class GatewayStage
{
    /// <summary>Before the names of the rows of the library alone.</summary>
    public const string Bare = "bare session, ";

    const string Password = "bench123";
    const int Rounds = 5;

    /// <summary>One at a time takes longer: a commit for each.</summary>
    const double ShareOfSlow = 0.03;

    static readonly TimeSpan warmup = TimeSpan.FromSeconds(4);

    /// <summary>Binds and windows that are measured: one alone and 50, and what a single message waits.</summary>
    public static IReadOnlyList<(int Binds, int Window)> Shapes { get; } = [(1, 1), (1, 100), (50, 10)];

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var report = new StageReport
        {
            Stage = "gateway",
            What = string.Create(
                CultureInfo.InvariantCulture,
                $"submit_sm, durable in the postgres queue, resp; client, gateway and PostgreSQL are three processes; medians of {Rounds} rounds, "
                    + $"{options.GatewaySubmits:N0} submits a row at most"
            ),
        };
        await using var database = await BenchDatabase.CreateAsync(options);
        await PlatformDatabase.MigrateAsync(database.Source, TimeProvider.System, CancellationToken.None);
        await AddUserAsync(database.Source);
        var ports = ServiceProcess.FreePorts(3);
        await using var gateway = await ServiceProcess.StartAsync(
            options,
            "gateway",
            [options.GatewayProgram],
            new Uri($"http://127.0.0.1:{ports[2]}/readyz"),
            ("PLATFORM_DATABASE", new NpgsqlConnectionStringBuilder(options.Server) { Database = database.Name }.ConnectionString),
            ("PLATFORM_QUEUE", "postgres"),
            ("SMPP_PORT", ServiceProcess.Text(ports[0])),
            ("SMPP_TLS_PORT", ServiceProcess.Text(ports[1])),
            ("METRICS_PORT", ServiceProcess.Text(ports[2]))
        );
        await using var bare = SessionServer.Start(Shapes.Max(shape => shape.Window));
        await WarmUpAsync(ports[0]);
        await WarmUpAsync(bare.Port);
        foreach (var (binds, window) in Shapes)
        {
            await MeasureAsync(report, options, database, gateway, ports[0], bare.Port, binds, window);
        }

        await bare.StopAsync();
        report.Failures.AddRange(bare.Failures);
        return report;
    }

    static async Task MeasureAsync(
        StageReport report,
        BenchOptions options,
        BenchDatabase database,
        ServiceProcess gateway,
        int port,
        int barePort,
        int binds,
        int window
    )
    {
        var row = SessionStage.Row(binds, window);
        await Console.Error.WriteLineAsync($"gateway: {row}");
        var submits = Math.Max(binds * window, (int)(options.GatewaySubmits * (binds * window == 1 ? ShareOfSlow : 1)) / Rounds);
        await using var bare = await SessionLoad.ConnectAsync(barePort, binds, window);
        await using var load = await SessionLoad.ConnectAsync(port, binds, window, Password);
        var bareRounds = new List<LoadRound>();
        var rounds = new List<IntakeRound>();
        for (var round = 0; round <= Rounds; round++)
        {
            bareRounds.Add(await bare.RunAsync(submits));
            await EmptyAsync(database.Source);
            var gatewayCpu = ProcessUse.Cpu(gateway.Pid);
            var serverCpu = database.ServerCpu();
            var taken = await load.RunAsync(submits);
            gatewayCpu = ProcessUse.Cpu(gateway.Pid) - gatewayCpu;
            serverCpu = database.ServerCpu() - serverCpu;
            rounds.Add(new IntakeRound(taken, gatewayCpu, serverCpu, await ReadQueueAsync(database.Source)));
        }

        // The first one of each warms it up.
        Add(report, row, bareRounds[1..], rounds[1..], submits);
    }

    static void Add(StageReport report, string row, List<LoadRound> bare, List<IntakeRound> rounds, int submits)
    {
        report.Add(
            Bare + row,
            (Units.PerSecond, Median(bare, round => round.PerSecond)),
            (Units.P50, Median(bare, round => round.P50)),
            (Units.P99, Median(bare, round => round.P99)),
            (Units.P999, Median(bare, round => round.P999))
        );
        report.Add(
            row,
            (Units.PerSecond, Median(rounds, round => round.Load.PerSecond)),
            (Units.P50, Median(rounds, round => round.Load.P50)),
            (Units.P99, Median(rounds, round => round.Load.P99)),
            (Units.P999, Median(rounds, round => round.Load.P999))
        );
        report.Add(
            $"{row}, of 1,000",
            ("s CPU gateway", PerThousand(round => round.GatewayCpu.TotalSeconds)),
            ("s CPU postgres", PerThousand(round => round.ServerCpu.TotalSeconds)),
            ("s CPU client", PerThousand(round => round.Load.CpuMicroseconds * submits / 1_000_000)),
            ("queue calls", PerThousand(round => round.Stored.Calls)),
            ("envelopes", PerThousand(round => round.Stored.Envelopes))
        );
        if (bare.Sum(round => round.Failed) + rounds.Sum(round => round.Load.Failed) is > 0 and var failed)
        {
            report.Failures.Add($"{row}: {failed} submits were not answered OK");
        }

        if (rounds.Find(round => round.Stored.Messages != submits) is { } wrong)
        {
            report.Failures.Add($"{row}: {submits} submits were answered, {wrong.Stored.Messages} are in the queue");
        }

        double PerThousand(Func<IntakeRound, double> figure) => Median(rounds, figure) * 1000 / submits;

        static double Median<T>(List<T> rounds, Func<T, double> figure) => rounds.Select(figure).Order().ElementAt(rounds.Count / 2);
    }

    // Until every method of the process is compiled as it will be in production.
    static async Task WarmUpAsync(int port)
    {
        await using var load = await SessionLoad.ConnectAsync(port, 1, 100, Password);
        using var enough = new CancellationTokenSource(warmup, TimeProvider.System);
        while (!enough.IsCancellationRequested)
        {
            await load.RunAsync(2000);
        }
    }

    static async Task AddUserAsync(NpgsqlDataSource source)
    {
        await using var context = new PlatformDbContext(
            new DbContextOptionsBuilder<PlatformDbContext>().UseNpgsql(source).Options,
            TimeProvider.System
        );
        context.Accounts.Add(new Account { Id = SessionLoad.SystemId, Name = "Bench" });
        context.SmppUsers.Add(
            new SmppUser
            {
                SystemId = SessionLoad.SystemId,
                AccountId = SessionLoad.SystemId,
                PasswordHash = PasswordHash.Create(Password),
                Window = 1000,
            }
        );
        await context.SaveChangesAsync(CancellationToken.None);
    }

    /// <summary>Nobody takes anything: a round begins with an empty queue, or the later ones would work on larger indexes.</summary>
    static async Task EmptyAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("truncate queue.envelopes, queue.bodies");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A send is one transaction, and so the envelopes of one call are those with the same xmin.</summary>
    static async Task<Stored> ReadQueueAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "select coalesce(sum(items), 0), count(*), count(distinct xmin::text) from queue.envelopes"
        );
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new Stored(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    readonly record struct Stored(long Messages, long Envelopes, long Calls);

    sealed record IntakeRound(LoadRound Load, TimeSpan GatewayCpu, TimeSpan ServerCpu, Stored Stored);
}
