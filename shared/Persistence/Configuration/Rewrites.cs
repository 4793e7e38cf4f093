using System.ComponentModel;

namespace Persistence.Configuration;

/// <summary>
/// What a message is turned into for one operator: alphabets, parts, addresses, TLVs and flags. The default changes nothing that the operator
/// understands. One column of <c>connectors</c>.
/// </summary>
public sealed record Rewrites
{
    /// <summary>Rules for the sender; the first that fits is applied.</summary>
    [Description("Rules for the sender, in order; the first that fits is applied.")]
    public IReadOnlyList<AddressRule> Source { get; init; } = [];

    /// <summary>Rules for the recipient; the first that fits is applied.</summary>
    [Description("Rules for the recipient, in order; the first that fits is applied.")]
    public IReadOnlyList<AddressRule> Destination { get; init; } = [];

    /// <summary>Rules for the customers' TLVs; those without a rule pass.</summary>
    [Description("Rules for TLVs, in order; the first for a tag decides, and what has none passes.")]
    public IReadOnlyList<TlvRule> Tlvs { get; init; } = [];

    /// <summary>Alphabets that the operator understands beside its default one, GSM 7-bit where data_coding names it, UCS-2 and binary; null is all.</summary>
    [Description(
        "Alphabets it understands beside data_coding 0, GSM 7-bit with a message class, UCS-2 and binary; null is all. Text in another is re-encoded, as UCS-2 where nothing else has all of it."
    )]
    public IReadOnlyList<TextAlphabet>? Alphabets { get; init; }

    /// <summary>Whether text that would go out as UCS-2 for want of an alphabet is transliterated to the default one instead.</summary>
    [Description(
        "True: text that must be re-encoded and would take UCS-2 is transliterated to its default alphabet where that has something alike."
    )]
    public bool Transliterate { get; init; }

    /// <summary>Whether user data headers have 16-bit references: one octet dearer, 256 times fewer mix-ups.</summary>
    [Description("True: parts by user data header have 16-bit references; one octet dearer, 256 times fewer mix-ups.")]
    public bool LongReferences { get; init; }

    /// <summary>Whether parts that customers made are turned into the form of <see cref="Connector.LongMessages"/>.</summary>
    [Description(
        "True: parts that customers made themselves are turned from user data headers into sar_ TLVs or back, as longMessages says."
    )]
    public bool ConvertParts { get; init; }

    /// <summary>Which of registered_delivery's bits 2-4 (0x1C) are passed on; the final receipt is always asked for.</summary>
    [Description(
        "Which of the bits 2-4 of registered_delivery are passed on: 28 all (default), 0 none. The final receipt is always asked for."
    )]
    public int RegisteredDeliveryMask { get; init; } = 0x1C;

    /// <summary>The customer's priority_flag to the operator's; what is absent passes.</summary>
    [Description("The customer's priority_flag (0-4) to the operator's; what is absent passes.")]
    public IReadOnlyDictionary<string, int> Priorities { get; init; } = new Dictionary<string, int>();
}

/// <summary>One rule for an address. It fits when the address is of the kind and begins with the prefix.</summary>
public sealed record AddressRule
{
    /// <summary>Which addresses.</summary>
    [Description("Which addresses: any (default), numeric (digits, a + before them or not), alphanumeric (everything else).")]
    public AddressKind When { get; init; } = AddressKind.Any;

    /// <summary>How they begin; empty fits all.</summary>
    [Description("How they begin; empty fits all.")]
    public string Prefix { get; init; } = "";

    /// <summary>What the prefix becomes.</summary>
    [Description("What the prefix becomes; empty strips it.")]
    public string Replacement { get; init; } = "";

    /// <summary>The whole address in place of theirs; null keeps theirs.</summary>
    [Description("The whole address, 1-20 characters, in place of theirs; null keeps theirs.")]
    public string? Value { get; init; }

    /// <summary>Type of number, 0-255; null keeps theirs.</summary>
    [Description("Type of number, 0-255; null keeps theirs.")]
    public int? Ton { get; init; }

    /// <summary>Numbering plan, 0-255; null keeps theirs.</summary>
    [Description("Numbering plan, 0-255; null keeps theirs.")]
    public int? Npi { get; init; }
}

/// <summary>Kinds of addresses.</summary>
public enum AddressKind
{
    /// <summary>All.</summary>
    Any,

    /// <summary>Digits, with a plus before them or not.</summary>
    Numeric,

    /// <summary>Not numeric, and not empty.</summary>
    Alphanumeric,
}

/// <summary>One rule for a TLV.</summary>
public sealed record TlvRule
{
    /// <summary>The tag: its name in the specification, or a number, decimal or 0x…; * is every tag.</summary>
    [Description("The specification's name, or the number, decimal or 0x… (vendors' too); * is every tag, for pass and drop.")]
    public required string Tag { get; init; }

    /// <summary>What becomes of it.</summary>
    [Description("pass, drop, rename (to another tag), set (in every message), default (in messages without it).")]
    public required TlvAction Action { get; init; }

    /// <summary>The new tag of a rename.</summary>
    [Description("The new tag of a rename.")]
    public string? To { get; init; }

    /// <summary>The value of set and default as text: a C-octet string gets its NUL, other tags none.</summary>
    [Description("The value of set and default as Latin-1 text: a tag that is a C-octet string gets its NUL, others none.")]
    public string? Text { get; init; }

    /// <summary>The value of set and default as hexadecimal octets.</summary>
    [Description("The value of set and default as hexadecimal octets.")]
    public string? Hex { get; init; }
}

/// <summary>What becomes of a TLV.</summary>
public enum TlvAction
{
    /// <summary>It passes as it is.</summary>
    Pass,

    /// <summary>It is left out.</summary>
    Drop,

    /// <summary>It gets another tag.</summary>
    Rename,

    /// <summary>Every message has it with this value.</summary>
    Set,

    /// <summary>Messages without it get this value.</summary>
    Default,
}

/// <summary>Alphabets that data_coding can name and that not every operator understands (SMPP 5.0 section 4.7.7).</summary>
public enum TextAlphabet
{
    /// <summary>IA5, data_coding 1.</summary>
    Ascii,

    /// <summary>ISO 8859-1, data_coding 3.</summary>
    Latin1,

    /// <summary>ISO 8859-5, data_coding 6.</summary>
    Cyrillic,

    /// <summary>ISO 8859-8, data_coding 7.</summary>
    Hebrew,
}
