using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

/// <summary>What the ledger auditor looks for, and re-drives.</summary>
public sealed class AuditorTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly string connector = $"c{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task A_message_nobody_claimed_expires_with_its_validity_and_a_claimed_one_waits_for_its_receipt()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var unclaimed = OverFor(TimeSpan.FromMinutes(10));
        var claimed = OverFor(TimeSpan.FromMinutes(10));
        var claimedLongAgo = OverFor(TimeSpan.FromHours(3));
        var ended = OverFor(TimeSpan.FromHours(3));
        var valid = Sample.Message(age: TimeSpan.FromHours(5));
        MessageSubmitted[] messages = [unclaimed, claimed, claimedLongAgo, ended, valid];
        await database.RecordAsync([.. messages.Select(message => Sample.Routed(message, connector))]);
        await database.ClaimAsync(lease, new SubmitKey(claimed.Id, 0, 0, 0));
        await database.ClaimAsync(lease, new SubmitKey(claimedLongAgo.Id, 0, 0, 0));
        await using (var events = await database.Ledger.BeginAsync(CancellationToken.None))
        {
            await events.ApplyAsync([Sample.End(ended, MessageState.Delivered)], [], CancellationToken.None);
            await events.CommitAsync([], CancellationToken.None);
        }

        var expired = await database.Ledger.ReadExpiredAsync(Sample.Now, TimeSpan.FromMinutes(1), Hour, 100, CancellationToken.None);

        Assert.Equal(
            new[] { unclaimed.Id, claimedLongAgo.Id }.ToHashSet(),
            expired.Where(id => messages.Any(message => message.Id == id)).ToHashSet()
        );
    }

    [Fact]
    public async Task A_stuck_message_is_raised_and_only_its_new_copy_is_claimed()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = Sample.Message(age: TimeSpan.FromMinutes(10)) with { ServiceType = "CMT", Reference = "order 12" };
        await database.RecordAsync(Sample.Routed(message, connector));
        Assert.Equal(0, await RaiseAsync(TimeSpan.FromMinutes(5)));
        await RecordedAgoAsync(message, "6 minutes");

        Assert.Equal(1, await RaiseAsync(TimeSpan.FromMinutes(5)));

        Assert.Equal(ClaimResult.NotWanted, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0))).Result);
        var raised = Assert.Single(await database.Ledger.ReadRaisedAsync(connector, TimeSpan.Zero, 10, CancellationToken.None));
        Assert.Equal((short)1, raised.Generation);
        Assert.Equal(connector, raised.Connector);
        Assert.Equal(
            (message.Id, message.ServiceType, message.Reference, message.Source, message.Destination, message.RegisteredDelivery),
            (
                raised.Message.Id,
                raised.Message.ServiceType,
                raised.Message.Reference,
                raised.Message.Source,
                raised.Message.Destination,
                raised.Message.RegisteredDelivery
            )
        );
        Assert.Equal(message.Content.ToArray(), raised.Message.Content.ToArray());

        await database.Ledger.MarkRedrivenAsync([raised], CancellationToken.None);
        Assert.Empty(await database.Ledger.ReadRaisedAsync(connector, TimeSpan.Zero, 10, CancellationToken.None));
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 1, 0))).Result);
    }

    [Fact]
    public async Task A_message_is_not_raised_again_before_its_last_copy_had_its_time()
    {
        var message = Sample.Message(age: TimeSpan.FromMinutes(10));
        await database.RecordAsync(Sample.Routed(message, connector));
        await RecordedAgoAsync(message, "6 minutes");
        Assert.Equal(1, await RaiseAsync(TimeSpan.FromMinutes(5)));
        Assert.Equal(0, await RaiseAsync(TimeSpan.FromMinutes(5)));

        var raised = await database.Ledger.ReadRaisedAsync(connector, TimeSpan.Zero, 10, CancellationToken.None);
        await database.Ledger.MarkRedrivenAsync(raised, CancellationToken.None);

        Assert.Equal(0, await RaiseAsync(TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task A_message_claimed_lately_is_not_raised_and_one_whose_claim_led_nowhere_is()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = Sample.Message(age: TimeSpan.FromMinutes(10));
        await database.RecordAsync(Sample.Routed(message, connector));
        await RecordedAgoAsync(message, "6 minutes");
        await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0));

        Assert.Equal(0, await RaiseAsync(TimeSpan.FromMinutes(5)));

        // Its copy was lost: its worker died, and the queue does not have it either.
        await database.ExecuteAsync(
            "update submissions set claimed_at = now() - interval '6 minutes' where message_id = $1",
            message.Id.Value
        );
        await database.ExpireSlotAsync(lease);
        Assert.Equal(1, await RaiseAsync(TimeSpan.FromMinutes(5)));
        var raised = Assert.Single(await database.Ledger.ReadRaisedAsync(connector, TimeSpan.Zero, 10, CancellationToken.None));
        var other = await database.LeaseSlotAsync(connector);
        Assert.Equal(ClaimResult.Uncertain, (await database.ClaimAsync(other, new SubmitKey(message.Id, 0, raised.Generation, 0))).Result);
    }

    [Fact]
    public async Task A_message_that_waits_for_its_time_is_not_raised()
    {
        var message = Sample.Message(age: TimeSpan.FromMinutes(10));
        await database.RecordAsync(Sample.Routed(message, connector));
        await RecordedAgoAsync(message, "6 minutes");
        await database.Ledger.ScheduleRetryAsync(message.Id, Hour, CancellationToken.None);

        Assert.Equal(0, await RaiseAsync(TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task A_rejection_that_never_ended_its_message_is_told_again()
    {
        var message = Sample.Message(age: TimeSpan.FromMinutes(10));
        var recent = Sample.Message(age: TimeSpan.FromMinutes(10));
        await database.RecordAsync(Sample.Rejected(message, "no route"), Sample.Rejected(recent, "no route"));
        await RecordedAgoAsync(message, "6 minutes");

        var rejection = Assert.Single(
            await database.Ledger.ReadUnendedRejectionsAsync(Sample.Now, TimeSpan.FromMinutes(5), 10, CancellationToken.None)
        );

        Assert.Equal((message.Id, "no route"), (rejection.Id, rejection.Reason));
    }

    private Task<int> RaiseAsync(TimeSpan age) => database.Ledger.RaiseStuckAsync(connector, Sample.Now, age, 10, CancellationToken.None);

    private Task<int> RecordedAgoAsync(MessageSubmitted message, string ago) =>
        database.ExecuteAsync($"update messages set recorded_at = now() - interval '{ago}' where id = $1", message.Id.Value);

    private static MessageSubmitted OverFor(TimeSpan span) =>
        Sample.Message(age: TimeSpan.FromHours(5)) with
        {
            ValidUntil = Sample.Now - span,
        };
}
