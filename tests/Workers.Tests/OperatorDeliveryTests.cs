using System.Text;
using Contracts;
using Persistence.Configuration;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;
using Xunit;

namespace Workers.Tests;

public sealed class OperatorDeliveryTests
{
    private const string Text = "id:0012AB sub:001 dlvrd:001 submit date:2601020304 done date:2601020305 stat:UNDELIV err:011 text:hi";
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 6, 0, TimeSpan.Zero);
    private static readonly Connector connector = new()
    {
        Id = "one",
        Operator = "tel",
        Host = "127.0.0.1",
        SystemId = "us",
    };
    private static readonly Address Recipient = new(1, 1, "491700000001");
    private static readonly Address Sender = new(5, 0, "Acme");

    [Theory]
    [InlineData(0x04, false, true)]
    [InlineData(0x20, false, true)]
    [InlineData(0x44, false, true)]
    [InlineData(0x00, true, true)]
    [InlineData(0x00, false, false)]
    [InlineData(0x08, true, false)]
    [InlineData(0x10, true, false)]
    [InlineData(0x18, true, false)]
    public void The_type_in_esm_class_says_what_is_a_receipt(byte esmClass, bool hasTlv, bool isReceipt)
    {
        var tlvs = hasTlv ? TlvList.Empty.WithCString(TlvTag.ReceiptedMessageId, "1") : TlvList.Empty;

        Assert.Equal(isReceipt, OperatorDelivery.Of(Pdu(esmClass, Text, tlvs)).IsReceipt);
        Assert.Equal(isReceipt, OperatorDelivery.Of(DataPdu(esmClass, Text, tlvs)).IsReceipt);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_receipt_by_text_alone_is_read(bool byDataSm)
    {
        var receipt = byDataSm ? Receipt(DataPdu(0x04, Text)) : Receipt(Pdu(0x04, Text));

        Assert.Equal(("0012AB", "12ab", null), (receipt.OperatorId, receipt.CanonicalId, receipt.TextId));
        Assert.Equal((MessageState.Failed, "UNDELIV", "011"), (receipt.State, receipt.Stat, receipt.Error));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 5, 0, TimeSpan.Zero), receipt.DoneAt);
        Assert.False(receipt.IsIntermediate);
        Assert.Equal((new Party(1, 1, "491700000001"), new Party(5, 0, "Acme")), (receipt.Source, receipt.Destination));
        Assert.Equal(("tel", "one"), (receipt.Operator, receipt.Connector));
    }

    [Fact]
    public void A_receipt_by_TLVs_alone_is_read()
    {
        var tlvs = TlvList
            .Empty.WithCString(TlvTag.ReceiptedMessageId, "77")
            .WithByte(TlvTag.MessageState, 3)
            .With(TlvTag.NetworkErrorCode, [3, 0, 27]);

        var receipt = Receipt(Pdu(0x04, "", tlvs));

        Assert.Equal(("77", "77", null), (receipt.OperatorId, receipt.CanonicalId, receipt.TextId));
        Assert.Equal((MessageState.Expired, "EXPIRED", "027"), (receipt.State, receipt.Stat, receipt.Error));
    }

    [Fact]
    public void The_TLVs_count_where_the_text_says_something_else_and_its_id_is_kept_for_a_second_try()
    {
        var tlvs = TlvList.Empty.WithCString(TlvTag.ReceiptedMessageId, "4779").WithByte(TlvTag.MessageState, 2);

        var receipt = Receipt(Pdu(0x04, Text, tlvs));

        Assert.Equal(
            ("4779", "4779", "0012AB", "12ab"),
            (receipt.OperatorId, receipt.CanonicalId, receipt.TextId, receipt.CanonicalTextId)
        );
        Assert.Equal((MessageState.Delivered, "DELIVRD", "011"), (receipt.State, receipt.Stat, receipt.Error));
    }

    [Fact]
    public void A_state_in_the_TLV_that_nobody_knows_leaves_the_text_to_say_it()
    {
        var receipt = Receipt(Pdu(0x04, Text, TlvList.Empty.WithByte(TlvTag.MessageState, 77)));

        Assert.Equal((MessageState.Failed, "UNDELIV"), (receipt.State, receipt.Stat));
    }

    [Theory]
    [InlineData("err:000", "027")]
    [InlineData("", "027")]
    [InlineData("err:011", "011")]
    public void The_networks_error_code_stands_in_for_a_text_without_one(string err, string error)
    {
        var tlvs = TlvList.Empty.With(TlvTag.NetworkErrorCode, [3, 0, 27]);

        Assert.Equal(error, Receipt(Pdu(0x04, $"id:1 stat:UNDELIV {err}", tlvs)).Error);
    }

    [Theory]
    [InlineData(0x20, "DELIVRD")]
    [InlineData(0x04, "ENROUTE")]
    [InlineData(0x04, "ACCEPTD")]
    public void Progress_is_no_end(byte esmClass, string stat)
    {
        Assert.True(Receipt(Pdu(esmClass, $"id:1 stat:{stat} err:000")).IsIntermediate);
    }

    [Fact]
    public void A_receipt_in_UTF_16_and_one_behind_a_header_are_read()
    {
        var utf16 = new DeliverSm
        {
            EsmClass = 0x04,
            DataCoding = 8,
            ShortMessage = Encoding.BigEndianUnicode.GetBytes(Text),
        };
        var behind = new DeliverSm
        {
            EsmClass = 0x44,
            ShortMessage = (byte[])[.. UserDataHeader.Concatenate8(1, 1, 1), .. Encoding.ASCII.GetBytes(Text)],
        };

        Assert.Equal("12ab", Receipt(utf16).CanonicalId);
        Assert.Equal("12ab", Receipt(behind).CanonicalId);
    }

    [Fact]
    public void A_receipt_without_an_id_has_none()
    {
        var receipt = Receipt(Pdu(0x04, "stat:DELIVRD"));

        Assert.Equal(("", ""), (receipt.OperatorId, receipt.CanonicalId));
    }

    [Theory]
    [InlineData(DlrIdFormat.HexToDec, "12ab")]
    [InlineData(DlrIdFormat.DecToHex, "4779")]
    public void Ids_are_turned_as_the_connector_says(DlrIdFormat format, string canonical)
    {
        var id = format == DlrIdFormat.HexToDec ? "4779" : "12AB";

        Assert.Equal(canonical, Receipt(Pdu(0x04, $"id:{id} stat:DELIVRD"), format).CanonicalId);
    }

    [Fact]
    public void A_message_of_a_handset_keeps_its_octets_and_says_which_part_it_is()
    {
        byte[] content = [.. UserDataHeader.Concatenate16(0x1234, 3, 2), .. "hello"u8];
        var bySar = TlvList
            .Empty.WithUInt16(TlvTag.SarMsgRefNum, 9)
            .WithByte(TlvTag.SarTotalSegments, 2)
            .WithByte(TlvTag.SarSegmentSeqnum, 1);

        var header = Inbound(
            OperatorDelivery.Of(
                new DeliverSm
                {
                    Source = Recipient,
                    Destination = Sender,
                    EsmClass = 0x40,
                    ShortMessage = content,
                }
            )
        );
        var sar = Inbound(OperatorDelivery.Of(Pdu(0, "hello", bySar)));
        var whole = Inbound(OperatorDelivery.Of(Pdu(0, "hello")));

        Assert.Equal(content, header.Content.ToArray());
        Assert.Equal(0x40, header.EsmClass);
        Assert.Equal(new InboundPart(0x1234, 3, 2), header.Part);
        Assert.Equal(new InboundPart(9, 2, 1), sar.Part);
        Assert.Equal(bySar.Encoded.ToArray(), sar.Tlvs.ToArray());
        Assert.Null(whole.Part);
    }

    [Fact]
    public void A_message_by_payload_has_it_as_its_content_whatever_PDU_brought_it()
    {
        var payload = TlvList.Empty.With(TlvTag.MessagePayload, "hello"u8).WithByte(TlvTag.LanguageIndicator, 1);

        foreach (var delivery in new[] { OperatorDelivery.Of(Pdu(0, "", payload)), OperatorDelivery.Of(DataPdu(0, "hello", payload)) })
        {
            var inbound = Inbound(delivery);
            Assert.Equal("hello"u8.ToArray(), inbound.Content.ToArray());
            Assert.Equal(TlvList.Empty.WithByte(TlvTag.LanguageIndicator, 1).Encoded.ToArray(), inbound.Tlvs.ToArray());
            Assert.Equal(("491700000001", "Acme"), (inbound.Source.Digits, inbound.Destination.Digits));
        }
    }

    [Fact]
    public void An_acknowledgement_of_a_handset_is_a_message_and_says_so()
    {
        var tlvs = TlvList.Empty.WithCString(TlvTag.ReceiptedMessageId, "77");

        var inbound = Inbound(OperatorDelivery.Of(Pdu(0x08, "read", tlvs)));

        Assert.Equal((byte)0x08, inbound.EsmClass);
        Assert.Equal(tlvs.Encoded.ToArray(), inbound.Tlvs.ToArray());
    }

    private static ReceiptReceived Receipt(DeliverSm pdu, DlrIdFormat format = DlrIdFormat.AsIs) =>
        OperatorDelivery.Of(pdu).ToReceipt(connector, format, Now);

    private static ReceiptReceived Receipt(DataSm pdu) => OperatorDelivery.Of(pdu).ToReceipt(connector, DlrIdFormat.AsIs, Now);

    private static InboundReceived Inbound(OperatorDelivery delivery)
    {
        Assert.False(delivery.IsReceipt);
        return delivery.ToInbound(connector, Now);
    }

    private static DeliverSm Pdu(byte esmClass, string text, TlvList tlvs = default) =>
        new()
        {
            Source = Recipient,
            Destination = Sender,
            EsmClass = esmClass,
            ShortMessage = Encoding.ASCII.GetBytes(text),
            Tlvs = tlvs,
        };

    private static DataSm DataPdu(byte esmClass, string text, TlvList tlvs = default) =>
        new()
        {
            Source = Recipient,
            Destination = Sender,
            EsmClass = esmClass,
            Tlvs = tlvs.With(TlvTag.MessagePayload, Encoding.ASCII.GetBytes(text)),
        };
}
