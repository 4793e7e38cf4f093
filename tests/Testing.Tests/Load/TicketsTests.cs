using Testing.Load;
using Xunit;

namespace Testing.Tests.Load;

public class TicketsTests
{
    [Fact]
    public void They_are_done_when_each_is_resolved()
    {
        var tickets = new Tickets(2);
        Assert.True(tickets.TryTake());
        Assert.True(tickets.TryTake());
        Assert.False(tickets.TryTake());
        tickets.Resolve();
        Assert.False(tickets.AreDone);
        tickets.Resolve();
        Assert.True(tickets.AreDone);
    }

    [Fact]
    public void One_that_is_given_back_can_be_taken_again_and_is_announced()
    {
        var tickets = new Tickets(1);
        Assert.True(tickets.TryTake());
        var returned = tickets.Returned;
        Assert.False(returned.IsCompleted);
        tickets.GiveBack();
        Assert.True(returned.IsCompleted);
        Assert.False(tickets.AreDone);
        Assert.True(tickets.TryTake());
    }

    [Fact]
    public void Closed_ones_wait_only_for_those_that_are_held()
    {
        var tickets = new Tickets(100);
        Assert.True(tickets.TryTake());
        tickets.Close();
        Assert.False(tickets.TryTake());
        Assert.False(tickets.AreDone);
        tickets.GiveBack();
        Assert.True(tickets.AreDone);
    }
}
