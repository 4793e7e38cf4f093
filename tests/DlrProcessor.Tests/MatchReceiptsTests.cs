using Contracts;
using Persistence.Ledger;
using Xunit;

namespace DlrProcessor.Tests;

public sealed class MatchReceiptsTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ReceiptMatch Match = new(MessageId.New(At), 1, 3);

    [Theory]
    [InlineData(MessageState.Delivered, "DELIVRD", null)]
    [InlineData(MessageState.Failed, "UNDELIV", "the operator reported UNDELIV")]
    [InlineData(MessageState.Expired, "EXPIRED", "the operator reported EXPIRED")]
    [InlineData(MessageState.Rejected, "REJECTD", "the operator reported REJECTD")]
    [InlineData(MessageState.Cancelled, "", "the operator reported no state")]
    [InlineData(null, "WHATEVER", "the operator reported WHATEVER")]
    public void A_matched_final_receipt_ends_its_part(MessageState? state, string stat, string? reason)
    {
        var ends = new List<PartEnd>();

        var early = MatchReceipts.Split([Receipt() with { State = state, Stat = stat, Error = "042" }], [Match], ends);

        Assert.Empty(early);
        Assert.Equal([new PartEnd(Match.Id, 1, 3, state ?? MessageState.Failed, "042", reason, At)], ends);
    }

    [Fact]
    public void A_receipt_without_a_match_is_early()
    {
        var ends = new List<PartEnd>();
        var receipt = Receipt();

        var early = MatchReceipts.Split([receipt], [null], ends);

        Assert.Equal([receipt], early);
        Assert.Empty(ends);
    }

    [Fact]
    public void Progress_ends_nothing_and_waits_for_nothing()
    {
        var ends = new List<PartEnd>();
        var progress = Receipt() with { IsIntermediate = true, State = null, Stat = "ENROUTE" };

        Assert.Empty(MatchReceipts.Split([progress, progress], [Match, null], ends));
        Assert.Empty(ends);
    }

    [Fact]
    public void Each_receipt_goes_with_the_match_in_its_place()
    {
        var ends = new List<PartEnd>();
        var other = new ReceiptMatch(MessageId.New(At), 0, 1);
        var early = Receipt();

        var left = MatchReceipts.Split([Receipt(), early, Receipt()], [other, null, Match], ends);

        Assert.Equal([early], left);
        Assert.Equal([other.Id, Match.Id], ends.Select(end => end.Id));
    }

    private static ReceiptReceived Receipt() =>
        new()
        {
            ReceiptId = Guid.NewGuid(),
            Operator = "op",
            Connector = "one",
            OperatorId = "1",
            CanonicalId = "1",
            State = MessageState.Delivered,
            Stat = "DELIVRD",
            At = At,
        };
}
