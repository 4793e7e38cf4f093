using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class ReadTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_message_the_ledger_does_not_have_is_not_found()
    {
        Assert.Null(await database.Ledger.FindAsync(MessageId.New(Sample.Now), CancellationToken.None));
    }

    [Fact]
    public async Task A_search_finds_what_meets_all_its_conditions_newest_first_page_by_page()
    {
        var messages = Enumerable
            .Range(0, 5)
            .Select(minutes => Sample.Message("searched", TimeSpan.FromMinutes(minutes)) with { Reference = $"r{minutes % 2}" })
            .ToArray();
        await database.RecordAsync([.. messages.Select(message => Sample.Routed(message, "one"))]);
        await database.RecordAsync(Sample.Routed(Sample.Message("other") with { Reference = "r0" }, "one"));
        var search = new MessageSearch
        {
            Account = "searched",
            Reference = "r0",
            Source = "Acme",
            Destination = "491700000001",
            State = MessageState.Routed,
            Limit = 2,
        };

        var first = await database.Ledger.SearchAsync(search, CancellationToken.None);
        var second = await database.Ledger.SearchAsync(search with { After = first[^1].Id }, CancellationToken.None);

        Assert.Equal([messages[0].Id, messages[2].Id], first.Select(row => row.Id));
        Assert.Equal([messages[4].Id], second.Select(row => row.Id));
        Assert.Empty(await database.Ledger.SearchAsync(search with { State = MessageState.Delivered }, CancellationToken.None));
    }

    [Fact]
    public async Task A_message_from_a_handset_is_kept_once_and_as_it_came()
    {
        var inbound = new InboundReceived
        {
            Id = MessageId.New(Sample.Now),
            Operator = Sample.Operator,
            Connector = "one",
            Source = new Party(1, 1, "491700000001"),
            Destination = new Party(3, 0, "12345"),
            EsmClass = 0x40,
            DataCoding = 8,
            Content = new byte[] { 1, 2, 3 },
            ReceivedAt = Sample.Now,
        };

        await database.Ledger.KeepInboundAsync([inbound], CancellationToken.None);
        await database.Ledger.KeepInboundAsync([inbound with { Content = new byte[] { 9 } }], CancellationToken.None);

        Assert.Equal(
            "010203",
            await database.ScalarAsync<string>("select encode(content, 'hex') from inbound_messages where id = $1", inbound.Id.Value)
        );
    }
}
