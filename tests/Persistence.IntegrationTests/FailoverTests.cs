using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class FailoverTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const uint SysErr = 8;

    /// <summary>Sample.Routed names this route.</summary>
    private static readonly (string, string)[] targets =
    [
        ("other", "nowhere"),
        ("default", "one"),
        ("default", "two"),
        ("default", "three"),
    ];

    [Fact]
    public async Task A_refused_message_goes_to_the_next_target_due_at_once_and_the_former_copy_is_dropped()
    {
        var message = await RefusedAsync("one");

        Assert.Equal("two", await FailOverAsync(message, 0, "one"));

        var due = Assert.Single(await database.Ledger.ReadDueAsync(1000, CancellationToken.None), m => m.Message.Id == message.Id);
        Assert.Equal(("two", (short)1), (due.Connector, due.Generation));
        var former = await database.LeaseSlotAsync("one");
        Assert.Equal(ClaimResult.NotWanted, (await database.ClaimAsync(former, new SubmitKey(message.Id, 0, 0, 1))).Result);
        Assert.Null(await FailOverAsync(message, 0, "one"));
    }

    [Fact]
    public async Task The_next_target_claims_it_as_a_further_try_and_counts_its_own_refusals()
    {
        var message = await RefusedAsync("one");
        await FailOverAsync(message, 0, "one");
        var lease = await database.LeaseSlotAsync("two");

        var met = await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 1, 0));
        Assert.Equal((ClaimResult.Answered, SubmitOutcome.Retry, (short)0), (met.Result, met.Earlier, met.Refusals));

        var key = new SubmitKey(message.Id, 0, 1, (short)(met.EarlierAttempt + 1));
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, key)).Result);
        await database.Ledger.AnswerAsync([Sample.NotAccepted(key, SubmitOutcome.Retry, SysErr)], CancellationToken.None);
        Assert.Equal(1, (await database.ClaimAsync(lease, key with { Attempt = 0 })).Refusals);

        Assert.Equal("three", await FailOverAsync(message, 1, "two"));
        var last = await database.LeaseSlotAsync("three");
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(last, key with { Generation = 2, Attempt = 9 })).Result);
        await database.Ledger.AnswerAsync(
            [Sample.NotAccepted(key with { Generation = 2, Attempt = 9 }, SubmitOutcome.Retry, SysErr)],
            CancellationToken.None
        );
        Assert.Null(await FailOverAsync(message, 2, "three"));
    }

    [Theory]
    [InlineData(SubmitOutcome.Accepted)]
    [InlineData(SubmitOutcome.Uncertain)]
    [InlineData(null)]
    public async Task A_message_that_the_operator_has_or_may_have_stays(SubmitOutcome? outcome)
    {
        var message = await database.RouteAsync("one", parts: 2);
        var lease = await database.LeaseSlotAsync("one");
        foreach (var part in new short[] { 0, 1 })
        {
            var key = new SubmitKey(message.Id, part, 0, 0);
            Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, key)).Result);
            var known = part == 0 ? SubmitOutcome.Retry : outcome;
            if (known is { } answered)
            {
                await database.Ledger.AnswerAsync([Sample.NotAccepted(key, answered, part == 0 ? SysErr : 0)], CancellationToken.None);
            }
        }

        Assert.Null(await FailOverAsync(message, 0, "one"));
    }

    [Fact]
    public async Task Throttling_is_no_refusal_of_the_message()
    {
        var message = await database.RouteAsync("one");
        var lease = await database.LeaseSlotAsync("one");
        var key = new SubmitKey(message.Id, 0, 0, 0);
        await database.ClaimAsync(lease, key);
        await database.Ledger.AnswerAsync([Sample.NotAccepted(key, SubmitOutcome.Retry, 0x58)], CancellationToken.None);

        Assert.Equal(0, (await database.ClaimAsync(lease, key)).Refusals);
    }

    private async Task<MessageSubmitted> RefusedAsync(string connector)
    {
        var message = await database.RouteAsync(connector);
        var lease = await database.LeaseSlotAsync(connector);
        var key = new SubmitKey(message.Id, 0, 0, 0);
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, key)).Result);
        await database.Ledger.AnswerAsync([Sample.NotAccepted(key, SubmitOutcome.Retry, SysErr)], CancellationToken.None);
        return message;
    }

    private Task<string?> FailOverAsync(MessageSubmitted message, short generation, string from) =>
        database.Ledger.FailOverAsync(message.Id, generation, from, targets, CancellationToken.None);
}
