using System.ComponentModel;
using System.Text.Json.Serialization;
using AdminApi.Http;
using Persistence.Configuration;

namespace AdminApi.Resources;

/// <summary>A connector as the API shows and takes it.</summary>
internal sealed record ConnectorDocument
{
    [Description("Slug: 1-40 characters of a-z, 0-9 and dash. Given at creation, never changed.")]
    public string? Id { get; init; }

    [Description("Slug of the operator whose message ids these are; connectors of one operator share its receipts.")]
    public required string Operator { get; init; }

    [Description("Host name or address of the SMSC; with outbind, the address or network (CIDR) that it may call from.")]
    public required string Host { get; init; }

    [Description("TCP port of the SMSC: 1-65535; of no use with outbind.")]
    public int Port { get; init; } = 2775;

    [Description("TLS from the first byte; with outbind, the workers are the server.")]
    public bool Tls { get; init; }

    [Description("Our system_id there: 1-15 printable ASCII characters.")]
    public required string SystemId { get; init; }

    [Description("Our password there. Write-only: left out in an update, it is kept.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Password { get; init; }

    [Description("Where the password is kept instead of here: " + SecretReference.Form + ".")]
    public string? SecretRef { get; init; }

    [Description("The kind of bind to open. transmitterReceiver: a pair, which counts as one of binds.")]
    public BindType BindType { get; init; } = BindType.Transceiver;

    [Description("Its SMSC calls the workers with outbind and is bound to on that connection; null: the workers call it.")]
    public ConnectorOutbind? Outbind { get; init; }

    [Description("Binds the operator allows at a time, over all workers: 1-100.")]
    public int Binds { get; init; } = 1;

    [Description("Unanswered submits per bind: 1-1000.")]
    public int Window { get; init; } = 10;

    [Description("Message parts a second over all binds, 1 or more; null is unlimited.")]
    public int? Tps { get; init; }

    [Description("Parts that may go at once after a rest, over all binds: 1 or more; null is a tenth of a second's worth.")]
    public int? Burst { get; init; }

    [Description("SMPP system_type: up to 12 printable ASCII characters.")]
    public string SystemType { get; init; } = "";

    [Description("SMPP interface_version: 51 (3.3), 52 (3.4) or 80 (5.0).")]
    public int InterfaceVersion { get; init; } = 0x34;

    [Description("Seconds of silence after which enquire_link is sent: 1-3600.")]
    public int EnquireLinkSeconds { get; init; } = 30;

    [Description("In which base its receipts spell message ids, compared to its answers.")]
    public DlrIdFormat DlrIdFormat { get; init; } = DlrIdFormat.AsIs;

    [Description("How a message of several parts is sent.")]
    public LongMessages LongMessages { get; init; } = LongMessages.Udh;

    [Description("What data_coding 0 means there.")]
    public Alphabet DefaultAlphabet { get; init; } = Alphabet.Gsm7;

    [Description(
        "command_status (decimal or 0x…) to permanent, retry, throttle or failover; what is absent follows the default table. retry:30:5 waits "
            + "30 seconds before each of 5 tries in all, then the route's next target has its turn."
    )]
    public IReadOnlyDictionary<string, string> ErrorMap { get; init; } = new Dictionary<string, string>();

    [Description("What happens to a submit whose answer was lost.")]
    public UncertainPolicy Uncertain { get; init; } = UncertainPolicy.RetryOnce;

    [Description(
        "What happens to a bind while the database is away: lenient keeps it, strict closes it before another worker could have it."
    )]
    public OverlapPolicy Overlap { get; init; } = OverlapPolicy.Lenient;

    [Description("What messages are turned into for this operator: alphabets, parts, addresses, TLVs, flags.")]
    public Rewrites Rewrites { get; init; } = new();

    [Description("A disabled connector is not bound; its messages wait.")]
    public bool Enabled { get; init; } = true;

    public static ConnectorDocument From(Connector connector) =>
        new()
        {
            Id = connector.Id,
            Operator = connector.Operator,
            Host = connector.Host,
            Port = connector.Port,
            Tls = connector.Tls,
            SystemId = connector.SystemId,
            SecretRef = connector.SecretRef,
            BindType = connector.BindType,
            Outbind = ConnectorOutbind.From(connector),
            Binds = connector.Binds,
            Window = connector.Window,
            Tps = connector.Tps,
            Burst = connector.Burst,
            SystemType = connector.SystemType,
            InterfaceVersion = connector.InterfaceVersion,
            EnquireLinkSeconds = connector.EnquireLinkSeconds,
            DlrIdFormat = connector.DlrIdFormat,
            LongMessages = connector.LongMessages,
            DefaultAlphabet = connector.DefaultAlphabet,
            ErrorMap = connector.ErrorMap,
            Uncertain = connector.Uncertain,
            Overlap = connector.Overlap,
            Rewrites = connector.Rewrites,
            Enabled = connector.Enabled,
        };

    public void Check(FieldErrors errors)
    {
        errors.Slug("operator", Operator);
        if (Outbind is not null)
        {
            Outbind.Check(Host, BindType, errors);
        }
        else if (Host.Length > 253 || Uri.CheckHostName(Host) == UriHostNameType.Unknown)
        {
            errors.Add("host", "must be a host name or an address");
        }

        errors.Range("port", Port, 1, 65535);
        errors.SmppString("systemId", SystemId, 1, 15);
        CheckPassword("", Password, SecretRef, errors);
        errors.Range("binds", Binds, 1, 100);
        errors.Range("window", Window, 1, 1000);
        errors.Range("tps", Tps, 1, 1_000_000);
        errors.Range("burst", Burst, 1, 1_000_000);
        errors.SmppString("systemType", SystemType, 0, 12);
        if (InterfaceVersion is not (0x33 or 0x34 or 0x50))
        {
            errors.Add("interfaceVersion", "must be 51 (3.3), 52 (3.4) or 80 (5.0)");
        }

        errors.Range("enquireLinkSeconds", EnquireLinkSeconds, 1, 3600);
        ConnectorRewrites.Check(Rewrites, errors);
        var statuses = new HashSet<uint>();
        foreach (var (status, rule) in ErrorMap)
        {
            if (!ErrorRule.TryParseStatus(status, out var number))
            {
                errors.Add($"errorMap.{status}", "must name a command_status other than 0, decimal or 0x…");
            }
            else if (!statuses.Add(number))
            {
                errors.Add($"errorMap.{status}", "is named twice, decimal and hexadecimal");
            }
            else if (!ErrorRule.TryParse(rule, out _))
            {
                errors.Add($"errorMap.{status}", $"must be {ErrorRule.Form}");
            }
        }
    }

    /// <summary>A password, or where it is kept instead.</summary>
    /// <param name="path">Before the fields' names.</param>
    /// <param name="password">The one.</param>
    /// <param name="secretRef">The other.</param>
    /// <param name="errors">What is wrong.</param>
    public static void CheckPassword(string path, string? password, string? secretRef, FieldErrors errors)
    {
        // Section 5.2.2 allows 8 characters; operators hand out longer ones all the same.
        errors.SmppString($"{path}password", password, 1, 64);
        if (password is not null && PasswordSeal.IsSealed(password))
        {
            errors.Add($"{path}password", "must not begin as sealed ones do");
        }

        if (secretRef is not null && !SecretReference.TryParse(secretRef, out _))
        {
            errors.Add($"{path}secretRef", $"must be {SecretReference.Form}");
        }

        if (password is not null && secretRef is not null)
        {
            errors.Add($"{path}secretRef", "excludes password: give one of them");
        }
    }

    public void WriteTo(Connector connector, PasswordSeal seal)
    {
        connector.Operator = Operator;
        connector.Host = Host;
        connector.Port = Port;
        connector.Tls = Tls;
        connector.SystemId = SystemId;
        // One of the two: a reference replaces the password, left out keeps it.
        connector.Password =
            SecretRef is not null ? null
            : Password is not null ? seal.Seal(connector.Id, Password)
            : connector.Password;
        connector.SecretRef = SecretRef;
        connector.BindType = BindType;
        ConnectorOutbind.Write(Outbind, connector, seal);
        connector.Binds = Binds;
        connector.Window = Window;
        connector.Tps = Tps;
        connector.Burst = Burst;
        connector.SystemType = SystemType;
        connector.InterfaceVersion = InterfaceVersion;
        connector.EnquireLinkSeconds = EnquireLinkSeconds;
        connector.DlrIdFormat = DlrIdFormat;
        connector.LongMessages = LongMessages;
        connector.DefaultAlphabet = DefaultAlphabet;
        connector.ErrorMap = ErrorMap.ToDictionary();
        connector.Uncertain = Uncertain;
        connector.Overlap = Overlap;
        connector.Rewrites = Rewrites;
        connector.Enabled = Enabled;
    }
}
