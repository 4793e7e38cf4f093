using Contracts;
using Persistence.Configuration;

namespace Persistence.Ledger;

/// <summary>The message that a receipt belongs to.</summary>
/// <param name="Id">The message.</param>
/// <param name="Part">Which part of it, from 0.</param>
/// <param name="Parts">Into how many it was split for the operator.</param>
public readonly record struct ReceiptMatch(MessageId Id, short Part, short Parts)
{
    /// <summary>How it was found when not as configured; null when it was.</summary>
    public ReceiptRescue? Rescue { get; init; }
}

/// <summary>How a receipt found its message where the id as configured did not. The numbers are stored in <c>receipt_rescues.kind</c>.</summary>
public enum ReceiptRescue : short
{
    /// <summary>With the id as it is: dlrIdFormat should be asIs.</summary>
    AsIs = 0,

    /// <summary>With the decimal id of the receipt in hexadecimal: dlrIdFormat should be hexToDec.</summary>
    HexToDec = 1,

    /// <summary>With the hexadecimal id of the receipt in decimal: dlrIdFormat should be decToHex.</summary>
    DecToHex = 2,

    /// <summary>With the id in the text, the TLV's being nobody's.</summary>
    Text = 3,

    /// <summary>With the id as configured, though the receipt is about another number: an operator that masks or translates numbers, or a wrong base.</summary>
    OtherNumber = 4,
}

/// <summary>Receipts of a connector that found their message in another way than configured.</summary>
/// <param name="Connector">The connector they came by.</param>
/// <param name="Kind">In which way.</param>
/// <param name="Count">How many, ever.</param>
/// <param name="FirstAt">When the first came.</param>
/// <param name="LastAt">When the last came.</param>
public sealed record ReceiptRescues(string Connector, ReceiptRescue Kind, long Count, DateTimeOffset FirstAt, DateTimeOffset LastAt);

/// <summary>One meaning of one receipt's id.</summary>
/// <param name="Receipt">Which receipt.</param>
/// <param name="CanonicalId">The id to look up.</param>
/// <param name="Rescue">What a match by it is counted as; null for the meaning configured.</param>
internal readonly record struct ReceiptReading(int Receipt, string CanonicalId, ReceiptRescue? Rescue)
{
    /// <summary>What the ids of a receipt can mean beside the configured meaning of the first: the TLV's before the text's.</summary>
    public static IEnumerable<ReceiptReading> Others(int number, ReceiptReceived receipt)
    {
        var tried = new HashSet<string>(StringComparer.Ordinal) { receipt.CanonicalId, "" };
        if (receipt.CanonicalTextId is { } text && tried.Add(text))
        {
            yield return new ReceiptReading(number, text, ReceiptRescue.Text);
        }

        foreach (var id in new[] { receipt.OperatorId, receipt.TextId ?? "" })
        {
            foreach (var (format, canonical) in OperatorId.Readings(id))
            {
                if (tried.Add(canonical))
                {
                    yield return new ReceiptReading(number, canonical, By(format));
                }
            }
        }
    }

    private static ReceiptRescue By(DlrIdFormat format) =>
        format switch
        {
            DlrIdFormat.HexToDec => ReceiptRescue.HexToDec,
            DlrIdFormat.DecToHex => ReceiptRescue.DecToHex,
            _ => ReceiptRescue.AsIs,
        };
}

/// <summary>Whether a receipt is about the recipient of a message.</summary>
internal enum RecipientFit
{
    /// <summary>It is: the number is in it.</summary>
    Same,

    /// <summary>It names no number to compare: none, a masked one, a short code.</summary>
    Unknown,

    /// <summary>It is about another number.</summary>
    Other,
}

/// <summary>Compares the numbers of receipts and messages, which operators, and our own rewriting for them, spell with different prefixes.</summary>
internal static class Recipients
{
    /// <summary>A subscriber's number has so many digits at least; less is a short code.</summary>
    private const int Shortest = 7;

    /// <summary>What is the same under every prefix: national numbers have about as many digits (E.164), and no two of one network end in the same.</summary>
    private const int Compared = 9;

    /// <summary>
    /// The specification puts the message's recipient into the source address of the receipt; some operators leave the addresses as they
    /// were in the submit, so the other one counts too.
    /// </summary>
    public static RecipientFit Compare(ReceiptReceived receipt, string recipient)
    {
        var source = Compare(receipt.Source, recipient);
        return source != RecipientFit.Same && Compare(receipt.Destination, recipient) == RecipientFit.Same ? RecipientFit.Same : source;
    }

    private static RecipientFit Compare(Party? party, string recipient)
    {
        if (party is not { Digits: { } named })
        {
            return RecipientFit.Unknown;
        }

        if (named == recipient)
        {
            return RecipientFit.Same;
        }

        var a = Number(named);
        var b = Number(recipient);
        if (a.IsEmpty || b.IsEmpty)
        {
            return RecipientFit.Unknown;
        }

        var compared = Math.Min(Compared, Math.Min(a.Length, b.Length));
        return a[^compared..].SequenceEqual(b[^compared..]) ? RecipientFit.Same : RecipientFit.Other;
    }

    /// <summary>The digits, or nothing when it is no whole number of a subscriber.</summary>
    private static ReadOnlySpan<char> Number(string address)
    {
        var digits = address.AsSpan().TrimStart('+').TrimStart('0');
        return digits.Length >= Shortest && !digits.ContainsAnyExceptInRange('0', '9') ? digits : default;
    }
}
