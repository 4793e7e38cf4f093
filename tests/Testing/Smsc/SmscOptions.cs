using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Smpp;

namespace Testing.Smsc;

/// <summary>What a simulator is; see <c>Testing help</c>.</summary>
public sealed record SmscOptions
{
    public IPAddress Address { get; init; } = IPAddress.Loopback;
    public int Port { get; init; } = 2776;
    public string SystemId { get; init; } = "simulator";
    public string Password { get; init; } = "simulator";
    public int MaxBinds { get; init; }
    public int? HttpPort { get; init; }
    public int Keep { get; init; } = 10_000;
    public LogLevel Log { get; init; } = LogLevel.Warning;
    public SmscSettings Settings { get; init; } = new();

    /// <summary>2,000 in flight: a connector's window is 500 and a slow simulated response must not throttle it.</summary>
    public SmppSessionOptions Session { get; init; } = new() { MaxInFlightRequests = 2000, Window = 100 };

    public static SmscOptions FromEnvironment(Func<string, string?> variable)
    {
        var defaults = new SmscOptions();
        var settings = defaults.Settings;
        return defaults with
        {
            Address = Read("SMSC_ADDRESS", defaults.Address, IPAddress.Parse),
            Port = Read("SMSC_PORT", defaults.Port, Int),
            SystemId = Read("SMSC_SYSTEM_ID", defaults.SystemId, text => text),
            Password = Read("SMSC_PASSWORD", defaults.Password, text => text),
            MaxBinds = Read("SMSC_MAX_BINDS", defaults.MaxBinds, Int),
            HttpPort = Read("SMSC_HTTP_PORT", defaults.HttpPort, text => Int(text)),
            Keep = Read("SMSC_KEEP", defaults.Keep, Int),
            Log = Read("SMSC_LOG", defaults.Log, Enum.Parse<LogLevel>),
            Settings = settings with
            {
                ResponseDelay = Read("SMSC_RESPONSE_DELAY", settings.ResponseDelay, Int),
                Status = Read("SMSC_STATUS", settings.Status, text => text),
                StatusEvery = Read("SMSC_STATUS_EVERY", settings.StatusEvery, Int),
                Tps = Read("SMSC_TPS", settings.Tps, Int),
                Silent = Read("SMSC_SILENT", settings.Silent, bool.Parse),
                Receipts = Read("SMSC_RECEIPTS", settings.Receipts, bool.Parse),
                ReceiptDelay = Read("SMSC_RECEIPT_DELAY", settings.ReceiptDelay, Int),
                ReceiptStat = Read("SMSC_RECEIPT_STAT", settings.ReceiptStat, text => text),
                ReceiptErr = Read("SMSC_RECEIPT_ERR", settings.ReceiptErr, text => text),
                ReceiptLoseEvery = Read("SMSC_RECEIPT_LOSE_EVERY", settings.ReceiptLoseEvery, Int),
                ReceiptDoubleEvery = Read("SMSC_RECEIPT_DOUBLE_EVERY", settings.ReceiptDoubleEvery, Int),
                MessageId = Read("SMSC_MESSAGE_ID", settings.MessageId, text => text),
            },
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
            catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException)
            {
                throw new FormatException($"{name}: '{text}' is no value for it.", exception);
            }
        }

        static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}

/// <summary>How a simulator behaves: what may change while it runs.</summary>
public sealed record SmscSettings
{
    public int ResponseDelay { get; init; }
    public string Status { get; init; } = nameof(CommandStatus.Ok);
    public int StatusEvery { get; init; } = 1;

    /// <summary>Submits accepted in each second of the clock; those beyond are answered ESME_RTHROTTLED. 0: no limit.</summary>
    public int Tps { get; init; }
    public bool Silent { get; init; }
    public bool Receipts { get; init; } = true;
    public int ReceiptDelay { get; init; } = 20;
    public string ReceiptStat { get; init; } = "DELIVRD";
    public string ReceiptErr { get; init; } = "000";
    public int ReceiptLoseEvery { get; init; }
    public int ReceiptDoubleEvery { get; init; }
    public string MessageId { get; init; } = "decimal";

    internal CommandStatus SubmitStatus { get; private init; }

    /// <summary>Throws <see cref="FormatException"/> when a value is none.</summary>
    public SmscSettings Checked()
    {
        if (!TryParseStatus(Status, out var status))
        {
            throw new FormatException($"status: '{Status}' is no command_status.");
        }
        if (MessageId is not ("decimal" or "hex"))
        {
            throw new FormatException($"messageId: '{MessageId}' is neither decimal nor hex.");
        }
        if (Tps < 0 || ResponseDelay < 0 || ReceiptDelay < 0 || ReceiptLoseEvery < 0 || ReceiptDoubleEvery < 0 || StatusEvery < 1)
        {
            throw new FormatException("Delays, tps and receipt faults are 0 or more, statusEvery is 1 or more.");
        }
        return this with { SubmitStatus = status };
    }

    static bool TryParseStatus(string text, out CommandStatus status)
    {
        var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (
            uint.TryParse(
                hex ? text.AsSpan(2) : text,
                hex ? NumberStyles.HexNumber : NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number
            )
        )
        {
            status = (CommandStatus)number;
            return true;
        }
        return Enum.TryParse(text, ignoreCase: true, out status);
    }
}
