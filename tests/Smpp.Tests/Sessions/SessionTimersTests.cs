using Smpp.Sessions;
using Xunit;

namespace Smpp.Tests.Sessions;

public class SessionTimersTests
{
    static readonly SmppSessionOptions defaults = new();

    [Fact]
    public void Without_a_bind_the_session_ends_after_the_init_timeout()
    {
        var timers = new SessionTimers(defaults);
        timers.Received(At(9));
        Assert.Equal(TimerAction.None, timers.Tick(At(9.9)).Action);
        Assert.Equal((TimerAction.Close, SmppCloseReason.SessionInitTimeout), timers.Tick(At(10)));
    }

    [Fact]
    public void A_bind_that_its_handler_holds_back_does_not_end_the_session()
    {
        var timers = new SessionTimers(defaults);
        timers.BindReceived();
        Assert.Equal(TimerAction.None, timers.Tick(At(60)).Action);
    }

    [Fact]
    public void Silence_is_enquired_about_once_and_then_ends_the_session()
    {
        var timers = new SessionTimers(defaults);
        timers.Bound();
        timers.Received(At(1));
        Assert.Equal(TimerAction.None, timers.Tick(At(30)).Action);
        Assert.Equal(TimerAction.SendEnquireLink, timers.Tick(At(31)).Action);
        Assert.Equal(TimerAction.None, timers.Tick(At(60)).Action);
        Assert.Equal((TimerAction.Close, SmppCloseReason.EnquireLinkTimeout), timers.Tick(At(61)));
    }

    [Fact]
    public void A_peer_that_owes_a_response_is_enquired_about_sooner()
    {
        var timers = new SessionTimers(defaults);
        timers.Bound();
        timers.Received(At(1));
        Assert.Equal(TimerAction.None, timers.Tick(At(10.9), isWaiting: true).Action);
        Assert.Equal(TimerAction.None, timers.Tick(At(11), isWaiting: false).Action);
        Assert.Equal(TimerAction.SendEnquireLink, timers.Tick(At(11), isWaiting: true).Action);
        Assert.True(timers.IsEnquiring);
        timers.Received(At(12));
        Assert.False(timers.IsEnquiring);
    }

    [Theory]
    [InlineData(5, 10, 5)]
    [InlineData(30, -1, 30)]
    public void Waiting_never_makes_the_keep_alive_later_nor_turns_it_on_or_off(int interval, int whileWaiting, int due)
    {
        var timers = new SessionTimers(
            defaults with
            {
                EnquireLinkInterval = TimeSpan.FromSeconds(interval),
                EnquireLinkWhileWaiting = whileWaiting < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(whileWaiting),
            }
        );
        timers.Bound();
        Assert.Equal(TimerAction.None, timers.Tick(At(due - 0.1), isWaiting: true).Action);
        Assert.Equal(TimerAction.SendEnquireLink, timers.Tick(At(due), isWaiting: true).Action);

        var off = new SessionTimers(defaults with { EnquireLinkInterval = Timeout.InfiniteTimeSpan });
        off.Bound();
        Assert.Equal(TimerAction.None, off.Tick(At(60), isWaiting: true).Action);
    }

    [Fact]
    public void Any_pdu_answers_the_enquiry()
    {
        var timers = new SessionTimers(defaults);
        timers.Bound();
        Assert.Equal(TimerAction.SendEnquireLink, timers.Tick(At(30)).Action);
        timers.Received(At(40));
        Assert.Equal(TimerAction.None, timers.Tick(At(69)).Action);
        Assert.Equal(TimerAction.SendEnquireLink, timers.Tick(At(70)).Action);
    }

    [Fact]
    public void Without_keep_alive_inactivity_ends_the_session()
    {
        var timers = new SessionTimers(defaults with { EnquireLinkInterval = Timeout.InfiniteTimeSpan });
        timers.Bound();
        Assert.Equal(TimerAction.None, timers.Tick(At(299)).Action);
        Assert.Equal((TimerAction.Close, SmppCloseReason.Inactivity), timers.Tick(At(300)));
    }

    [Fact]
    public void An_incomplete_pdu_is_timed_from_its_first_byte()
    {
        var timers = new SessionTimers(defaults);
        timers.Bound();
        timers.Partial(At(1));
        timers.Partial(At(6)); // another octet does not start the clock anew
        Assert.Equal(TimerAction.None, timers.Tick(At(10)).Action);
        Assert.Equal((TimerAction.Close, SmppCloseReason.ReadTimeout), timers.Tick(At(11)));
    }

    [Fact]
    public void A_flush_that_does_not_end_closes_the_session()
    {
        var timers = new SessionTimers(defaults);
        timers.Bound();
        timers.FlushStarted(At(1));
        timers.FlushEnded();
        timers.FlushStarted(At(5));
        Assert.Equal(TimerAction.None, timers.Tick(At(14)).Action);
        Assert.Equal((TimerAction.Close, SmppCloseReason.WriteTimeout), timers.Tick(At(15)));
    }

    static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
