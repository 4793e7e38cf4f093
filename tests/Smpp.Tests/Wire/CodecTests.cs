using System.Buffers;
using Smpp.Pdus;
using Smpp.Tlvs;
using Smpp.Wire;
using Testing;
using Xunit;

namespace Smpp.Tests.Wire;

public class CodecTests
{
    // Sent by a public 3.4 client: submit_sm "Hello" from "Test" to 447700900000 with user_message_reference and a vendor TLV.
    const string Captured =
        "00000047000000040000000000000001"
        + "0005005465737400"
        + "0101343437373030393030303030"
        + "00"
        + "000000"
        + "00"
        + "00"
        + "01000000"
        + "0548656C6C6F"
        + "020400021234"
        + "1400000441424344";

    [Fact]
    public void A_captured_submit_sm_reads_and_writes_back_byte_for_byte()
    {
        var octets = Convert.FromHexString(Captured);
        octets[3] = (byte)octets.Length;
        var buffer = new ReadOnlySequence<byte>(octets);
        Assert.Equal(FrameStatus.Complete, FrameReader.ReadFrame(ref buffer, 1024, out var frame));
        Assert.True(PduCodec.TryRead(frame.Header, frame.Body.ToArray(), 256, out var pdu, out _));

        var submit = Assert.IsType<SubmitSm>(pdu);
        Assert.Equal(new Address(5, 0, "Test"), submit.Source);
        Assert.Equal(new Address(1, 1, "447700900000"), submit.Destination);
        Assert.Equal(1, submit.RegisteredDelivery);
        Assert.Equal("Hello"u8.ToArray(), submit.ShortMessage.ToArray());
        Assert.Equal((ushort)0x1234, submit.Tlvs.UserMessageReference);
        Assert.True(submit.Tlvs.TryGet((TlvTag)0x1400, out var vendor));
        Assert.Equal("ABCD"u8.ToArray(), vendor.ToArray());
        Assert.Equal(octets, RawPeer.Bytes(submit, 1));
    }

    [Fact]
    public void Sm_length_beyond_the_body_is_a_wrong_message_length()
    {
        var body = RawPeer.Bytes(new SubmitSm { ShortMessage = "hello"u8.ToArray() }, 1)[16..^1];
        Assert.False(PduCodec.TryRead(new PduHeader(0, CommandId.SubmitSm, 0, 1), body, 256, out var pdu, out var fault));
        Assert.Null(pdu);
        Assert.Equal(new PduFault(CommandStatus.InvMsgLen, "short_message"), fault);
    }

    [Theory]
    [InlineData("1234567890123456789012")]
    [InlineData("12\0 34")]
    [InlineData("12\u0416")]
    public void An_address_that_does_not_fit_the_field_is_not_written(string digits)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.False(PduCodec.TryWrite(output, new SubmitSm { Destination = new Address(1, 1, digits) }, 1, out var fault));
        Assert.Equal(CommandStatus.InvDstAdr, fault.Status);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void No_address_and_an_empty_address_are_equal()
    {
        Assert.Equal(Address.None, new Address(0, 0, ""));
        Assert.Equal("", Address.None.Digits);
    }

    [Fact]
    public void A_rejection_has_no_body()
    {
        foreach (var command in Enum.GetValues<CommandId>())
        {
            if (PduCodec.RejectionOf(command, CommandStatus.Throttled) is { } rejection)
            {
                Assert.Equal(command.ResponseOf(), rejection.CommandId);
                Assert.Equal(PduHeader.Size, RawPeer.Bytes(rejection, 1).Length);
            }
        }
    }

    [Fact]
    public void Reading_a_submit_sm_allocates_the_record_its_strings_and_one_array()
    {
        var body = RawPeer.Bytes(
            new SubmitSm
            {
                Source = new Address(5, 0, "Sender"),
                Destination = new Address(1, 1, "436641234567"),
                ShortMessage = new byte[100],
                Tlvs = TlvList.Empty.WithUInt16(TlvTag.UserMessageReference, 1),
            },
            1
        )[16..];
        var header = new PduHeader(0, CommandId.SubmitSm, 0, 1);
        PduCodec.TryRead(header, body, 256, out _, out _);

        const int Rounds = 1000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            PduCodec.TryRead(header, body, 256, out _, out _);
        }
        var perPdu = (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;

        Assert.InRange(perPdu, 1, 480); // record ~170, two strings ~90, array ~130
    }

    [Fact]
    public void Passwords_and_texts_are_in_no_string_form()
    {
        Assert.DoesNotContain("secret", new Bind { SystemId = "a", Password = "secret" }.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "secret",
            new SmppClientOptions
            {
                Host = "h",
                SystemId = "a",
                Password = "secret",
            }.ToString(),
            StringComparison.Ordinal
        );
    }
}
