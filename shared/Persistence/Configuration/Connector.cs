namespace Persistence.Configuration;

/// <summary>A way to one operator: where its SMSC listens, who we are there, and what it allows us.</summary>
public sealed class Connector
{
    /// <summary>Slug: 1-40 characters of a-z, 0-9 and dash; names the dispatch queue.</summary>
    public required string Id { get; init; }

    /// <summary>The operator whose message ids these are. Connectors of one operator share its receipts.</summary>
    public required string Operator { get; set; }

    /// <summary>Host name or address of the SMSC; where it calls us, the address or network (CIDR) it may call from.</summary>
    public required string Host { get; set; }

    /// <summary>TCP port of the SMSC; of no use where it calls us.</summary>
    public int Port { get; set; } = 2775;

    /// <summary>TLS from the first byte; where the SMSC calls us, we are the server.</summary>
    public bool Tls { get; set; }

    /// <summary>Our system_id there.</summary>
    public required string SystemId { get; set; }

    /// <summary>Our password there, when it is not kept elsewhere.</summary>
    public string? Password { get; set; }

    /// <summary>Where the password is kept instead.</summary>
    public string? SecretRef { get; set; }

    /// <summary>The kind of bind to open; where the SMSC calls us, transceiver or receiver.</summary>
    public BindType BindType { get; set; } = BindType.Transceiver;

    /// <summary>TCP port on which its SMSC calls the workers with outbind (SMPP 5.0 section 4.1.1.7); null: we call it.</summary>
    public int? OutbindPort { get; set; }

    /// <summary>system_id that the SMSC must send in its outbind; null takes any.</summary>
    public string? OutbindSystemId { get; set; }

    /// <summary>password that the SMSC must send in its outbind, when it is not kept elsewhere; null, and kept nowhere, takes any.</summary>
    public string? OutbindPassword { get; set; }

    /// <summary>Where that password is kept instead.</summary>
    public string? OutbindSecretRef { get; set; }

    /// <summary>Whether its SMSC calls us, and not we it.</summary>
    public bool IsCalled => OutbindPort is not null;

    /// <summary>The name that its outbind password is sealed under: no id of a connector, so that neither password can stand for the other.</summary>
    public string OutbindSealName => $"{Id}/outbind";

    /// <summary>Binds the operator allows us at a time, over all our workers.</summary>
    public int Binds { get; set; } = 1;

    /// <summary>Unanswered submits per bind.</summary>
    public int Window { get; set; } = 10;

    /// <summary>Parts a second over all binds; null is unlimited.</summary>
    public int? Tps { get; set; }

    /// <summary>Parts that may go at once after a rest, over all binds; null is a tenth of a second's worth.</summary>
    public int? Burst { get; set; }

    /// <summary>SMPP system_type.</summary>
    public string SystemType { get; set; } = "";

    /// <summary>SMPP interface_version: 51, 52 or 80 (0x33, 0x34, 0x50).</summary>
    public int InterfaceVersion { get; set; } = 0x34;

    /// <summary>Silence after which enquire_link is sent.</summary>
    public int EnquireLinkSeconds { get; set; } = 30;

    /// <summary>In which base its receipts spell message ids, compared to its answers.</summary>
    public DlrIdFormat DlrIdFormat { get; set; } = DlrIdFormat.AsIs;

    /// <summary>How a message of several parts is sent.</summary>
    public LongMessages LongMessages { get; set; } = LongMessages.Udh;

    /// <summary>What data_coding 0 means there.</summary>
    public Alphabet DefaultAlphabet { get; set; } = Alphabet.Gsm7;

    /// <summary>command_status (decimal or 0x…) → <see cref="ErrorRule"/> in its written form; what is absent follows the default table.</summary>
    public Dictionary<string, string> ErrorMap { get; set; } = [];

    /// <summary>What happens to a submit whose answer was lost.</summary>
    public UncertainPolicy Uncertain { get; set; } = UncertainPolicy.RetryOnce;

    /// <summary>What happens to a bind whose slot's lease could not be renewed.</summary>
    public OverlapPolicy Overlap { get; set; } = OverlapPolicy.Lenient;

    /// <summary>What messages are turned into for this operator.</summary>
    public Rewrites Rewrites { get; set; } = new();

    /// <summary>A disabled connector is not bound and takes nothing from its queue.</summary>
    public bool Enabled { get; set; } = true;
}

/// <summary>How an operator's receipts spell message ids.</summary>
public enum DlrIdFormat
{
    /// <summary>As in the submit_sm_resp.</summary>
    AsIs,

    /// <summary>Answers are hexadecimal, receipts decimal.</summary>
    HexToDec,

    /// <summary>Answers are decimal, receipts hexadecimal.</summary>
    DecToHex,
}

/// <summary>How a message of several parts is sent.</summary>
public enum LongMessages
{
    /// <summary>Concatenation information in the user data header.</summary>
    Udh,

    /// <summary>sar_msg_ref_num, sar_total_segments and sar_segment_seqnum.</summary>
    Sar,

    /// <summary>One submit with message_payload; the operator splits.</summary>
    Payload,
}

/// <summary>What data_coding 0 stands for on a link.</summary>
public enum Alphabet
{
    /// <summary>GSM 7-bit default alphabet, one octet a character.</summary>
    Gsm7,

    /// <summary>ISO 8859-1.</summary>
    Latin1,

    /// <summary>ASCII.</summary>
    Ascii,
}

/// <summary>What happens to a submit whose answer was lost.</summary>
public enum UncertainPolicy
{
    /// <summary>Sent once more; uncertain when that is lost too.</summary>
    RetryOnce,

    /// <summary>Stays uncertain until a receipt or a person decides.</summary>
    Hold,

    /// <summary>
    /// As <see cref="Hold"/> until the operator can be asked: query_sm (SMPP 5.0 section 4.5) names the message by the operator's id, and that
    /// was in the answer that was lost.
    /// </summary>
    Query,

    /// <summary>Counted as failed.</summary>
    Fail,
}

/// <summary>What happens to a bind whose slot's lease could not be renewed: nothing is submitted on it either way.</summary>
public enum OverlapPolicy
{
    /// <summary>
    /// It stays open until another worker holds the slot: an outage of the database, in which nobody else could take it, costs no bind. A worker
    /// that alone is cut off from the database may be bound beside its successor for a moment.
    /// </summary>
    Lenient,

    /// <summary>It is closed before the lease ends: the operator never sees one bind too many, and each outage of the database costs the binds.</summary>
    Strict,
}
