using Smpp;
using Smpp.Pdus;
using Smpp.Tlvs;
using Xunit;

namespace SmppGateway.Tests;

public sealed class SubmitRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly GatewayOptions Options = new();

    [Theory]
    [InlineData(1, 1, "491700000001", CommandStatus.Ok)]
    [InlineData(2, 8, "01700000001", CommandStatus.Ok)]
    [InlineData(1, 1, "+491700000001", CommandStatus.Ok)]
    [InlineData(0, 0, "72345", CommandStatus.Ok)]
    [InlineData(0, 0, "", CommandStatus.Ok)]
    [InlineData(0, 0, "Acme", CommandStatus.Ok)]
    [InlineData(3, 0, "*100#", CommandStatus.Ok)]
    [InlineData(5, 0, "Acme Mobile", CommandStatus.Ok)]
    [InlineData(5, 0, "Acme Mobile1", CommandStatus.InvSrcAdr)]
    [InlineData(5, 0, "", CommandStatus.InvSrcAdr)]
    [InlineData(1, 1, "", CommandStatus.InvSrcAdr)]
    [InlineData(1, 1, "+", CommandStatus.InvSrcAdr)]
    [InlineData(1, 1, "Acme", CommandStatus.InvSrcAdr)]
    [InlineData(0, 0, "Ac\u0001me", CommandStatus.InvSrcAdr)]
    [InlineData(0, 0, "123456789012345678901", CommandStatus.InvSrcAdr)]
    [InlineData(7, 1, "1", CommandStatus.InvSrcTon)]
    [InlineData(1, 2, "1", CommandStatus.InvSrcNpi)]
    public void Sources(byte ton, byte npi, string digits, CommandStatus status) =>
        Assert.Equal(status, Check(Submit() with { Source = new Address(ton, npi, digits) }));

    [Theory]
    [InlineData(1, 1, "491700000001", CommandStatus.Ok)]
    [InlineData(1, 1, "12345678901234567890", CommandStatus.Ok)]
    [InlineData(1, 1, "123456789012345678901", CommandStatus.InvDstAdr)]
    [InlineData(5, 0, "Acme", CommandStatus.InvDstTon)]
    [InlineData(7, 1, "1", CommandStatus.InvDstTon)]
    [InlineData(1, 7, "1", CommandStatus.InvDstNpi)]
    public void Destinations(byte ton, byte npi, string digits, CommandStatus status) =>
        Assert.Equal(status, SubmitRules.Destination(new Address(ton, npi, digits)));

    [Theory]
    [InlineData(0x00, CommandStatus.Ok)]
    [InlineData(0x03, CommandStatus.Ok)]
    [InlineData(0x08, CommandStatus.Ok)]
    [InlineData(0x10, CommandStatus.Ok)]
    [InlineData(0x80, CommandStatus.Ok)]
    [InlineData(0x01, CommandStatus.InvEsmClass)]
    [InlineData(0x02, CommandStatus.InvEsmClass)]
    [InlineData(0x04, CommandStatus.InvEsmClass)]
    [InlineData(0x18, CommandStatus.InvEsmClass)]
    [InlineData(0x20, CommandStatus.InvEsmClass)]
    // A header is announced and "hello" is none.
    [InlineData(0x40, CommandStatus.InvEsmClass)]
    public void Esm_classes(byte value, CommandStatus status) => Assert.Equal(status, Check(Submit() with { EsmClass = value }));

    [Fact]
    public void A_header_that_esm_class_announces_and_that_is_there_is_taken_as_one_part() =>
        Assert.Equal(CommandStatus.Ok, Check(Submit() with { EsmClass = 0x40, ShortMessage = new byte[] { 5, 0, 3, 7, 2, 1, (byte)'h' } }));

    [Theory]
    [InlineData(3, SmppVersions.V34, CommandStatus.Ok)]
    [InlineData(4, SmppVersions.V34, CommandStatus.InvPrtFlg)]
    [InlineData(4, SmppVersions.V50, CommandStatus.Ok)]
    [InlineData(5, SmppVersions.V50, CommandStatus.InvPrtFlg)]
    public void Priorities(byte value, byte version, CommandStatus status) =>
        Assert.Equal(status, SubmitRules.Check(Submit() with { PriorityFlag = value }, version, Now, Options, out _));

    [Theory]
    [InlineData(0x1F, CommandStatus.Ok)]
    [InlineData(0x20, CommandStatus.InvRegDlvFlg)]
    [InlineData(0x81, CommandStatus.InvRegDlvFlg)]
    public void Registered_deliveries(byte value, CommandStatus status) =>
        Assert.Equal(status, Check(Submit() with { RegisteredDelivery = value }));

    [Theory]
    [InlineData(0, CommandStatus.Ok)]
    [InlineData(1, CommandStatus.InvSubRep)]
    [InlineData(2, CommandStatus.InvRepFlag)]
    public void Replace_if_present_flags(byte value, CommandStatus status) =>
        Assert.Equal(status, Check(Submit() with { ReplaceIfPresentFlag = value }));

    [Theory]
    [InlineData(0x00, CommandStatus.Ok)]
    [InlineData(0x08, CommandStatus.Ok)]
    [InlineData(0x18, CommandStatus.Ok)]
    [InlineData(0xF1, CommandStatus.Ok)]
    [InlineData(0x0B, CommandStatus.InvDcs)]
    [InlineData(0x0C, CommandStatus.InvDcs)]
    [InlineData(0x0F, CommandStatus.InvDcs)]
    [InlineData(0x80, CommandStatus.InvDcs)]
    [InlineData(0xBF, CommandStatus.InvDcs)]
    public void Data_codings(byte value, CommandStatus status) => Assert.Equal(status, Check(Submit() with { DataCoding = value }));

    [Fact]
    public void There_are_no_canned_messages_and_a_service_type_is_printable()
    {
        Assert.Equal(CommandStatus.InvDftMsgId, Check(Submit() with { SmDefaultMsgId = 1 }));
        Assert.Equal(CommandStatus.InvSerTyp, Check(Submit() with { ServiceType = "C\u0007T" }));
    }

    [Theory]
    [InlineData(TlvTag.LanguageIndicator, "03", CommandStatus.Ok)]
    [InlineData((TlvTag)0x1400, "0102030405", CommandStatus.Ok)]
    [InlineData(TlvTag.LanguageIndicator, "0303", CommandStatus.InvTlvLen)]
    [InlineData(TlvTag.UserMessageReference, "01", CommandStatus.InvTlvLen)]
    [InlineData(TlvTag.MessageState, "02", CommandStatus.TlvNotAllwd)]
    [InlineData(TlvTag.BroadcastRepNum, "0002", CommandStatus.TlvNotAllwd)]
    [InlineData(TlvTag.PrivacyIndicator, "04", CommandStatus.InvTlvVal)]
    [InlineData(TlvTag.PayloadType, "02", CommandStatus.InvTlvVal)]
    [InlineData(TlvTag.NumberOfMessages, "64", CommandStatus.InvTlvVal)]
    [InlineData(TlvTag.DestAddrSubunit, "05", CommandStatus.InvDstAddrSubunit)]
    [InlineData(TlvTag.SourceAddrSubunit, "05", CommandStatus.InvSrcAddrSubunit)]
    public void Tlvs(TlvTag tag, string hex, CommandStatus status) =>
        Assert.Equal(status, Check(Submit() with { Tlvs = TlvList.Empty.With(tag, Convert.FromHexString(hex)) }));

    [Theory]
    [InlineData(1, 2, CommandStatus.Ok)]
    [InlineData(2, 2, CommandStatus.Ok)]
    [InlineData(0, 2, CommandStatus.InvTlvVal)]
    [InlineData(3, 2, CommandStatus.InvTlvVal)]
    public void A_segment_is_one_of_its_message(byte number, byte total, CommandStatus status)
    {
        var tlvs = TlvList
            .Empty.WithUInt16(TlvTag.SarMsgRefNum, 7)
            .WithByte(TlvTag.SarTotalSegments, total)
            .WithByte(TlvTag.SarSegmentSeqnum, number);
        Assert.Equal(status, Check(Submit() with { Tlvs = tlvs }));
    }

    private static CommandStatus Check(SubmitSm pdu) => SubmitRules.Check(pdu, SmppVersions.V34, Now, Options, out _);

    private static SubmitSm Submit() => new() { Source = new Address(5, 0, "Acme"), ShortMessage = "hello"u8.ToArray() };
}
