using System.Buffers;
using Smpp;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;

namespace SmppGateway;

/// <summary>What a valid submit amounts to.</summary>
/// <param name="ValidUntil">When it stops being worth sending.</param>
/// <param name="ScheduledAt">Not before this; null: at once.</param>
/// <param name="Parts">Segments its content takes on the air, 1-255.</param>
internal readonly record struct SubmitTerms(DateTimeOffset ValidUntil, DateTimeOffset? ScheduledAt, int Parts);

/// <summary>
/// What a submit must be like, with the specification's status for what is not: SMPP 5.0 sections 4.7 (fields) and 4.8 (TLVs). submit_multi
/// and data_sm are checked as the submit_sm they amount to. Lengths of fields are the codec's affair; it answers with the same statuses.
/// </summary>
internal static class SubmitRules
{
    private const byte Alphanumeric = 5;

    /// <summary>What a short code or a number may consist of.</summary>
    private static readonly SearchValues<char> Dialled = SearchValues.Create("0123456789*#");

    /// <summary>GSM 03.40 section 9.1.2.5: eleven characters of 7 bits fit into an address.</summary>
    private const int MaxAlphanumeric = 11;

    /// <summary>Of all fields but the destination; <see cref="CommandStatus.Ok"/> when they are right.</summary>
    public static CommandStatus Check(SubmitSm pdu, byte version, DateTimeOffset now, GatewayOptions options, out SubmitTerms terms)
    {
        terms = default;
        var status = Fields(pdu, version);
        if (status == CommandStatus.Ok)
        {
            status = TlvRules.Check(pdu.Tlvs);
        }

        if (status == CommandStatus.Ok)
        {
            status = Times(pdu.ScheduleDeliveryTime, pdu.ValidityPeriod, now, options, out var scheduledAt, out var validUntil);
            terms = new SubmitTerms(validUntil, scheduledAt, 0);
        }

        if (status == CommandStatus.Ok)
        {
            status = Content(pdu, out var parts);
            terms = terms with { Parts = parts };
        }

        return status;
    }

    /// <summary>A destination: a number, with or without a plus sign. Section 4.7.1-4.7.2, 4.7.29.</summary>
    public static CommandStatus Destination(Address address)
    {
        var digits = address.Digits.AsSpan();
        digits = digits.StartsWith('+') ? digits[1..] : digits;
        return address switch
        {
            { Ton: > 6 or Alphanumeric } => CommandStatus.InvDstTon,
            _ when !IsPlan(address.Npi) => CommandStatus.InvDstNpi,
            _ when digits.IsEmpty || digits.Length > 20 || digits.ContainsAnyExceptInRange('0', '9') => CommandStatus.InvDstAdr,
            _ => CommandStatus.Ok,
        };
    }

    /// <summary>
    /// The two times. Relative ones count from now (section 4.7.23.2), not from each other; a message is valid for its default time from
    /// when it may be sent, and no longer than the longest from then.
    /// </summary>
    public static CommandStatus Times(
        string schedule,
        string validity,
        DateTimeOffset now,
        GatewayOptions options,
        out DateTimeOffset? scheduledAt,
        out DateTimeOffset validUntil
    )
    {
        validUntil = default;
        if (!SmppTime.TryParse(schedule, now, out scheduledAt) || scheduledAt <= now || scheduledAt > now + options.MaxValidity)
        {
            return CommandStatus.InvSched;
        }

        var from = scheduledAt ?? now;
        if (!SmppTime.TryParse(validity, now, out var asked) || asked <= from)
        {
            return CommandStatus.InvExpiry;
        }

        var latest = from + options.MaxValidity;
        validUntil = asked is { } until ? (until < latest ? until : latest) : from + options.DefaultValidity;
        return CommandStatus.Ok;
    }

    /// <summary>registered_delivery: bits 7-5 are reserved, section 4.7.21. The value 3 (success only) is 5.0's, and honoured for all.</summary>
    public static bool IsRegisteredDelivery(byte value) => value <= 0x1F;

    /// <summary>Counts parts; a header that esm_class announces has to be there.</summary>
    public static CommandStatus Content(SubmitSm pdu, out int parts)
    {
        parts = 0;

        // Section 4.8.4.36: content is in one place or the other.
        if (!pdu.ShortMessage.IsEmpty && pdu.Tlvs.Contains(TlvTag.MessagePayload))
        {
            return CommandStatus.InvMsgLen;
        }

        if (pdu.HasUserDataHeader && !UserDataHeader.TryParse(pdu.Content, out _))
        {
            return CommandStatus.InvEsmClass;
        }

        parts = Segmentation.CountParts(pdu.Content.Span, pdu.DataCoding, pdu.HasUserDataHeader);
        return parts > Segmentation.MaxParts ? CommandStatus.InvMsgLen : CommandStatus.Ok;
    }

    private static CommandStatus Fields(SubmitSm pdu, byte version) =>
        pdu switch
        {
            _ when pdu.ServiceType.AsSpan().ContainsAnyExceptInRange(' ', '~') => CommandStatus.InvSerTyp,
            { Source.Ton: > 6 } => CommandStatus.InvSrcTon,
            _ when !IsPlan(pdu.Source.Npi) => CommandStatus.InvSrcNpi,
            _ when !IsSource(pdu.Source) => CommandStatus.InvSrcAdr,
            _ when !IsEsmClass(pdu.EsmClass) => CommandStatus.InvEsmClass,
            // Section 4.7.14: 4 came with 5.0.
            _ when pdu.PriorityFlag > (version >= SmppVersions.V50 ? 4 : 3) => CommandStatus.InvPrtFlg,
            _ when !IsRegisteredDelivery(pdu.RegisteredDelivery) => CommandStatus.InvRegDlvFlg,
            { ReplaceIfPresentFlag: > 1 } => CommandStatus.InvRepFlag,
            // Which message "present" would be is not defined beyond its addresses: replace_sm names it.
            { ReplaceIfPresentFlag: 1 } => CommandStatus.InvSubRep,
            _ when !IsDataCoding(pdu.DataCoding) => CommandStatus.InvDcs,
            // There are no canned messages.
            { SmDefaultMsgId: > 0 } => CommandStatus.InvDftMsgId,
            _ => CommandStatus.Ok,
        };

    /// <summary>
    /// Section 4.7.29. An alphanumeric sender is told by its type of number; with an unknown type (0) either is taken, as senders that do not
    /// care leave it so, and none at all, for which the operator puts in its own.
    /// </summary>
    private static bool IsSource(Address source)
    {
        var digits = source.Digits.AsSpan();
        if (digits.ContainsAnyExceptInRange(' ', '~') || digits.Length > 20)
        {
            return false;
        }

        if (source.Ton == 0)
        {
            return true;
        }

        if (source.Ton == Alphanumeric)
        {
            return digits.Length is > 0 and <= MaxAlphanumeric;
        }

        digits = digits.StartsWith('+') ? digits[1..] : digits;
        return !digits.IsEmpty && !digits.ContainsAnyExcept(Dialled);
    }

    /// <summary>Section 4.7.2: unknown, ISDN, data, telex, land mobile, national, private, ERMES, Internet, WAP.</summary>
    private static bool IsPlan(byte npi) => npi is 0 or 1 or 3 or 4 or 6 or 8 or 9 or 10 or 14 or 18;

    /// <summary>
    /// Section 4.7.12. Bits 1-0: datagram (1) and transaction (2) mode wait for the handset; this is store and forward (0, 3). Bits 5-2, from an
    /// ESME: a message (0), a delivery acknowledgement (2) or a user's (4); receipts and notifications come from an SMSC.
    /// </summary>
    private static bool IsEsmClass(byte esmClass) => (esmClass & 0x03) is 0 or 3 && ((esmClass >> 2) & 0x0F) is 0 or 2 or 4;

    /// <summary>
    /// Section 4.7.7 reserves 0x0B, 0x0C, 0x0F and 0x10-0xBF; of the last range GSM 03.38 defines 0x10-0x7F (classes, deletion after reading),
    /// which senders of flash messages use and operators take.
    /// </summary>
    private static bool IsDataCoding(byte value) => value is not (0x0B or 0x0C or 0x0F or (>= 0x80 and < 0xC0));
}
