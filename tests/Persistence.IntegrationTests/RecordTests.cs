using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class RecordTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_routed_message_is_kept_as_it_was_submitted()
    {
        var message = Sample.Message("kept") with
        {
            ClientId = "client-7",
            Reference = "order 12",
            ServiceType = "CMT",
            EsmClass = 0x40,
            DataCoding = 8,
            Origin = Origin.Rest,
            Parts = 3,
            Content = new byte[] { 0, 1, 2, 255 },
        };

        var stored = Assert.Single(await database.RecordAsync(Sample.Routed(message, "one")));

        Assert.Equal(new StoredVerdict(MessageState.Routed, "one", 0, null, false), stored);
        var row = (await database.Ledger.FindAsync(message.Id, CancellationToken.None))!;
        Assert.Equal(
            (message.Account, message.ClientId, message.Reference, message.Source, message.Destination, message.Origin),
            (row.Account, row.ClientId, row.Reference, row.Source, row.Destination, row.Origin)
        );
        Assert.Equal(
            (MessageState.Routed, (short)3, (byte)0x40, (byte)8, (byte)1, "one", "default"),
            (row.State, row.Parts, row.EsmClass, row.DataCoding, row.RegisteredDelivery, row.Connector, row.Route)
        );
        Assert.Equal(message.Content.ToArray(), row.Content);
        Assert.Equal(message.AcceptedAt, row.AcceptedAt, TimeSpan.FromMilliseconds(1));
        Assert.Equal(message.ValidUntil, row.ValidUntil, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_redelivered_message_keeps_the_verdict_it_got_first()
    {
        var routed = Sample.Message("redelivered");
        var rejected = Sample.Message("redelivered");
        await database.RecordAsync(Sample.Routed(routed, "one"), Sample.Rejected(rejected, "no route"));

        var again = await database.RecordAsync(Sample.Rejected(routed, "blocked since"), Sample.Routed(rejected, "two"));

        Assert.Equal(new StoredVerdict(MessageState.Routed, "one", 0, null, false), again[0]);
        Assert.Equal(new StoredVerdict(MessageState.Accepted, null, 0, "no route", false), again[1]);
        await database.ReadAgreeingBooksAsync("redelivered");
    }

    [Fact]
    public async Task Old_and_new_messages_of_one_batch_are_answered_in_their_order()
    {
        var known = Sample.Message("mixed");
        var fresh = Sample.Message("mixed");
        await database.RecordAsync(Sample.Routed(known, "one"));

        var stored = await database.RecordAsync(Sample.Routed(fresh, "two"), Sample.Routed(known, "two"));

        Assert.Equal(["two", "one"], stored.Select(verdict => verdict.Connector));
        Assert.Equal(2, (await database.ReadAgreeingBooksAsync("mixed")).Recorded);
    }

    [Fact]
    public async Task A_message_twice_in_one_batch_is_recorded_and_booked_once()
    {
        var message = Sample.Message("twice");

        var stored = await database.RecordAsync(Sample.Routed(message, "one"), Sample.Routed(message, "two"));

        Assert.Equal(["one", "one"], stored.Select(verdict => verdict.Connector));
        Assert.Equal(1, (await database.ReadAgreeingBooksAsync("twice")).Recorded);
    }

    [Fact]
    public async Task A_redelivered_message_shows_whether_a_worker_has_claimed_it()
    {
        var lease = await database.LeaseSlotAsync("shows-claims");
        var message = await database.RouteAsync("shows-claims", "claimed");
        await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0));

        var again = Assert.Single(await database.RecordAsync(Sample.Routed(message, "shows-claims")));

        Assert.True(again.IsClaimed);
    }

    [Fact]
    public async Task Two_routers_with_the_same_messages_in_different_order_record_each_once()
    {
        var messages = Enumerable.Range(0, 200).Select(_ => Sample.Message("two-routers")).ToList();

        var verdicts = await Task.WhenAll(
            database.RecordAsync([.. messages.Select(message => Sample.Routed(message, "one"))]),
            database.RecordAsync([.. messages.AsEnumerable().Reverse().Select(message => Sample.Routed(message, "two"))])
        );

        Assert.Equal(verdicts[0].Select(v => v.Connector), verdicts[1].Reverse().Select(v => v.Connector));
        Assert.Equal(200, (await database.ReadAgreeingBooksAsync("two-routers")).Recorded);
    }
}
