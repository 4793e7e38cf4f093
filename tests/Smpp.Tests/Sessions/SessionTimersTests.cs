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
