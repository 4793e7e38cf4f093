using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Tlvs;
using Xunit;

namespace Smpp.Tests.Sessions;

public class VersionRulesTests
{
    static readonly DeliverSm receipt = new()
    {
        EsmClass = 4,
        Tlvs = TlvList.Empty.WithCString(TlvTag.ReceiptedMessageId, "1a2b3c4d").WithByte(TlvTag.MessageState, 2),
    };

    [Theory]
    [InlineData(0x00, false)]
    [InlineData(0x33, false)]
    [InlineData(0x34, true)]
    [InlineData(0x50, true)]
    public async Task An_esme_gets_tlvs_and_sc_interface_version_from_3_4_on(byte version, bool expected)
    {
        await using var fixture = new SessionFixture(SessionRole.Smsc);
        await fixture.Peer.WriteAsync(new Bind { Mode = BindMode.Receiver, InterfaceVersion = version }, 1);
        var (_, answer) = await fixture.Peer.ReadAsync<BindResp>();
        Assert.Equal(CommandStatus.Ok, answer.Status);
        Assert.Equal(expected ? (byte)0x34 : null, answer.Tlvs.ScInterfaceVersion);
        await fixture.Handler.Bound.Task;

        var sending = fixture.Session.SendAsync(receipt);
        var (sequence, delivered) = await fixture.Peer.ReadAsync<DeliverSm>();
        Assert.Equal(expected ? receipt.Tlvs.Encoded.ToArray() : [], delivered.Tlvs.Encoded.ToArray());
        Assert.Equal(4, delivered.EsmClass);
        await fixture.Peer.WriteAsync(DeliverSmResp.Ok, sequence);
        Assert.True((await sending).IsOk);
    }

    [Theory]
    [InlineData(0x33, 0x34, 0x33)] // it asked to be treated as 3.3
    [InlineData(0x50, 0x34, 0x34)]
    [InlineData(0x34, 0x50, 0x34)]
    [InlineData(0x34, null, 0x34)]
    public async Task An_esme_keeps_to_the_lower_version_of_the_two(int asked, int? answered, int expected)
    {
        await using var fixture = new SessionFixture(SessionRole.Esme);
        var binding = fixture.Session.SendAsync(new Bind { Mode = BindMode.Transmitter, InterfaceVersion = (byte)asked });
        var (sequence, _) = await fixture.Peer.ReadAsync<Bind>();
        await fixture.Peer.WriteAsync(BindResp.Accepted("smsc", (byte?)answered) with { Mode = BindMode.Transmitter }, sequence);
        Assert.True((await binding).IsOk);
        Assert.Equal(expected, fixture.Session.InterfaceVersion);
    }

    [Fact]
    public async Task A_request_that_the_peers_version_does_not_know_comes_back_unsent()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync(); // 3.4
        var reply = await fixture.Session.SendAsync(new BroadcastSm());
        Assert.Equal(ReplyOutcome.NotSent, reply.Outcome);
        Assert.Equal(CommandStatus.InvCmdId, reply.Status);
        Assert.Equal(10, fixture.Session.WindowFree);
    }

    [Fact]
    public async Task The_broadcast_family_reaches_the_handler_and_is_refused_by_default()
    {
        await using var fixture = new SessionFixture(SessionRole.Smsc);
        await fixture.Peer.WriteAsync(new Bind { Mode = BindMode.Transmitter, InterfaceVersion = 0x50 }, 1);
        await fixture.Peer.ReadAsync<BindResp>();
        await fixture.Peer.WriteAsync(new BroadcastSm(), 2);
        Assert.Equal(CommandStatus.InvCmdId, (await fixture.Peer.ReadAsync<BroadcastSmResp>()).Pdu.Status);
        await fixture.Peer.WriteAsync(new QueryBroadcastSm(), 3);
        Assert.Equal(CommandStatus.InvCmdId, (await fixture.Peer.ReadAsync<QueryBroadcastSmResp>()).Pdu.Status);
        await fixture.Peer.WriteAsync(new CancelBroadcastSm(), 4);
        Assert.Equal(CommandStatus.InvCmdId, (await fixture.Peer.ReadAsync<CancelBroadcastSmResp>()).Pdu.Status);
    }

    [Theory]
    [InlineData(0x33, false)]
    [InlineData(0x34, true)]
    public async Task An_alert_goes_to_an_esme_of_3_4_only(byte version, bool expected)
    {
        await using var fixture = new SessionFixture(SessionRole.Smsc);
        await fixture.Peer.WriteAsync(new Bind { Mode = BindMode.Receiver, InterfaceVersion = version }, 1);
        await fixture.Peer.ReadAsync<BindResp>();
        await fixture.Handler.Bound.Task;
        Assert.Equal(expected, await fixture.Session.PostAsync(new AlertNotification()));
    }
}
