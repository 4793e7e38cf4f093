using Smpp.Pdus;
using Smpp.Sessions;
using Xunit;

namespace Smpp.Tests.Sessions;

public class RequestWindowTests
{
    [Fact]
    public void Every_way_out_frees_the_slot()
    {
        var window = new RequestWindow(3);
        var requests = Enumerable.Range(0, 3).Select(_ => Add(window)).ToList();
        Assert.False(window.TryEnter());
        Assert.Same(requests[0], window.Take(requests[0].Sequence));
        Assert.Null(window.Take(requests[0].Sequence));
        Assert.Equal(1, window.Free);
        Assert.Equal(2, window.TakeSentUntil(TimeSpan.Zero).Count);
        Assert.Equal(3, window.Free);
    }

    [Fact]
    public void Only_what_was_sent_long_enough_ago_expires()
    {
        var window = new RequestWindow(2);
        Add(window, TimeSpan.FromSeconds(1));
        var young = Add(window, TimeSpan.FromSeconds(2));
        Assert.Single(window.TakeSentUntil(TimeSpan.FromSeconds(1.5)));
        Assert.Same(young, window.Take(young.Sequence));
    }

    [Fact]
    public async Task Closing_wakes_everyone_who_waits_for_a_slot()
    {
        var window = new RequestWindow(1);
        Add(window);
        var waiting = Enumerable.Range(0, 5).Select(_ => WaitAndAddAsync(window)).ToList();
        Assert.Single(window.Close());
        Assert.All(await Task.WhenAll(waiting), Assert.False);
    }

    [Fact]
    public void A_request_is_either_written_or_withdrawn()
    {
        var written = new PendingRequest<SubmitSmResp>(new SubmitSm(), holdsSlot: true);
        Assert.True(written.TryMarkWritten());
        Assert.False(written.TryWithdraw());
        var withdrawn = new PendingRequest<SubmitSmResp>(new SubmitSm(), holdsSlot: true);
        Assert.True(withdrawn.TryWithdraw());
        Assert.False(withdrawn.TryMarkWritten());
    }

    static PendingRequest<SubmitSmResp> Add(RequestWindow window, TimeSpan now = default)
    {
        Assert.True(window.TryEnter());
        var request = new PendingRequest<SubmitSmResp>(new SubmitSm(), holdsSlot: true);
        Assert.True(window.TryAdd(request, now));
        return request;
    }

    static async Task<bool> WaitAndAddAsync(RequestWindow window)
    {
        await window.EnterAsync(CancellationToken.None);
        return window.TryAdd(new PendingRequest<SubmitSmResp>(new SubmitSm(), holdsSlot: true), default);
    }
}
