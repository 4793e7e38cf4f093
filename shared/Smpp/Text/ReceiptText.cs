using System.Globalization;
using System.Text;

namespace Smpp.Text;

/// <summary>
/// The text of a delivery receipt: the convention of SMPP 3.4 appendix B, which every SMSC spells a little differently. Written exactly, read
/// tolerantly.
/// </summary>
public sealed partial record ReceiptText
{
    const int MaxText = 20;
    const string DateFormat = "yyMMddHHmm";

    /// <summary>The message's id as the SMSC writes it here: not always as in submit_sm_resp.</summary>
    public string Id { get; init; } = "";

    /// <summary>Parts submitted.</summary>
    public string Sub { get; init; } = "001";

    /// <summary>Parts delivered.</summary>
    public string Dlvrd { get; init; } = "000";

    /// <summary>When it was submitted, in the SMSC's time zone.</summary>
    public DateTime? SubmitDate { get; init; }

    /// <summary>When it came to its end, in the SMSC's time zone.</summary>
    public DateTime? DoneDate { get; init; }

    /// <summary>DELIVRD, EXPIRED, DELETED, UNDELIV, ACCEPTD, UNKNOWN, REJECTD, ENROUTE; upper case.</summary>
    public string Stat { get; init; } = "";

    /// <summary>The network's error code.</summary>
    public string Err { get; init; } = "000";

    /// <summary>The beginning of the message.</summary>
    public string Text { get; init; } = "";

    /// <summary>The state of <see cref="Stat"/> as message_state (SMPP 5.0 section 4.7.15); null when it is no known word.</summary>
    public byte? MessageState =>
        Stat switch
        {
            "SCHEDLD" or "SCHEDULED" => 0,
            "ENROUTE" => 1,
            "DELIVRD" or "DELIVERED" => 2,
            "EXPIRED" => 3,
            "DELETED" => 4,
            "UNDELIV" or "UNDELIVERABLE" or "FAILED" => 5,
            "ACCEPTD" or "ACCEPTED" => 6,
            "UNKNOWN" => 7,
            "REJECTD" or "REJECTED" => 8,
            "SKIPPED" => 9,
            _ => null,
        };

    /// <summary>The conventional text, exactly: ten-digit dates, at most 20 characters of text.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"id:{Id} sub:{Sub} dlvrd:{Dlvrd} submit date:{Format(SubmitDate)} done date:{Format(DoneDate)} stat:{Stat} err:{Err} text:{Beginning}"
        );

    /// <summary>The conventional text as the octets of short_message; a character beyond Latin-1 becomes '?'.</summary>
    public byte[] ToOctets() => Encoding.Latin1.GetBytes(ToString());

    // A surrogate pair at the end is left out rather than cut.
    string Beginning =>
        Text.Length <= MaxText ? Text
        : char.IsHighSurrogate(Text[MaxText - 1]) ? Text[..(MaxText - 1)]
        : Text[..MaxText];

    static string Format(DateTime? date) => date?.ToString(DateFormat, CultureInfo.InvariantCulture) ?? "0000000000";
}
