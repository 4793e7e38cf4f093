using Bench;
using Bench.WholePath;

const string Help = """
    Bench <stage>     measures one stage and writes BENCH_FOLDER/<stage>.json; `make bench` runs them all, and brings what they need
    Bench table       prints what is there

    codec     submit_sm and receipts to bytes and back
    session   the protocol library against itself over TCP
    queue     the postgres queue: send, receive, complete
    queues    the queue's three adapters: rates offered, calls, latency, cost; a long queue against a short one
    ledger    each statement of a message's life, in batches of 100
    gateway   submit_sm to its answer through smpp-gateway, beside the library alone
    workers   dispatch queue to operator to receipt event, on 1, 4 and 16 binds
    binds     idle binds on one process: memory, CPU
    path      the whole platform, driven by the load client
    """;

BenchOptions options;
try
{
    options = BenchOptions.FromEnvironment(Environment.GetEnvironmentVariable);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}

Func<Task<StageReport>>? stage = args switch
{
    ["codec"] => () => Task.Run(CodecStage.Run),
    ["session"] => () => SessionStage.RunAsync(options),
    ["queue"] => () => QueueStage.RunAsync(options),
    ["queues"] => () => QueuesStage.RunAsync(options),
    ["ledger"] => () => LedgerStage.RunAsync(options),
    ["gateway"] => () => GatewayStage.RunAsync(options),
    ["workers"] => () => WorkersStage.RunAsync(options),
    ["binds"] => () => BindsStage.RunAsync(options),
    ["path"] => () => PathStage.RunAsync(options),
    _ => null,
};
if (stage is null)
{
    if (args is ["table"])
    {
        Console.Write(ResultTable.Of(options));
        return 0;
    }

    await Console.Error.WriteLineAsync(Help);
    return 2;
}

var report = await stage();
report.Save(options.Folder);
foreach (var failure in report.Failures)
{
    await Console.Error.WriteLineAsync($"{report.Stage}: FAILED: {failure}");
}

return report.Failures.Count == 0 ? 0 : 1;
