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

        Assert.Equal(messages.OrderBy(id => id.Value).SelectMany(id => Enumerable.Range(0, 3).Select(part => (id, (short)part))), listed);
    }
}
