using Smpp;
using Smpp.Pdus;
using Smpp.Tlvs;
using Xunit;

namespace SmppGateway.Tests;

public sealed class PduLineTests
{
    private static readonly SubmitSm Submit = new()
    {
        Source = new Address(5, 0, "Acme"),
        Destination = new Address(1, 1, "491711234567"),
        RegisteredDelivery = 1,
        ShortMessage = "your code is 4711"u8.ToArray(),
        Tlvs = TlvList.Empty.WithUInt16(TlvTag.UserMessageReference, 7),
    };

    [Fact]
    public void A_bind_shows_everything_but_the_password()
    {
        var bind = new Bind
        {
            SystemId = "shop",
            Password = "s3cret12",
            SystemType = "web",
        };

        Assert.Equal("system_id=shop password=<hidden> system_type=web interface_version=0x34", PduLine.Of(bind, content: true));
    }

    [Fact]
    public void Content_is_a_length_unless_asked_for()
    {
        const string Fields =
            "source_addr=Acme(5/0) destination_addr=491711234567(1/1) registered_delivery=0x01 short_message={0} user_message_reference=0x0007";

        Assert.Equal(Fields.Replace("{0}", "<17 octets>", StringComparison.Ordinal), PduLine.Of(Submit, content: false));
        Assert.Equal(Fields.Replace("{0}", "\"your code is 4711\"", StringComparison.Ordinal), PduLine.Of(Submit, content: true));
    }

    /// <summary>Every PDU that carries content, by either field.</summary>
    public static TheoryData<IPdu> WithContent()
    {
        var text = "secret words"u8.ToArray();
        var payload = TlvList.Empty.With(TlvTag.MessagePayload, text);
        return
        [
            new SubmitSm { ShortMessage = text },
            new SubmitSm { Tlvs = payload },
            new SubmitMulti { ShortMessage = text, Destinations = [new MultiDestination(Submit.Destination)] },
            new SubmitMulti { Tlvs = payload, Destinations = [new MultiDestination(Submit.Destination)] },
            new DeliverSm { ShortMessage = text },
            new DeliverSm { Tlvs = payload },
            new DataSm { Tlvs = payload },
            new ReplaceSm { ShortMessage = text },
            new ReplaceSm { Tlvs = payload },
            new DeliverSm { EsmClass = 4, ShortMessage = "id:7 sub:001 dlvrd:001 stat:DELIVRD err:000 text:secret words"u8.ToArray() },
            new DeliverSm { EsmClass = 4, ShortMessage = text },
        ];
    }

    [Theory]
    [MemberData(nameof(WithContent))]
    public void No_words_of_a_message_are_shown_unless_asked_for(IPdu pdu)
    {
        var masked = PduLine.Of(pdu, content: false);

        Assert.DoesNotContain("secret", masked, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexString("secret"u8), masked, StringComparison.Ordinal);
        Assert.Contains("secret words", PduLine.Of(pdu, content: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_receipt_shows_what_is_no_content()
    {
        var receipt = new DeliverSm { EsmClass = 4, ShortMessage = "id:0a7 sub:001 dlvrd:001 stat:UNDELIV err:034 text:hi"u8.ToArray() };

        Assert.Equal("esm_class=0x04 receipt=id:0a7 stat:UNDELIV err:034", PduLine.Of(receipt, content: false));
    }

    [Theory]
    [InlineData(8, "0048D83D0000", "\"H\uFFFD.\"")]
    [InlineData(4, "00FF", "0x00FF")]
    public void Octets_of_any_kind_become_a_line_that_a_row_can_hold(byte dataCoding, string octets, string shown)
    {
        var line = PduLine.Of(Submit with { DataCoding = dataCoding, ShortMessage = Convert.FromHexString(octets) }, content: true);

        Assert.Contains($"short_message={shown}", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_bounded()
    {
        var payload = TlvList.Empty.With(TlvTag.MessagePayload, new byte[60_000]);

        Assert.InRange(PduLine.Of(Submit with { Tlvs = payload }, content: true).Length, PduLine.Longest, PduLine.Longest + 2);
    }

    [Theory]
    [InlineData(CommandId.SubmitMultiResp, "submit_multi_resp")]
    [InlineData(CommandId.GenericNack, "generic_nack")]
    [InlineData((CommandId)0x0F0F, "0x00000F0F")]
    public void PDUs_have_the_names_of_the_specification(CommandId command, string name) => Assert.Equal(name, PduLine.Command(command));

    [Fact]
    public void Statuses_have_their_names_or_their_numbers()
    {
        Assert.Equal("Throttled", PduLine.Status(CommandStatus.Throttled));
        Assert.Equal("0x00000480", PduLine.Status((CommandStatus)0x480));
    }
}
