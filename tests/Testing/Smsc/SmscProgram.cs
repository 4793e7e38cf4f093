using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Testing.Smsc;

/// <summary>The simulator as a process of its own.</summary>
internal static class SmscProgram
{
    public const string Help = """
        smsc takes its options from the environment
          SMSC_PORT             2776       SMPP port on SMSC_ADDRESS; 0 takes a free one
          SMSC_ADDRESS          127.0.0.1
          SMSC_SYSTEM_ID        simulator
          SMSC_PASSWORD         simulator
          SMSC_MAX_BINDS        0          binds at a time, more are refused with AlyBnd; 0: any number
          SMSC_HTTP_PORT        (none)     GET /messages?limit= /stats /seconds /doubled, POST /settings /mo /drop /reset, on 127.0.0.1
          SMSC_KEEP             10000      messages kept for /messages
          SMSC_LOG              Warning    log level

        and these, which POST /settings changes while it runs (camel case, without SMSC_)
          SMSC_RESPONSE_DELAY   0          ms before submit_sm_resp
          SMSC_STATUS           Ok         status of submit_sm_resp, a name or a number (Throttled, 0x58)
          SMSC_STATUS_EVERY     1          ... of every n-th submit_sm; the others are accepted
          SMSC_TPS              0          submit_sm accepted in each second of the clock, ESME_RTHROTTLED beyond; 0: no limit
          SMSC_SILENT           false      true: submit_sm is taken and never answered
          SMSC_RECEIPTS         true       false: no receipts
          SMSC_RECEIPT_DELAY    20         ms from submit_sm to its receipt; 0 lets it overtake the response
          SMSC_RECEIPT_STAT     DELIVRD    state in the receipt
          SMSC_RECEIPT_ERR      000        error code in the receipt
          SMSC_RECEIPT_LOSE_EVERY    0     every n-th receipt is never sent; 0: none
          SMSC_RECEIPT_DOUBLE_EVERY  0     every n-th receipt is sent twice; 0: none
          SMSC_RECEIPT_ID       same       how the receipt writes the id: same (as the response), decimal or hex
          SMSC_RECEIPT_FORM     both       where it is: both (TLVs and text), tlv, text, or dataSm (both, in a data_sm)
          SMSC_MESSAGE_ID       decimal    decimal or hex, in the response
        """;

    public static async Task<int> RunAsync()
    {
        SmscOptions options;
        try
        {
            options = SmscOptions.FromEnvironment(Environment.GetEnvironmentVariable);
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }
        using var loggers = LoggerFactory.Create(logging =>
            logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(options.Log)
        );

        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);

        await using var simulator = await SmscSimulator.StartAsync(options, loggers.CreateLogger<SmscSimulator>(), TimeProvider.System);
        Console.WriteLine($"smsc listening on {simulator.EndPoint}{(simulator.HttpUrl is { } url ? $", {url}" : "")}");
        await stop.Task;
        await simulator.DrainAsync(TimeSpan.FromSeconds(5));
        return 0;

        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true; // the process ends when the drain has
            stop.TrySetResult();
        }
    }
}
