using System.Buffers.Binary;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Wire;
using Testing;
using Xunit;

namespace Smpp.Tests.Sessions;

/// <summary>What a fault becomes: a test per row of the table in the design.</summary>
public class FaultTableTests
{
    static readonly SubmitSm submit = new() { Destination = new Address(1, 1, "4366412345"), ShortMessage = "hi"u8.ToArray() };

    [Theory]
    [InlineData(15u)]
    [InlineData(0x48545450u)]
    public async Task A_length_that_cannot_be_is_nacked_and_ends_the_session(uint length)
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        var octets = RawPeer.Bytes(EnquireLink.Instance, 77);
        BinaryPrimitives.WriteUInt32BigEndian(octets, length);
        await fixture.Peer.WriteAsync(octets);

        var (sequence, nack) = await fixture.Peer.ReadAsync<GenericNack>();
        Assert.Equal(77u, sequence);
        Assert.Equal(CommandStatus.InvCmdLen, nack.Status);
        await fixture.Peer.WaitClosedAsync();
        await fixture.Running;
        Assert.Equal(SmppCloseReason.FramingLost, fixture.Session.CloseReason);
    }

    [Fact]
    public async Task An_unknown_command_is_nacked()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        await WriteAsync(fixture, (CommandId)0x99, [1, 2, 3], 5);
        var (sequence, nack) = await fixture.Peer.ReadAsync<GenericNack>();
        Assert.Equal((5u, CommandStatus.InvCmdId), (sequence, nack.Status));
        await AssertAliveAsync(fixture);
    }

    [Fact]
    public async Task A_request_that_does_not_parse_gets_its_response_with_the_fields_status()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        await WriteAsync(fixture, CommandId.SubmitSm, [.. "TOOLONG"u8, 0], 6);
        var (sequence, response) = await fixture.Peer.ReadAsync<SubmitSmResp>();
        Assert.Equal((6u, CommandStatus.InvSerTyp), (sequence, response.Status));
        await AssertAliveAsync(fixture);
    }

    [Fact]
    public async Task A_request_in_the_wrong_state_gets_its_response_with_wrong_bind_status()
    {
        await using var fixture = new SessionFixture(SessionRole.Smsc);
        await fixture.Peer.WriteAsync(submit, 2);
        var (_, response) = await fixture.Peer.ReadAsync<SubmitSmResp>();
        Assert.Equal(CommandStatus.InvBndSts, response.Status);
        await AssertAliveAsync(fixture);
    }

    [Fact]
    public async Task A_receiver_may_not_submit()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync(mode: BindMode.Receiver);
        await fixture.Peer.WriteAsync(submit, 2);
        var (_, response) = await fixture.Peer.ReadAsync<SubmitSmResp>();
        Assert.Equal(CommandStatus.InvBndSts, response.Status);
    }

    [Fact]
    public async Task A_response_nobody_waits_for_is_counted_and_dropped()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        await fixture.Peer.WriteAsync(DeliverSmResp.Ok, 4711);
        await AssertAliveAsync(fixture);
        Assert.Equal(1, fixture.Session.LateResponses);
    }

    [Fact]
    public async Task A_response_that_does_not_parse_ends_the_wait_as_malformed()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync();
        var sending = fixture.Session.SendAsync(submit);
        var (sequence, _) = await fixture.Peer.ReadAsync<SubmitSm>();
        await WriteAsync(fixture, CommandId.SubmitSmResp, [.. new byte[64].Select(_ => (byte)'9'), (byte)'9', 0], sequence);
        Assert.Equal(ReplyOutcome.Malformed, (await sending).Outcome);
        await AssertAliveAsync(fixture);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handler_that_throws_is_answered_system_error_and_logged_once(bool synchronously)
    {
        var script = new SessionFixture.Script
        {
            Submit = async (_, _) =>
            {
                if (!synchronously)
                {
                    await Task.Yield();
                }
                throw new InvalidOperationException("bug");
            },
        };
        await using var fixture = await SessionFixture.BoundSmscAsync(script: script);
        await fixture.Peer.WriteAsync(submit, 2);
        var (_, response) = await fixture.Peer.ReadAsync<SubmitSmResp>();
        Assert.Equal(CommandStatus.SysErr, response.Status);
        await AssertAliveAsync(fixture);
        Assert.Single(fixture.Log.Entries, entry => entry.Exception is InvalidOperationException);
        Assert.Equal(0, fixture.Session.RequestsInFlight);
    }

    [Fact]
    public async Task Beyond_the_window_requests_are_throttled_at_once()
    {
        var gate = new TaskCompletionSource();
        var script = new SessionFixture.Script
        {
            Submit = async (_, _) =>
            {
                await gate.Task;
                return SubmitSmResp.Accepted("later");
            },
        };
        await using var fixture = await SessionFixture.BoundSmscAsync(script: script);
        fixture.Session.MaxInFlightRequests = 2;
        for (var sequence = 2u; sequence <= 4; sequence++)
        {
            await fixture.Peer.WriteAsync(submit, sequence);
        }
        var (third, throttled) = await fixture.Peer.ReadAsync<SubmitSmResp>();
        Assert.Equal((4u, CommandStatus.Throttled), (third, throttled.Status));
        Assert.Equal(1, fixture.Session.Throttled);
        await AssertAliveAsync(fixture); // a slow handler delays no keep-alive

        gate.SetResult();
        uint[] answered =
        [
            (await fixture.Peer.ReadAsync<SubmitSmResp>()).Sequence,
            (await fixture.Peer.ReadAsync<SubmitSmResp>()).Sequence,
        ];
        Assert.Equal([2u, 3u], answered.Order());
    }

    [Fact]
    public async Task A_status_of_the_handler_goes_out_as_it_is()
    {
        var script = new SessionFixture.Script { Submit = (_, _) => new(SubmitSmResp.Rejected(CommandStatus.MsgQFul)) };
        await using var fixture = await SessionFixture.BoundSmscAsync(script: script);
        await fixture.Peer.WriteAsync(submit, 2);
        Assert.Equal(CommandStatus.MsgQFul, (await fixture.Peer.ReadAsync<SubmitSmResp>()).Pdu.Status);
        await AssertAliveAsync(fixture);
    }

    [Fact]
    public async Task A_second_bind_is_already_bound()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        await fixture.Peer.WriteAsync(new Bind { Mode = BindMode.Receiver, SystemId = "esme" }, 9);
        var (_, response) = await fixture.Peer.ReadAsync<BindResp>();
        Assert.Equal((BindMode.Receiver, CommandStatus.AlyBnd), (response.Mode, response.Status));
        await AssertAliveAsync(fixture);
        Assert.Equal(SessionState.BoundTrx, fixture.Session.State);
    }

    [Fact]
    public async Task A_refused_bind_is_answered_and_ends_the_session()
    {
        var script = new SessionFixture.Script { OnBind = _ => BindResp.Rejected(CommandStatus.InvPaswd) };
        await using var fixture = new SessionFixture(SessionRole.Smsc, script: script);
        await fixture.Peer.WriteAsync(new Bind { Mode = BindMode.Transmitter, SystemId = "esme" }, 1);
        var (_, response) = await fixture.Peer.ReadAsync<BindResp>();
        Assert.Equal((BindMode.Transmitter, CommandStatus.InvPaswd), (response.Mode, response.Status));
        await fixture.Peer.WaitClosedAsync();
        Assert.Equal(SmppCloseReason.BindRefused, (await fixture.Handler.Closed.Task).Reason);
    }

    [Fact]
    public async Task A_pdu_not_complete_within_the_read_timer_ends_the_session_without_answer()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        var received = fixture.Session.Received;
        await fixture.Peer.WriteAsync((byte[])[.. RawPeer.Bytes(EnquireLink.Instance, 2), 0, 0, 0]);
        await fixture.Peer.ReadAsync<EnquireLinkResp>(); // the three octets came with it
        Assert.Equal(received + 1, fixture.Session.Received);
        fixture.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Null(await fixture.Peer.ReadFrameAsync());
        await fixture.Running;
        Assert.Equal(SmppCloseReason.ReadTimeout, fixture.Session.CloseReason);
    }

    static async Task WriteAsync(SessionFixture fixture, CommandId command, byte[] body, uint sequence)
    {
        var octets = new byte[PduHeader.Size + body.Length];
        new PduHeader((uint)octets.Length, command, 0, sequence).Write(octets);
        body.CopyTo(octets, PduHeader.Size);
        await fixture.Peer.WriteAsync(octets);
    }

    static async Task AssertAliveAsync(SessionFixture fixture)
    {
        await fixture.Peer.WriteAsync(EnquireLink.Instance, 1000);
        Assert.Equal(1000u, (await fixture.Peer.ReadAsync<EnquireLinkResp>()).Sequence);
    }
}
