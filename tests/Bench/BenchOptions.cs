using System.Globalization;

namespace Bench;

/// <summary>How much is measured, and where it stands; all from the environment.</summary>
sealed record BenchOptions
{
    public string Folder { get; init; } = "artifacts/bench";
    public int SessionSubmits { get; init; } = 1_000_000;
    public int QueueMessages { get; init; } = 50_000;
    public int QueuesSeconds { get; init; } = 10;
    public int QueuesWaiting { get; init; } = 1_000_000;
    public int LedgerMessages { get; init; } = 20_000;
    public int GatewaySubmits { get; init; } = 200_000;
    public int WorkersMessages { get; init; } = 100_000;

    /// <summary>Half a minute and more: until then a fifth of the platform's CPU is its compiler's.</summary>
    public int Warmup { get; init; } = 150_000;

    public int Messages { get; init; } = 100_000;
    public int Binds { get; init; } = 4;
    public int Window { get; init; } = 50;
    public int IdleBinds { get; init; } = 5_000;
    public int IdleSeconds { get; init; } = 65;

    /// <summary>Set by the script: a connection string, the platform's run folder and ports, the programs of the load client (and simulator), the gateway and the workers.</summary>
    public string Server { get; init; } = "";

    /// <summary>An SQS-compatible endpoint, and a broker's address.</summary>
    public string Sqs { get; init; } = "";
    public string Amqp { get; init; } = "";
    public string RunFolder { get; init; } = "";
    public int AdminPort { get; init; }
    public int SmppPort { get; init; }
    public string LoadProgram { get; init; } = "";
    public string GatewayProgram { get; init; } = "";
    public string WorkersProgram { get; init; } = "";

    /// <summary>Where the npm package's programs are, installed; empty: it is not measured.</summary>
    public string Peers { get; init; } = "";

    public static BenchOptions FromEnvironment(Func<string, string?> variable)
    {
        var defaults = new BenchOptions();
        return new BenchOptions
        {
            Folder = Text("BENCH_FOLDER", defaults.Folder),
            SessionSubmits = Number("BENCH_SESSION_SUBMITS", defaults.SessionSubmits),
            QueueMessages = Number("BENCH_QUEUE_MESSAGES", defaults.QueueMessages),
            QueuesSeconds = Number("BENCH_QUEUES_SECONDS", defaults.QueuesSeconds),
            QueuesWaiting = Number("BENCH_QUEUES_WAITING", defaults.QueuesWaiting),
            LedgerMessages = Number("BENCH_LEDGER_MESSAGES", defaults.LedgerMessages),
            GatewaySubmits = Number("BENCH_GATEWAY_SUBMITS", defaults.GatewaySubmits),
            WorkersMessages = Number("BENCH_WORKERS_MESSAGES", defaults.WorkersMessages),
            Warmup = Number("BENCH_WARMUP", defaults.Warmup),
            Messages = Number("BENCH_MESSAGES", defaults.Messages),
            Binds = Number("BENCH_BINDS", defaults.Binds),
            Window = Number("BENCH_WINDOW", defaults.Window),
            IdleBinds = Number("BENCH_IDLE_BINDS", defaults.IdleBinds),
            IdleSeconds = Number("BENCH_IDLE_SECONDS", defaults.IdleSeconds),
            SmppPort = Number("SMPP_PORT", defaults.SmppPort),
            Server = Text("BENCH_SERVER", defaults.Server),
            Sqs = Text("BENCH_SQS", defaults.Sqs),
            Amqp = Text("BENCH_AMQP", defaults.Amqp),
            RunFolder = Text("RUN_DIR", defaults.RunFolder),
            AdminPort = Number("ADMIN_PORT", defaults.AdminPort),
            LoadProgram = Text("BENCH_LOAD_PROGRAM", defaults.LoadProgram),
            GatewayProgram = Text("BENCH_GATEWAY_PROGRAM", defaults.GatewayProgram),
            WorkersProgram = Text("BENCH_WORKERS_PROGRAM", defaults.WorkersProgram),
            Peers = Text("BENCH_PEERS", defaults.Peers),
        };

        string Text(string name, string fallback) => variable(name) is { Length: > 0 } text ? text : fallback;

        int Number(string name, int fallback)
        {
            if (variable(name) is not { Length: > 0 } text)
            {
                return fallback;
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new FormatException($"{name}: '{text}' is no number above 0.");
        }
    }
}
