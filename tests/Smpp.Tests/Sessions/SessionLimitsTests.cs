using Smpp.Pdus;
using Smpp.Sessions;
using Testing;
using Xunit;

namespace Smpp.Tests.Sessions;

/// <summary>Caps, and numbers that a peer chooses as it likes.</summary>
public class SessionLimitsTests
{
    static readonly byte[] submit = RawPeer.Bytes(new SubmitSm { Destination = new Address(1, 1, "43664") }, 7);

    [Fact]
    public async Task A_pdu_of_the_greatest_length_is_taken_and_one_octet_more_is_not()
    {
        var tlv = new byte[1000];
        (tlv[0], tlv[1], tlv[2], tlv[3]) = (0x14, 0x00, (996 >> 8), unchecked((byte)996));
        byte[] octets = WithLength([.. submit, .. tlv]);
        await using var fixture = await SessionFixture.BoundSmscAsync(new SmppSessionOptions { MaxPduLength = octets.Length });
        await fixture.Peer.WriteAsync(octets);
        Assert.Equal(CommandStatus.Ok, (await fixture.Peer.ReadAsync<SubmitSmResp>()).Pdu.Status);

        await fixture.Peer.WriteAsync(WithLength([.. octets, 0]));
        Assert.Equal(CommandStatus.InvCmdLen, (await fixture.Peer.ReadAsync<GenericNack>()).Pdu.Status);
        await fixture.Running;
        Assert.Equal(SmppCloseReason.FramingLost, fixture.Session.CloseReason);
    }

    [Fact]
    public async Task As_many_tlvs_as_allowed_are_taken_and_one_more_is_refused()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync(new SmppSessionOptions { MaxTlvs = 20 });
        await fixture.Peer.WriteAsync(WithTlvs(20));
        Assert.Equal(CommandStatus.Ok, (await fixture.Peer.ReadAsync<SubmitSmResp>()).Pdu.Status);
        await fixture.Peer.WriteAsync(WithTlvs(21));
        Assert.NotEqual(CommandStatus.Ok, (await fixture.Peer.ReadAsync<SubmitSmResp>()).Pdu.Status);
        await fixture.Peer.WriteAsync(WithTlvs(1)); // the session is kept
        Assert.Equal(CommandStatus.Ok, (await fixture.Peer.ReadAsync<SubmitSmResp>()).Pdu.Status);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0x80000000u)] // outside the specification's range, and used by peers all the same
    [InlineData(0xFFFFFFFFu)]
    public async Task Any_sequence_number_of_the_peer_is_answered_as_it_came(uint sequence)
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        await fixture.Peer.WriteAsync(new SubmitSm(), sequence);
        Assert.Equal(sequence, (await fixture.Peer.ReadAsync<SubmitSmResp>()).Sequence);
        await fixture.Peer.WriteAsync(new EnquireLink(), sequence); // the same again
        Assert.Equal(sequence, (await fixture.Peer.ReadAsync<EnquireLinkResp>()).Sequence);
    }

    [Fact]
    public async Task A_response_of_another_kind_ends_the_wait_as_malformed()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync();
        var sending = fixture.Session.SendAsync(new SubmitSm());
        var (sequence, _) = await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.WriteAsync(DataSmResp.Rejected(CommandStatus.Ok), sequence);
        Assert.Equal(ReplyOutcome.Malformed, (await sending).Outcome);
    }

    [Fact]
    public async Task A_handler_that_takes_long_delays_neither_keep_alive_nor_responses()
    {
        var release = new TaskCompletionSource<SubmitSmResp>();
        var script = new SessionFixture.Script { Submit = (_, _) => new ValueTask<SubmitSmResp>(release.Task) };
        await using var fixture = await SessionFixture.BoundSmscAsync(script: script);
        await fixture.Peer.WriteAsync(new SubmitSm(), 2);
        await fixture.Peer.WriteAsync(new EnquireLink(), 3);
        Assert.Equal(3u, (await fixture.Peer.ReadAsync<EnquireLinkResp>()).Sequence);

        var delivering = fixture.Session.SendAsync(new DeliverSm());
        var (delivery, _) = await fixture.Peer.ReadAsync<DeliverSm>();
        await fixture.Peer.WriteAsync(DeliverSmResp.Ok, delivery);
        Assert.True((await delivering).IsOk);

        release.SetResult(SubmitSmResp.Accepted("1"));
        Assert.Equal(2u, (await fixture.Peer.ReadAsync<SubmitSmResp>()).Sequence);
    }

    static byte[] WithTlvs(int count) =>
        WithLength([.. submit, .. Enumerable.Repeat<byte[]>([0x14, 0x01, 0, 0], count).SelectMany(tlv => tlv)]);

    static byte[] WithLength(byte[] pdu)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(pdu, (uint)pdu.Length);
        return pdu;
    }
}
