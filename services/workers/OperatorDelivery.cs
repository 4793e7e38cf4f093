using System.Globalization;
using System.Text;
using Contracts;
using Persistence.Configuration;
using Persistence.Ledger;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;

namespace Workers;

/// <summary>What an operator delivers, by deliver_sm or data_sm: a receipt or a mobile-originated message.</summary>
internal sealed record OperatorDelivery
{
    /// <summary>esm_class bits 5-2 (SMPP 5.0 section 4.7.12).</summary>
    private const int MessageType = 0x3C;
    private const int ReceiptType = 0x04;
    private const int IntermediateType = 0x20;

    // message_state, SMPP 5.0 section 4.7.15.
    private const byte Scheduled = 0;
    private const byte Enroute = 1;
    private const byte Accepted = 6;
    private const byte Skipped = 9;

    internal required Address Source { get; init; }

    internal required Address Destination { get; init; }

    internal required byte EsmClass { get; init; }

    internal required byte DataCoding { get; init; }

    internal required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Without message_payload where that is the content.</summary>
    internal required TlvList Tlvs { get; init; }

    /// <summary>Of a deliver_sm.</summary>
    public static OperatorDelivery Of(DeliverSm pdu) =>
        new()
        {
            Source = pdu.Source,
            Destination = pdu.Destination,
            EsmClass = pdu.EsmClass,
            DataCoding = pdu.DataCoding,
            Content = pdu.Content,
            Tlvs = pdu.ShortMessage.IsEmpty ? pdu.Tlvs.Without(TlvTag.MessagePayload) : pdu.Tlvs,
        };

    /// <summary>Of a data_sm, whose content is message_payload alone.</summary>
    public static OperatorDelivery Of(DataSm pdu) =>
        new()
        {
            Source = pdu.Source,
            Destination = pdu.Destination,
            EsmClass = pdu.EsmClass,
            DataCoding = pdu.DataCoding,
            Content = pdu.Tlvs.MessagePayload ?? default,
            Tlvs = pdu.Tlvs.Without(TlvTag.MessagePayload),
        };

    /// <summary>
    /// A receipt or an intermediate notification by esm_class; with esm_class silent, by receipted_message_id, as some SMSCs send them. The
    /// acknowledgements of handsets and their users (types 0010 and 0100) have that TLV too, and are messages: they do not end ours. What
    /// only reads like a receipt is a message: anybody can write one.
    /// </summary>
    public bool IsReceipt =>
        (EsmClass & MessageType) is ReceiptType or IntermediateType || (EsmClass & MessageType) == 0 && Tlvs.ReceiptedMessageId is not null;

    /// <summary>The receipt, for the dlr-processor. The TLVs count before the text where the two differ.</summary>
    public ReceiptReceived ToReceipt(Connector connector, DlrIdFormat idFormat, DateTimeOffset now)
    {
        var text = Text();
        var textId = text?.Id ?? "";
        var id = Tlvs.ReceiptedMessageId is { Length: > 0 } tlv ? tlv : textId;
        var hasOtherId = textId.Length > 0 && textId != id;
        var state = Tlvs.MessageState is { } said and <= Skipped ? said : text?.MessageState;
        return new ReceiptReceived
        {
            ReceiptId = Guid.CreateVersion7(now),
            Operator = connector.Operator,
            Connector = connector.Id,
            OperatorId = id,
            CanonicalId = OperatorId.FromReceipt(id, idFormat),
            TextId = hasOtherId ? textId : null,
            CanonicalTextId = hasOtherId ? OperatorId.FromReceipt(textId, idFormat) : null,
            Source = Named(Source),
            Destination = Named(Destination),
            State = State(state),
            IsIntermediate = (EsmClass & MessageType) == IntermediateType || state is Scheduled or Enroute or Accepted,
            Stat = text is not null && (state is null || text.MessageState == state) ? text.Stat : Stat(state),
            Error = Error(text, state),
            DoneAt = text?.DoneDate is { } done ? new DateTimeOffset(DateTime.SpecifyKind(done, DateTimeKind.Utc)) : null,
            At = now,
        };
    }

    /// <summary>The message, for the router.</summary>
    public InboundReceived ToInbound(Connector connector, DateTimeOffset now) =>
        new()
        {
            Id = MessageId.New(now),
            Operator = connector.Operator,
            Connector = connector.Id,
            Source = new Party(Source.Ton, Source.Npi, Source.Digits),
            Destination = new Party(Destination.Ton, Destination.Npi, Destination.Digits),
            EsmClass = EsmClass,
            DataCoding = DataCoding,
            Content = Content,
            Tlvs = Tlvs.Encoded,
            Part = ReceivedPart.Of(EsmClass, DataCoding, Content, Tlvs).Concatenation is { } part
                ? new InboundPart(part.Reference, part.Total, part.Sequence)
                : null,
            ReceivedAt = now,
        };

    /// <summary>The receipt's text: ASCII whatever data_coding says, except where it is UTF-16 after all; behind a user data header, if there is one.</summary>
    private ReceiptText? Text()
    {
        var body = ReceivedPart.Of(EsmClass, DataCoding, Content, Tlvs).Body;
        if (ReceiptText.TryParse(body.Span, out var text))
        {
            return text;
        }

        return
            new DataCodingScheme(DataCoding).Encoding(SmppEncoding.Ascii) == SmppEncoding.Ucs2
            && ReceiptText.TryParse(Encoding.BigEndianUnicode.GetString(body.Span), out text)
            ? text
            : null;
    }

    /// <summary>The text's err; where that says nothing, network_error_code (SMPP 5.0 section 4.8.4.42).</summary>
    private string Error(ReceiptText? text, byte? state)
    {
        var err = text?.Err ?? "";
        return err.AsSpan().Trim('0').IsEmpty && State(state) != MessageState.Delivered && Tlvs.NetworkErrorCode is { Code: > 0 } network
            ? network.Code.ToString("000", CultureInfo.InvariantCulture)
            : err;
    }

    private static Party? Named(Address address) => address.Digits.Length == 0 ? null : new Party(address.Ton, address.Npi, address.Digits);

    private static MessageState? State(byte? state) =>
        state switch
        {
            2 => MessageState.Delivered,
            3 => MessageState.Expired,
            4 => MessageState.Cancelled,
            5 or 7 or Skipped => MessageState.Failed,
            8 => MessageState.Rejected,
            _ => null,
        };

    private static string Stat(byte? state) =>
        state switch
        {
            Scheduled => "SCHEDLD",
            Enroute => "ENROUTE",
            2 => "DELIVRD",
            3 => "EXPIRED",
            4 => "DELETED",
            5 => "UNDELIV",
            Accepted => "ACCEPTD",
            7 => "UNKNOWN",
            8 => "REJECTD",
            Skipped => "SKIPPED",
            _ => "",
        };
}
