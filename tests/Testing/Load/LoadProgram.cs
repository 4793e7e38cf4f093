using System.Runtime.InteropServices;
using System.Text.Json;
using Smpp;

namespace Testing.Load;

/// <summary>The load client as a process of its own.</summary>
internal static class LoadProgram
{
    public const string Help = """
        load takes its options from the environment
          LOAD_HOST             127.0.0.1
          SMPP_PORT             2775
          LOAD_SYSTEM_ID        demo
          LOAD_PASSWORD         demo1234
          LOAD_BINDS            4          transceiver binds
          LOAD_WINDOW           50         unanswered submits per bind
          LOAD_MESSAGES         100000     messages (with LOAD_SECONDS: any number, unless given)
          LOAD_SECONDS          0          s to submit for; 0: until LOAD_MESSAGES
          LOAD_RATE             0          submits a second; 0: as fast as the windows allow
          LOAD_RETRY            1          0: what is refused for now (RMSGQFUL, RSYSERR, RTHROTTLED) is not made up for by new submits
          LOAD_RECEIPTS         1          0: asks for no receipts
          LOAD_RECEIPT_WAIT     60         s for outstanding receipts after the last response
          LOAD_LINGER           1          s after the last receipt, for one that comes twice
          LOAD_CONNECT_WAIT     30         s until all are bound at the start, else exit code 2
          LOAD_OUTAGE_WAIT      300        s without any bind until the run is given up
          LOAD_SOURCE           LOAD       source_addr
          LOAD_DESTINATIONS     491700000000-491700999999
          LOAD_TEXT_LENGTH      60         characters, 17 (the marker) to 160
          LOAD_REPORT           artifacts/load/load.json
          LOAD_HELP                        1: this text

        Exit code: 0 each accepted message has one receipt; 1 some are missing, doubled or unknown; 2 bad options, or no bind.
        SIGINT and SIGTERM end the submitting, a second one the waiting for receipts.
        """;

    static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<int> RunAsync()
    {
        if (Environment.GetEnvironmentVariable("LOAD_HELP") is "1")
        {
            Console.WriteLine(Help);
            return 0;
        }
        using var stop = new CancellationTokenSource();
        using var giveUp = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        try
        {
            var options = LoadOptions.FromEnvironment(Environment.GetEnvironmentVariable);
            var report = await LoadRun.RunAsync(options, Console.Error, TimeProvider.System, stop.Token, giveUp.Token);
            Console.Write(LoadProgress.Table(report));
            await SaveAsync(options.Report, report);
            return report.IsClean ? 0 : 1;
        }
        catch (Exception exception) when (exception is FormatException or SmppException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }

        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true; // the process ends when the report is written
            (stop.IsCancellationRequested ? giveUp : stop).Cancel();
        }
    }

    static async Task SaveAsync(string path, LoadReport report)
    {
        var file = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(report, json));
        Console.WriteLine($"{"report", -22}{file}");
    }
}
