using System.Globalization;

namespace Testing.Load;

/// <summary>What load to make; see <c>Testing help</c>.</summary>
internal sealed record LoadOptions
{
    /// <summary>One part in GSM 7-bit.</summary>
    public const int MaxTextLength = 160;

    public string Host { get; init; } = "127.0.0.1";
    public int Port { get; init; } = 2775;
    public string SystemId { get; init; } = "demo";
    public string Password { get; init; } = "demo1234";
    public int Binds { get; init; } = 4;
    public int Window { get; init; } = 50;

    /// <summary>Messages to bring to an end; 0: any number, for as long as <see cref="Duration"/>.</summary>
    public long Messages { get; init; } = 100_000;

    public int Rate { get; init; }
    public TimeSpan Duration { get; init; }
    public bool Receipts { get; init; } = true;
    public bool Retry { get; init; } = true;
    public TimeSpan ReceiptWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After the last receipt, for one that comes twice.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan ConnectWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without any bind, until the run is given up.</summary>
    public TimeSpan OutageWait { get; init; } = TimeSpan.FromMinutes(5);

    public string Source { get; init; } = "LOAD";
    public int TextLength { get; init; } = 60;
    public long FirstDestination { get; init; } = 491700000000;
    public long LastDestination { get; init; } = 491700999999;
    public string Report { get; init; } = "artifacts/load/load.json";

    /// <summary>Throws <see cref="FormatException"/> for a value that is none.</summary>
    public static LoadOptions FromEnvironment(Func<string, string?> variable)
    {
        var defaults = new LoadOptions();
        var duration = Read("LOAD_SECONDS", defaults.Duration, Seconds);
        var (first, last) = Read("LOAD_DESTINATIONS", (defaults.FirstDestination, defaults.LastDestination), Range);
        return defaults with
        {
            Host = Read("LOAD_HOST", defaults.Host, text => text),
            Port = Read("SMPP_PORT", defaults.Port, text => Int(text, 1, 65535)),
            SystemId = Read("LOAD_SYSTEM_ID", defaults.SystemId, text => text),
            Password = Read("LOAD_PASSWORD", defaults.Password, text => text),
            Binds = Read("LOAD_BINDS", defaults.Binds, text => Int(text, 1, 1000)),
            Window = Read("LOAD_WINDOW", defaults.Window, text => Int(text, 1, 10_000)),
            // With a duration alone, the duration decides.
            Messages = Read("LOAD_MESSAGES", duration > TimeSpan.Zero ? 0 : defaults.Messages, text => Int(text, 1, int.MaxValue)),
            Rate = Read("LOAD_RATE", defaults.Rate, text => Int(text, 0, 1_000_000)),
            Duration = duration,
            Receipts = Read("LOAD_RECEIPTS", defaults.Receipts, Bool),
            Retry = Read("LOAD_RETRY", defaults.Retry, Bool),
            ReceiptWait = Read("LOAD_RECEIPT_WAIT", defaults.ReceiptWait, Seconds),
            Linger = Read("LOAD_LINGER", defaults.Linger, Seconds),
            ConnectWait = Read("LOAD_CONNECT_WAIT", defaults.ConnectWait, Seconds),
            OutageWait = Read("LOAD_OUTAGE_WAIT", defaults.OutageWait, Seconds),
            Source = Read("LOAD_SOURCE", defaults.Source, Address),
            TextLength = Read("LOAD_TEXT_LENGTH", defaults.TextLength, text => Int(text, Marker.Length, MaxTextLength)),
            FirstDestination = first,
            LastDestination = last,
            Report = Read("LOAD_REPORT", defaults.Report, text => text),
        };

        T Read<T>(string name, T fallback, Func<string, T> parse)
        {
            if (variable(name) is not { Length: > 0 } text)
            {
                return fallback;
            }
            try
            {
                return parse(text);
            }
            catch (Exception exception) when (exception is FormatException or OverflowException)
            {
                throw new FormatException($"{name}: '{text}' is no value for it.", exception);
            }
        }

        static int Int(string text, int least, int most) =>
            int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) is var number && number >= least && number <= most
                ? number
                : throw new FormatException();

        static TimeSpan Seconds(string text) =>
            double.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) is var number and <= 1_000_000
                ? TimeSpan.FromSeconds(number)
                : throw new FormatException();

        static bool Bool(string text) =>
            text switch
            {
                "1" or "true" => true,
                "0" or "false" => false,
                _ => throw new FormatException(),
            };

        static string Address(string text) => text.Length <= 20 ? text : throw new FormatException();

        static (long First, long Last) Range(string text)
        {
            var ends = text.Split('-');
            var first = Digits(ends[0]);
            var last = ends.Length == 1 ? first : Digits(ends[1]);
            return ends.Length <= 2 && first <= last ? (first, last) : throw new FormatException();
        }

        static long Digits(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
