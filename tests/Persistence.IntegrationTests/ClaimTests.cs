using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class ClaimTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly string connector = $"c{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task A_routed_message_is_claimed_once()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));

        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, key)).Result);
        Assert.Equal(ClaimResult.OursInFlight, (await database.ClaimAsync(lease, key)).Result);
        Assert.Single(await database.Ledger.ReadSubmissionsAsync(key.Id, CancellationToken.None));
    }

    [Fact]
    public async Task Claims_are_answered_in_the_order_of_their_keys()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var unknown = Key(Sample.Message());
        var elsewhere = Key(await database.RouteAsync("elsewhere"));
        var ours = Key(await database.RouteAsync(connector));

        var claims = await database.Ledger.ClaimAsync(lease, [unknown, ours, elsewhere], CancellationToken.None);

        Assert.Equal([ClaimResult.Unknown, ClaimResult.Claimed, ClaimResult.NotWanted], claims.Select(claim => claim.Result));
    }

    [Fact]
    public async Task Every_part_is_claimed_by_itself()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = await database.RouteAsync(connector, parts: 2);

        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0))).Result);
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 1, 0, 0))).Result);
    }

    [Fact]
    public async Task The_same_key_twice_in_one_batch_is_claimed_once()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));

        var claims = await database.Ledger.ClaimAsync(lease, [key, key], CancellationToken.None);

        Assert.Equal([ClaimResult.Claimed, ClaimResult.OursInFlight], claims.Select(claim => claim.Result));
    }

    [Theory]
    [InlineData(MessageState.Accepted)]
    [InlineData(MessageState.Scheduled)]
    [InlineData(MessageState.Held)]
    [InlineData(MessageState.Delivered)]
    [InlineData(MessageState.Failed)]
    [InlineData(MessageState.Rejected)]
    [InlineData(MessageState.Expired)]
    [InlineData(MessageState.Cancelled)]
    public async Task A_message_that_is_not_to_be_sent_is_not_wanted(MessageState state)
    {
        var lease = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await database.ExecuteAsync("update messages set state = $2 where id = $1", key.Id.Value, (short)state);

        Assert.Equal(ClaimResult.NotWanted, (await database.ClaimAsync(lease, key)).Result);
        Assert.Empty(await database.Ledger.ReadSubmissionsAsync(key.Id, CancellationToken.None));
    }

    [Fact]
    public async Task A_copy_of_an_older_generation_is_not_wanted_and_the_newer_one_is()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await database.ExecuteAsync("update messages set generation = 1 where id = $1", key.Id.Value);

        Assert.Equal(ClaimResult.NotWanted, (await database.ClaimAsync(lease, key)).Result);
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, key with { Generation = 1 })).Result);
    }

    [Fact]
    public async Task A_fence_that_is_not_the_slots_claims_nothing()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));

        Assert.Equal(ClaimResult.LeaseLost, (await database.ClaimAsync(lease with { Fence = lease.Fence - 1 }, key)).Result);
        Assert.Equal(ClaimResult.LeaseLost, (await database.ClaimAsync(lease with { Holder = Guid.NewGuid() }, key)).Result);
        Assert.Equal(ClaimResult.LeaseLost, (await database.ClaimAsync(lease with { Slot = 7 }, key)).Result);
        Assert.Empty(await database.Ledger.ReadSubmissionsAsync(key.Id, CancellationToken.None));
    }

    [Fact]
    public async Task An_expired_lease_claims_nothing()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await database.ExpireSlotAsync(lease);

        Assert.Equal(ClaimResult.LeaseLost, (await database.ClaimAsync(lease, key)).Result);
    }

    [Fact]
    public async Task What_another_lease_claimed_is_in_flight_while_that_lease_lives_and_uncertain_after()
    {
        var first = await database.LeaseSlotAsync(connector);
        var second = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await database.ClaimAsync(first, key);

        Assert.Equal(new Claim(ClaimResult.InFlight, null, 0, 1, 0), await database.ClaimAsync(second, key));

        await database.ExpireSlotAsync(first);
        Assert.Equal(new Claim(ClaimResult.Uncertain, null, 0, 1, 0), await database.ClaimAsync(second, key));
    }

    [Fact]
    public async Task A_claim_that_became_final_meanwhile_is_not_uncertain_but_not_wanted()
    {
        var first = await database.LeaseSlotAsync(connector);
        var second = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await database.ClaimAsync(first, key);
        await database.ExpireSlotAsync(first);
        await database.ExecuteAsync("update messages set state = 13 where id = $1", key.Id.Value);

        Assert.Equal(ClaimResult.NotWanted, (await database.ClaimAsync(second, key)).Result);
    }

    [Theory]
    [InlineData(SubmitOutcome.Accepted, 0)]
    [InlineData(SubmitOutcome.Refused, 0)]
    [InlineData(SubmitOutcome.Retry, 0)]
    [InlineData(SubmitOutcome.Uncertain, 1)]
    public async Task What_was_answered_before_is_told_with_its_outcome(SubmitOutcome outcome, short lost)
    {
        var lease = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await database.ClaimAsync(lease, key);
        await database.Ledger.AnswerAsync([Sample.NotAccepted(key, outcome, 0)], CancellationToken.None);

        Assert.Equal(new Claim(ClaimResult.Answered, outcome, 0, lost, 0), await database.ClaimAsync(lease, key));
    }

    [Fact]
    public async Task Lost_answers_are_counted_over_all_tries()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var other = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await database.ClaimAsync(lease, key);
        await database.Ledger.AnswerAsync([Sample.NotAccepted(key, SubmitOutcome.Uncertain, 0)], CancellationToken.None);
        await database.ClaimAsync(lease, key with { Attempt = 1 });
        await database.Ledger.AnswerAsync([Sample.NotAccepted(key with { Attempt = 1 }, SubmitOutcome.Retry, 8)], CancellationToken.None);
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, key with { Attempt = 2 })).Result);
        await database.ExpireSlotAsync(lease);

        Assert.Equal(new Claim(ClaimResult.Uncertain, null, 2, 2, 1), await database.ClaimAsync(other, key));
    }

    [Fact]
    public async Task Refusals_are_counted_over_all_tries_and_what_was_never_sent_is_none()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        foreach (var (attempt, status) in new (short, uint)[] { (0, 0x08), (1, 0), (2, 0x14) })
        {
            Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, key with { Attempt = attempt })).Result);
            await database.Ledger.AnswerAsync(
                [Sample.NotAccepted(key with { Attempt = attempt }, SubmitOutcome.Retry, status)],
                CancellationToken.None
            );
        }

        Assert.Equal(new Claim(ClaimResult.Answered, SubmitOutcome.Retry, 2, 0, 2), await database.ClaimAsync(lease, key));
    }

    [Theory]
    [InlineData(null, ClaimResult.Uncertain)]
    [InlineData(SubmitOutcome.Accepted, ClaimResult.Answered)]
    [InlineData(SubmitOutcome.Retry, ClaimResult.Answered)]
    public async Task A_copy_of_a_newer_generation_is_no_first_try_where_an_older_one_was_claimed(
        SubmitOutcome? outcome,
        ClaimResult expected
    )
    {
        var first = await database.LeaseSlotAsync(connector);
        var second = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await database.ClaimAsync(first, key);
        if (outcome is { } known)
        {
            await database.Ledger.AnswerAsync([Sample.NotAccepted(key, known, 0)], CancellationToken.None);
        }

        await database.ExpireSlotAsync(first);
        await database.ExecuteAsync("update messages set generation = 1 where id = $1", key.Id.Value);
        var raised = key with { Generation = 1 };

        Assert.Equal(expected, (await database.ClaimAsync(second, raised)).Result);
        Assert.Single(await database.Ledger.ReadSubmissionsAsync(key.Id, CancellationToken.None));
        // The policy's own decision to send again is one more try, in the new generation.
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(second, raised with { Attempt = 1 })).Result);
    }

    [Fact]
    public async Task Of_two_connections_that_claim_the_same_keys_exactly_one_wins_each()
    {
        var first = await database.LeaseSlotAsync(connector);
        var second = await database.LeaseSlotAsync(connector);
        var messages = new List<MessageSubmitted>();
        for (var i = 0; i < 100; i++)
        {
            messages.Add(Sample.Message());
        }

        await database.RecordAsync([.. messages.Select(message => Sample.Routed(message, connector))]);
        var keys = messages.ConvertAll(Key);

        var claims = await Task.WhenAll(
            Task.Run(() => database.Ledger.ClaimAsync(first, keys, CancellationToken.None)),
            Task.Run(() => database.Ledger.ClaimAsync(second, keys, CancellationToken.None))
        );

        for (var i = 0; i < keys.Count; i++)
        {
            var results = new[] { claims[0][i].Result, claims[1][i].Result }.Order();
            Assert.Equal([ClaimResult.Claimed, ClaimResult.InFlight], results);
        }
    }

    [Fact]
    public async Task A_claim_that_loses_to_one_not_yet_committed_is_in_flight_and_its_copy_is_kept()
    {
        var winner = await database.LeaseSlotAsync(connector);
        var loser = await database.LeaseSlotAsync(connector);
        var key = Key(await database.RouteAsync(connector));
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var claim = connection.CreateCommand())
        {
            claim.CommandText =
                "insert into submissions (message_id, part, generation, attempt, connector, slot, holder, fence) values ($1, 0, 0, 0, $2, $3, $4, $5)";
            claim.Parameters.Add(new() { Value = key.Id.Value });
            claim.Parameters.Add(new() { Value = winner.Connector });
            claim.Parameters.Add(new() { Value = winner.Slot });
            claim.Parameters.Add(new() { Value = winner.Holder });
            claim.Parameters.Add(new() { Value = winner.Fence });
            await claim.ExecuteNonQueryAsync();
        }

        var losing = database.ClaimAsync(loser, key);
        await database.BlockedSessionsAsync(1);
        await transaction.CommitAsync();

        Assert.Equal(ClaimResult.InFlight, (await losing).Result);
    }

    [Fact]
    public async Task An_answer_is_written_with_the_id_by_which_its_receipt_will_be_found()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var accepted = Key(await database.RouteAsync(connector));
        var refused = Key(await database.RouteAsync(connector));
        await database.Ledger.ClaimAsync(lease, [accepted, refused], CancellationToken.None);
        var answers = new[]
        {
            Sample.Accepted(accepted, $"id-{connector}") with
            {
                OperatorId = $"00ID-{connector}",
            },
            Sample.NotAccepted(refused, SubmitOutcome.Refused, 0x0B),
        };

        await database.Ledger.AnswerAsync(answers, CancellationToken.None);
        // A redelivered answer changes nothing.
        await database.Ledger.AnswerAsync(answers, CancellationToken.None);

        var row = Assert.Single(await database.Ledger.ReadSubmissionsAsync(accepted.Id, CancellationToken.None));
        Assert.Equal((SubmitOutcome.Accepted, 0u, $"00ID-{connector}"), (row.Outcome, row.Status, row.OperatorId));
        Assert.NotNull(row.AnsweredAt);
        var other = Assert.Single(await database.Ledger.ReadSubmissionsAsync(refused.Id, CancellationToken.None));
        Assert.Equal((SubmitOutcome.Refused, 0x0Bu, null), (other.Outcome, other.Status, other.OperatorId));
        Assert.Equal(
            1L,
            await database.ScalarAsync<long>(
                "select count(*) from operator_ids where operator = $1 and canonical_id = $2 and message_id = $3",
                Sample.Operator,
                $"id-{connector}",
                accepted.Id.Value
            )
        );
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from operator_ids where message_id = $1", refused.Id.Value));
    }

    private static SubmitKey Key(MessageSubmitted message) => new(message.Id, 0, 0, 0);
}
