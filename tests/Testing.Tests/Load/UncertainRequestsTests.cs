using System.Text;
using Testing.Load;
using Xunit;

namespace Testing.Tests.Load;

public class UncertainRequestsTests
{
    readonly LoadMessages messages = new(new LoadOptions { FirstDestination = 100, LastDestination = 199 }, "abc123");
    readonly UncertainRequests uncertain;

    public UncertainRequestsTests() => uncertain = new UncertainRequests(messages);

    [Fact]
    public void A_receipt_that_quotes_a_lost_request_is_its_answer()
    {
        uncertain.Add(5, Doubt.AnswerLost);
        uncertain.Add(6, Doubt.SystemError);
        var split = uncertain.Split([Quoting("x", "abc123-0000000005"), Quoting("y", "abc123-0000000006")]);
        Assert.Equal((1, 1), (split.LostAnswers, split.AfterSystemError));
        Assert.Empty(split.Unknown);
        Assert.Equal(["abc123-0000000005"], uncertain.LostMarkers(10));
        Assert.Equal(1, uncertain.Lost);
    }

    [Fact]
    public void A_receipt_that_quotes_an_answered_request_or_another_run_is_unknown()
    {
        uncertain.Add(5, Doubt.AnswerLost);
        var split = uncertain.Split([Quoting("x", "abc123-0000000004"), Quoting("y", "zzz999-0000000005")]);
        Assert.Equal(0, split.LostAnswers);
        Assert.Equal(["x", "y"], split.Unknown.Select(receipt => receipt.Id).Order());
    }

    [Fact]
    public void A_receipt_without_a_quote_goes_by_destination_and_a_request_takes_one()
    {
        uncertain.Add(5, Doubt.AnswerLost);
        var split = uncertain.Split([Plain("x", "105"), Plain("y", "105"), Plain("z", "106")]);
        Assert.Equal(1, split.LostAnswers);
        Assert.Equal(["y", "z"], split.Unknown.Select(receipt => receipt.Id).Order());
    }

    [Fact]
    public void A_quote_is_surer_than_a_destination()
    {
        uncertain.Add(5, Doubt.AnswerLost);
        var split = uncertain.Split([Plain("by destination", "105"), Quoting("quoting", "abc123-0000000005")]);
        Assert.Equal(["by destination"], split.Unknown.Select(receipt => receipt.Id));
    }

    [Fact]
    public void Two_receipts_for_a_lost_answer_are_doubled()
    {
        uncertain.Add(5, Doubt.AnswerLost);
        var split = uncertain.Split([Quoting("x", "abc123-0000000005") with { Count = 2 }]);
        Assert.Equal(1, split.LostAnswers);
        Assert.Equal(["x"], split.Doubled.Select(receipt => receipt.Id));
    }

    static UnmatchedReceipt Quoting(string id, string marker) =>
        new(id, Encoding.ASCII.GetBytes($"id:{id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:{marker} a "), "100");

    static UnmatchedReceipt Plain(string id, string destination) =>
        new(id, Encoding.ASCII.GetBytes($"id:{id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:"), destination);
}
