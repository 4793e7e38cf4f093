using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

/// <summary>The list of what an operator may have got twice.</summary>
public sealed class UncertainTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_page_that_ends_between_two_parts_of_a_message_goes_on_with_the_next_part()
    {
        var connector = "paged";
        var dead = await database.LeaseSlotAsync(connector);
        var messages = new List<MessageId>();
        for (var i = 0; i < 2; i++)
        {
            var message = await database.RouteAsync(connector, parts: 3);
            messages.Add(message.Id);
            var keys = Enumerable.Range(0, 3).Select(part => new SubmitKey(message.Id, (short)part, 0, 0)).ToList();
            await database.Ledger.ClaimAsync(dead, keys, CancellationToken.None);
            await database.Ledger.AnswerAsync(
                keys.ConvertAll(key => Sample.NotAccepted(key, SubmitOutcome.Uncertain, 0)),
                CancellationToken.None
            );
        }

        var listed = new List<(MessageId, short)>();
        (MessageId, short)? after = null;
        while (await database.Ledger.ReadUncertainAsync(after, 2, CancellationToken.None) is { Count: > 0 } page)
        {
            listed.AddRange(page.Select(row => (row.Id, row.Part)));
            after = listed[^1];
        }

        Assert.Equal(
            messages.OrderBy(id => id.Value).SelectMany(id => Enumerable.Range(0, 3).Select(part => (id, (short)part))),
            listed.Where(part => messages.Contains(part.Item1))
        );
    }

    [Fact]
    public async Task What_was_accepted_twice_is_listed_though_the_answer_that_was_taken_for_lost_came_after_all()
    {
        var message = await database.RouteAsync("late");
        var frozen = await database.LeaseSlotAsync("late");
        var first = new SubmitKey(message.Id, 0, 0, 0);
        await database.ClaimAsync(frozen, first);
        await database.ExpireSlotAsync(frozen);
        var successor = await database.LeaseSlotAsync("late");
        Assert.Equal(ClaimResult.Uncertain, (await database.ClaimAsync(successor, first)).Result);
        await database.ClaimAsync(successor, first with { Attempt = 1 });

        await database.Ledger.AnswerAsync([Sample.Accepted(first with { Attempt = 1 }, "late-2")], CancellationToken.None);
        await database.Ledger.AnswerAsync([Sample.Accepted(first, "late-1")], CancellationToken.None);

        var listed = await database.Ledger.ReadUncertainAsync(null, 1000, CancellationToken.None);
        Assert.Equal(1, Assert.Single(listed, row => row.Id == message.Id).LostAnswers);
    }
}
