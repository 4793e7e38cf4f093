using Smpp.Tlvs;
using Xunit;

namespace Smpp.Tests.Tlvs;

public class TlvListTests
{
    [Theory]
    [InlineData("user_message_reference", 0x0204)]
    [InlineData("User_Message_Reference", 0x0204)]
    [InlineData("0x1400", 0x1400)]
    [InlineData("5120", 0x1400)]
    [InlineData("0xFFFF", 0xFFFF)]
    public void A_tag_is_written_by_its_name_or_its_number(string text, int tag)
    {
        Assert.True(KnownTlvs.TryParseTag(text, out var read));
        Assert.Equal((TlvTag)tag, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no_such_tag")]
    [InlineData("0x")]
    [InlineData("0x10000")]
    [InlineData("65536")]
    [InlineData("-1")]
    public void What_is_neither_is_no_tag(string text) => Assert.False(KnownTlvs.TryParseTag(text, out _));

    [Fact]
    public void Order_duplicates_and_unknown_tags_survive_byte_for_byte()
    {
        var encoded = Convert.FromHexString("1400000141" + "02040002000A" + "1400000142" + "FFFF0000");
        Assert.True(TlvList.TryParse(encoded, 10, out var tlvs));
        Assert.Equal(encoded, tlvs.Encoded.ToArray());
        Assert.Equal(4, tlvs.Count);
        Assert.Equal("A", tlvs.GetString((TlvTag)0x1400));
        Assert.Equal((ushort)10, tlvs.UserMessageReference);
    }

    [Theory]
    [InlineData("14")]
    [InlineData("140000")]
    [InlineData("14000001")]
    [InlineData("1400FFFF00")]
    [InlineData("140000014100")]
    public void A_length_past_the_end_is_refused(string hex) => Assert.False(TlvList.TryParse(Convert.FromHexString(hex), 10, out _));

    [Fact]
    public void With_puts_in_place_of_what_was_there()
    {
        var tlvs = TlvList
            .Empty.WithByte(TlvTag.MessageState, 1)
            .WithCString(TlvTag.ReceiptedMessageId, "id")
            .WithByte(TlvTag.MessageState, 2);
        Assert.Equal(2, tlvs.Count);
        Assert.Equal((byte)2, tlvs.MessageState);
        Assert.Equal("id", tlvs.ReceiptedMessageId);
        Assert.Equal("001E0003696400" + "0427000102", Convert.ToHexString(tlvs.Encoded.Span));
        Assert.True(tlvs.Without(TlvTag.MessageState).Without(TlvTag.ReceiptedMessageId).IsEmpty);
    }

    [Fact]
    public void Accessors_read_every_integer_size()
    {
        var tlvs = TlvList
            .Empty.WithUInt16(TlvTag.SarMsgRefNum, 0xABCD)
            .WithByte(TlvTag.SarTotalSegments, 3)
            .WithByte(TlvTag.SarSegmentSeqnum, 2)
            .WithUInt32(TlvTag.QosTimeToLive, 86400)
            .With(TlvTag.NetworkErrorCode, [3, 0, 42])
            .With(TlvTag.MessagePayload, [1, 2]);
        Assert.Equal((ushort)0xABCD, tlvs.SarMsgRefNum);
        Assert.Equal((byte)3, tlvs.SarTotalSegments);
        Assert.Equal((byte)2, tlvs.SarSegmentSeqnum);
        Assert.Equal(86400u, tlvs.QosTimeToLive);
        Assert.Equal(new NetworkErrorCode(3, 42), tlvs.NetworkErrorCode);
        Assert.Equal([1, 2], tlvs.MessagePayload!.Value.ToArray());
        Assert.Null(tlvs.MessageState);
        Assert.Null(tlvs.ReceiptedMessageId);
    }

    [Fact]
    public void A_known_tlv_of_a_wrong_length_reads_as_absent_and_fails_validation()
    {
        var tlvs = TlvList.Empty.With(TlvTag.MessageState, [1, 2]);
        Assert.Null(tlvs.MessageState);
        Assert.Equal(CommandStatus.InvTlvLen, KnownTlvs.Validate(tlvs));
        Assert.Equal(CommandStatus.Ok, KnownTlvs.Validate(TlvList.Empty.With((TlvTag)0x1500, [1, 2, 3])));
    }

    [Fact]
    public void An_id_without_its_nul_is_read_all_the_same()
    {
        Assert.Equal("12ab", TlvList.Empty.With(TlvTag.ReceiptedMessageId, "12ab"u8).ReceiptedMessageId);
    }

    [Fact]
    public void Add_keeps_what_repeats()
    {
        var tlvs = TlvList
            .Empty.Add(TlvTag.BroadcastAreaIdentifier, [0, 1])
            .Add(TlvTag.BroadcastRepNum, [0, 3])
            .Add(TlvTag.BroadcastAreaIdentifier, [0, 2]);
        Assert.Equal(3, tlvs.Count);
        Assert.Equal(
            [
                [0, 1],
                [0, 2],
            ],
            tlvs.GetAll(TlvTag.BroadcastAreaIdentifier).Select(value => value.ToArray())
        );
        Assert.Empty(tlvs.GetAll(TlvTag.CallbackNum));
        Assert.Equal(1, tlvs.Without(TlvTag.BroadcastAreaIdentifier).Count);
    }

    [Fact]
    public void Accessors_read_the_values_made_of_parts()
    {
        var tlvs = TlvList
            .Empty.With(TlvTag.CallbackNum, [1, 2, 9, (byte)'4', (byte)'2'])
            .With(TlvTag.ItsSessionInfo, [7, 0b0000_1011])
            .With(TlvTag.BroadcastContentType, [1, 0, 0x20])
            .With(TlvTag.BroadcastFrequencyInterval, [9, 1, 0])
            .WithCString(TlvTag.SourceNetworkId, "232010")
            .WithCString(TlvTag.BroadcastEndTime, "261121120000000+");
        Assert.Equal(new CallbackNumber(1, 2, 9, "42"), tlvs.CallbackNum);
        Assert.Equal(new ItsSessionInfo(7, 5, IsLast: true), tlvs.ItsSessionInfo);
        Assert.Equal(new BroadcastContentType(1, 0x20), tlvs.BroadcastContentType);
        Assert.Equal(new BroadcastFrequencyInterval(9, 256), tlvs.BroadcastFrequencyInterval);
        Assert.Equal("232010", tlvs.SourceNetworkId);
        Assert.Equal("261121120000000+", tlvs.BroadcastEndTime);
        Assert.Null(TlvList.Empty.With(TlvTag.CallbackNum, [1, 2, 9]).CallbackNum); // no digit
        Assert.Null(TlvList.Empty.CallbackNum);
    }
}
