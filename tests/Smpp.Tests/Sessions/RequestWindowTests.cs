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
    public void Sequence_numbers_wrap_to_one()
    {
        var window = new RequestWindow(10);
        window.ContinueAfter(0x7FFFFFFD);
        var waiting = new[] { Add(window), Add(window), Add(window) };
        Assert.Equal([0x7FFFFFFEu, 0x7FFFFFFFu, 1u], waiting.Select(request => request.Sequence));
        Assert.Equal(2u, window.Number());
    }

    [Fact]
    public void A_number_that_still_waits_is_not_given_twice()
    {
        var window = new RequestWindow(10);
        window.ContinueAfter(0x7FFFFFFE);
        Assert.Equal(0x7FFFFFFFu, Add(window).Sequence);
        Assert.Equal([1u, 2u], [Add(window).Sequence, Add(window).Sequence]);
        window.Take(1);

        window.ContinueAfter(0x7FFFFFFE); // once round
        Assert.Equal(1u, Add(window).Sequence); // 0x7FFFFFFF is in use
        Assert.Equal(3u, Add(window).Sequence); // and so is 2
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
