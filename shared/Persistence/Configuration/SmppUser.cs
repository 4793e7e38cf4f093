namespace Persistence.Configuration;

/// <summary>A system_id with which an account's ESMEs bind.</summary>
public sealed class SmppUser
{
    /// <summary>The system_id, unique in the platform: 1-15 characters (SMPP 3.4 section 5.2.1).</summary>
    public required string SystemId { get; init; }

    /// <summary>The account it sends for.</summary>
    public required string AccountId { get; init; }

    /// <summary>PBKDF2 hash of the password; see <see cref="PasswordHash"/>.</summary>
    public required string PasswordHash { get; set; }

    /// <summary>Networks (CIDR) it may bind from; empty is any.</summary>
    public List<string> AllowedIps { get; set; } = [];

    /// <summary>Binds at a time over the whole platform; null is any number.</summary>
    public int? MaxBinds { get; set; }

    /// <summary>Parts a second over all its binds; null is unlimited, 0 is none.</summary>
    public int? RatePerSecond { get; set; }

    /// <summary>Unanswered requests per bind before ESME_RTHROTTLED.</summary>
    public int Window { get; set; } = 100;

    /// <summary>Bind types it may use; empty is all.</summary>
    public List<BindType> BindTypes { get; set; } = [];

    /// <summary>The form in which it gets message ids.</summary>
    public MessageIdFormat MessageIdFormat { get; set; } = MessageIdFormat.Hex;

    /// <summary>A disabled user cannot bind.</summary>
    public bool Enabled { get; set; } = true;
}

/// <summary>The kinds of SMPP bind.</summary>
public enum BindType
{
    /// <summary>bind_transmitter.</summary>
    Transmitter,

    /// <summary>bind_receiver.</summary>
    Receiver,

    /// <summary>bind_transceiver.</summary>
    Transceiver,

    /// <summary>Towards operators only: a bind_transmitter and a bind_receiver, which together take one slot.</summary>
    TransmitterReceiver,
}

/// <summary>The forms of a message id towards customers.</summary>
public enum MessageIdFormat
{
    /// <summary>32 lower-case hexadecimal digits.</summary>
    Hex,

    /// <summary>The 36-character form with dashes.</summary>
    Uuid,

    /// <summary>The 128-bit number in decimal.</summary>
    Decimal,

    /// <summary>8 characters, for SMPP 3.3 (message_id of at most 8 octets).</summary>
    Short,
}
