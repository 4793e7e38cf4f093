using System.Collections.Concurrent;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;
using Xunit;

namespace Smpp.Tests.Sessions;

public class SessionTests
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_answer_to_another_kind_of_bind_binds_nothing()
    {
        await using var fixture = new SessionFixture(SessionRole.Esme);
        var binding = fixture.Session.SendAsync(new Bind { Mode = BindMode.Transceiver, SystemId = "esme" });
        var (sequence, _) = await fixture.Peer.ReadAsync<Bind>();

        await fixture.Peer.WriteAsync(BindResp.Accepted("smsc", 0x34) with { Mode = BindMode.Receiver }, sequence);

        Assert.Equal(ReplyOutcome.Malformed, (await binding).Outcome);
        Assert.Equal(SessionState.Open, fixture.Session.State);
    }

    [Fact]
    public async Task A_request_gets_its_own_response_whatever_their_order()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync();
        var first = fixture.Session.SendAsync(Submit("1"));
        var second = fixture.Session.SendAsync(Submit("2"));
        var one = await fixture.Peer.ReadAsync<SubmitSm>();
        var two = await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.WriteAsync(SubmitSmResp.Accepted("id-" + two.Pdu.Destination), two.Sequence);
        await fixture.Peer.WriteAsync(SubmitSmResp.Accepted("id-" + one.Pdu.Destination), one.Sequence);
        Assert.Equal("id-1", (await first).Response!.MessageId);
        Assert.Equal("id-2", (await second).Response!.MessageId);
    }

    [Fact]
    public async Task A_nack_answers_the_request_with_its_status()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync();
        var sending = fixture.Session.SendAsync(Submit("1"));
        var (sequence, _) = await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.WriteAsync(GenericNack.Rejected(CommandStatus.InvCmdId), sequence);
        Assert.Equal(new SmppReply<SubmitSmResp>(ReplyOutcome.Answered, null, CommandStatus.InvCmdId), await sending);
    }

    [Fact]
    public async Task A_full_window_makes_the_next_request_wait_for_a_response()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync(new SmppSessionOptions { Window = 2 });
        var sending = Enumerable.Range(1, 3).Select(i => fixture.Session.SendAsync(Submit($"{i}")).AsTask()).ToList();
        var (first, _) = await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.ReadAsync<SubmitSm>();
        Assert.Equal(0, fixture.Session.WindowFree);
        Assert.Equal(3, fixture.Session.Sent); // the bind and two
        await fixture.Peer.WriteAsync(SubmitSmResp.Accepted("a"), first);
        await sending[0];
        var (_, third) = await fixture.Peer.ReadAsync<SubmitSm>();
        Assert.Equal("3", third.Destination.Digits);
    }

    [Fact]
    public async Task A_request_right_behind_the_bind_waits_until_the_owner_has_set_the_session_up()
    {
        var setUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var order = new ConcurrentQueue<string>();
        var script = new SessionFixture.Script
        {
            SetUp = setUp,
            Submit = (_, _) =>
            {
                order.Enqueue("submit");
                return new(SubmitSmResp.Accepted("1"));
            },
        };
        await using var fixture = await SessionFixture.BoundSmscAsync(script: script);
        await fixture.Peer.WriteAsync(Submit("1"), 2);
        // Answered by the session itself: everything before it was read, the submit too.
        await fixture.Peer.WriteAsync(EnquireLink.Instance, 3);
        await fixture.Peer.ReadAsync<EnquireLinkResp>();

        order.Enqueue("set up");
        setUp.SetResult();
        var (sequence, _) = await fixture.Peer.ReadAsync<SubmitSmResp>();

        Assert.Equal(2u, sequence);
        Assert.Equal(["set up", "submit"], order);
    }

    [Fact]
    public async Task What_may_not_be_sent_any_more_when_it_is_written_ends_as_not_sent_and_the_link_stays_alive()
    {
        var allowed = true;
        await using var fixture = await SessionFixture.BoundEsmeAsync(new SmppSessionOptions { Window = 1, MaySend = () => allowed });
        var sending = fixture.Session.SendAsync(Submit("1"));
        var (sequence, _) = await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.WriteAsync(SubmitSmResp.Accepted("a"), sequence);
        Assert.True((await sending).IsOk);

        allowed = false;
        Assert.Equal(ReplyOutcome.NotSent, (await fixture.Session.SendAsync(Submit("2"))).Outcome);
        Assert.Equal(1, fixture.Session.WindowFree);

        // The next PDU that the peer sees is our enquire_link: the submit never left.
        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        await fixture.Peer.ReadAsync<EnquireLink>();
    }

    [Fact]
    public async Task A_window_that_stays_full_sends_the_next_request_back()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync(
            new SmppSessionOptions { Window = 1, WindowTimeout = TimeSpan.FromSeconds(5) }
        );
        var first = fixture.Session.SendAsync(Submit("1"));
        var second = fixture.Session.SendAsync(Submit("2")).AsTask();
        fixture.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(second.IsCompleted);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var reply = await second;
        Assert.Equal((ReplyOutcome.NotSent, CommandStatus.Throttled), (reply.Outcome, reply.Status));

        var (sequence, _) = await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.WriteAsync(SubmitSmResp.Accepted("a"), sequence);
        Assert.True((await first).IsOk);
        Assert.Equal(1, fixture.Session.WindowFree);
    }

    [Fact]
    public async Task Cancelling_the_wait_for_a_slot_takes_nothing()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync(new SmppSessionOptions { Window = 1 });
        var first = fixture.Session.SendAsync(Submit("1"));
        using var cancel = new CancellationTokenSource();
        var second = fixture.Session.SendAsync(Submit("2"), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await second);

        var (sequence, _) = await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.WriteAsync(SubmitSmResp.Accepted("a"), sequence);
        Assert.True((await first).IsOk);
        Assert.Equal(1, fixture.Session.WindowFree);
    }

    [Fact]
    public async Task Without_response_a_request_times_out_and_a_late_one_is_dropped()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync(
            new SmppSessionOptions { EnquireLinkInterval = Timeout.InfiniteTimeSpan, Window = 1 }
        );
        var sending = fixture.Session.SendAsync(Submit("1"));
        var (sequence, _) = await fixture.Peer.ReadAsync<SubmitSm>();
        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(ReplyOutcome.Timeout, (await sending).Outcome);
        Assert.Equal(1, fixture.Session.WindowFree);

        await fixture.Peer.WriteAsync(SubmitSmResp.Accepted("late"), sequence);
        await fixture.Peer.WriteAsync(EnquireLink.Instance, 5);
        await fixture.Peer.ReadAsync<EnquireLinkResp>();
        Assert.Equal(1, fixture.Session.LateResponses);
        Assert.Equal(SessionState.BoundTrx, fixture.Session.State);
    }

    [Fact]
    public async Task A_lost_connection_hands_back_what_has_no_response()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync(new SmppSessionOptions { Window = 2 });
        var sending = Enumerable.Range(1, 3).Select(i => fixture.Session.SendAsync(Submit($"{i}")).AsTask()).ToList();
        await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.ReadAsync<SubmitSm>();
        await fixture.Peer.CloseAsync();

        var (reason, unanswered) = await fixture.Handler.Closed.Task.WaitAsync(patience);
        Assert.Equal(SmppCloseReason.PeerClosed, reason);
        Assert.Equal(["1", "2"], unanswered.Cast<SubmitSm>().Select(pdu => pdu.Destination.Digits));
        Assert.Equal(
            [ReplyOutcome.Closed, ReplyOutcome.Closed, ReplyOutcome.NotSent], // the third waited for a slot: certainly not sent
            (await Task.WhenAll(sending)).Select(reply => reply.Outcome)
        );
        Assert.Equal(ReplyOutcome.NotSent, (await fixture.Session.SendAsync(Submit("4"))).Outcome);
        await fixture.Running.WaitAsync(patience);
    }

    [Fact]
    public async Task A_request_that_breaks_the_specification_goes_back_to_its_sender_only()
    {
        await using var fixture = await SessionFixture.BoundEsmeAsync();
        var reply = await fixture.Session.SendAsync(Submit(new string('9', 30)));
        Assert.Equal((ReplyOutcome.NotSent, CommandStatus.InvDstAdr), (reply.Outcome, reply.Status));
        Assert.Equal(10, fixture.Session.WindowFree);
        Assert.Equal(SessionState.BoundTrx, fixture.Session.State);
    }

    [Fact]
    public async Task Silence_is_enquired_about_and_then_ends_the_session()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(30));
        var (sequence, _) = await fixture.Peer.ReadAsync<EnquireLink>();
        await fixture.Peer.WriteAsync(EnquireLinkResp.Ok, sequence);
        await fixture.Peer.WriteAsync(EnquireLink.Instance, 2); // its answer shows that ours was taken
        await fixture.Peer.ReadAsync<EnquireLinkResp>();

        fixture.Time.Advance(TimeSpan.FromSeconds(30));
        await fixture.Peer.ReadAsync<EnquireLink>();
        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(SmppCloseReason.EnquireLinkTimeout, (await fixture.Handler.Closed.Task.WaitAsync(patience)).Reason);
    }

    [Fact]
    public async Task Without_a_bind_the_session_ends()
    {
        await using var fixture = new SessionFixture(SessionRole.Smsc);
        fixture.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(SmppCloseReason.SessionInitTimeout, (await fixture.Handler.Closed.Task.WaitAsync(patience)).Reason);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_is_cut_off()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync(pauseAt: 1024);
        // Responses fill the pipe, then the write queue, then the reader waits: memory stays flat, and the flush has a deadline.
        var flooding = FloodAsync(fixture);
        await WaitForAsync(fixture, () => fixture.Session.Received - fixture.Session.Sent > 64);
        fixture.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(SmppCloseReason.WriteTimeout, (await fixture.Handler.Closed.Task.WaitAsync(patience)).Reason);
        await flooding;
        await fixture.Running.WaitAsync(patience);
    }

    [Fact]
    public async Task The_peers_unbind_is_answered_after_what_came_before_it()
    {
        var gate = new TaskCompletionSource();
        var script = new SessionFixture.Script
        {
            Submit = async (_, _) =>
            {
                await gate.Task;
                return SubmitSmResp.Accepted("x");
            },
        };
        await using var fixture = await SessionFixture.BoundSmscAsync(script: script);
        await fixture.Peer.WriteAsync(Submit("1"), 2);
        await fixture.Peer.WriteAsync(Unbind.Instance, 3);
        await fixture.Peer.WriteAsync(Submit("2"), 4);
        Assert.Equal((4u, CommandStatus.InvBndSts), await StatusAsync(fixture));
        gate.SetResult();
        Assert.Equal((2u, CommandStatus.Ok), await StatusAsync(fixture));
        Assert.Equal(3u, (await fixture.Peer.ReadAsync<UnbindResp>()).Sequence);
        await fixture.Peer.WaitClosedAsync();
        Assert.Equal(SmppCloseReason.PeerUnbound, (await fixture.Handler.Closed.Task).Reason);
    }

    [Fact]
    public async Task Our_unbind_goes_on_answering_until_its_response()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        var unbinding = fixture.Session.UnbindAsync(TimeSpan.FromSeconds(5));
        var (sequence, _) = await fixture.Peer.ReadAsync<Unbind>();
        await fixture.Peer.WriteAsync(Submit("1"), 2);
        Assert.Equal((2u, CommandStatus.Ok), await StatusAsync(fixture));
        Assert.Equal(ReplyOutcome.NotSent, (await fixture.Session.SendAsync(new DeliverSm())).Outcome);

        await fixture.Peer.WriteAsync(UnbindResp.Ok, sequence);
        await unbinding.WaitAsync(patience);
        Assert.Equal(SmppCloseReason.Unbound, fixture.Session.CloseReason);
        Assert.Equal(SessionState.Closed, fixture.Session.State);
    }

    [Fact]
    public async Task Our_unbind_without_response_ends_by_its_timeout()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        var unbinding = fixture.Session.UnbindAsync(TimeSpan.FromSeconds(5));
        await fixture.Peer.ReadAsync<Unbind>();
        fixture.Time.Advance(TimeSpan.FromSeconds(5));
        await unbinding.WaitAsync(patience);
        Assert.Equal(SmppCloseReason.UnbindTimeout, fixture.Session.CloseReason);
    }

    [Fact]
    public async Task Pdus_behind_the_bind_response_in_the_same_segment_are_taken()
    {
        await using var fixture = new SessionFixture(SessionRole.Esme);
        var binding = fixture.Session.SendAsync(new Bind { Mode = BindMode.Receiver, SystemId = "esme" });
        var (sequence, _) = await fixture.Peer.ReadAsync<Bind>();
        await fixture.Peer.WriteAsync(
            (byte[])
                [
                    .. RawPeer.Bytes(BindResp.Accepted("smsc") with { Mode = BindMode.Receiver }, sequence),
                    .. RawPeer.Bytes(new DeliverSm { ShortMessage = "mo"u8.ToArray() }, 1),
                ]
        );
        Assert.Equal(CommandStatus.Ok, (await fixture.Peer.ReadAsync<DeliverSmResp>()).Pdu.Status);
        Assert.True((await binding).IsOk);
        Assert.Single(fixture.Handler.Delivered);
    }

    [Fact]
    public async Task Operations_nobody_overrides_are_refused()
    {
        await using var fixture = await SessionFixture.BoundSmscAsync();
        await fixture.Peer.WriteAsync(new QuerySm { MessageId = "1" }, 2);
        Assert.Equal(CommandStatus.InvCmdId, (await fixture.Peer.ReadAsync<QuerySmResp>()).Pdu.Status);
    }

    [Fact]
    public async Task An_abort_cancels_handlers_and_ends_the_session()
    {
        var cancelled = new TaskCompletionSource();
        var script = new SessionFixture.Script
        {
            Submit = async (_, token) =>
            {
                using var registration = token.Register(() => cancelled.TrySetResult());
                await Task.Delay(Timeout.Infinite, token);
                return SubmitSmResp.Accepted("never");
            },
        };
        await using var fixture = await SessionFixture.BoundSmscAsync(script: script);
        await fixture.Peer.WriteAsync(Submit("1"), 2);
        await WaitForAsync(fixture, () => fixture.Session.RequestsInFlight == 1);
        fixture.Session.Abort("test");
        await cancelled.Task.WaitAsync(patience);
        await fixture.Running.WaitAsync(patience);
        Assert.Equal(SmppCloseReason.Aborted, fixture.Session.CloseReason);
    }

    static SubmitSm Submit(string destination) => new() { Destination = new Address(1, 1, destination), ShortMessage = "hi"u8.ToArray() };

    static async Task<(uint, CommandStatus)> StatusAsync(SessionFixture fixture)
    {
        var (sequence, response) = await fixture.Peer.ReadAsync<SubmitSmResp>();
        return (sequence, response.Status);
    }

    static async Task FloodAsync(SessionFixture fixture)
    {
        try
        {
            while (!fixture.Running.IsCompleted)
            {
                await fixture.Peer.WriteAsync(EnquireLink.Instance, 9);
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // Cut off, as the test wants.
        }
    }

    // Lets the loops run until they are where the test needs them; fails rather than waits for ever.
    static async Task WaitForAsync(SessionFixture fixture, Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"still {fixture.Session.State}, {fixture.Session.Received} received");
            await Task.Yield();
        }
    }
}
