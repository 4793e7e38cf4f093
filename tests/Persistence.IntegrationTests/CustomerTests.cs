using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

/// <summary>What customers ask of their messages: where they are, to stop them, to change them.</summary>
public sealed class CustomerTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly Party Sender = new(5, 0, "Acme");
    private readonly string account = $"a{Guid.NewGuid():N}"[..20];
    private readonly string connector = $"c{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task A_message_is_found_by_its_account_only_and_with_its_state()
    {
        var message = await database.RouteAsync(connector, account);

        var found = Assert.Single(await FindAsync(Key(message)));
        Assert.Equal((message.Id, MessageState.Routed, false, Sender), (found.Id, found.State, found.IsCancelled, found.Source));
        Assert.Empty(await FindAsync(Key(message) with { Account = "someone-else" }));
        Assert.Empty(await FindAsync(Key(message) with { Id = MessageId.New(Sample.Now) }));
    }

    [Fact]
    public async Task A_short_id_finds_its_message_and_a_group_s_id_all_of_it()
    {
        var named = Sample.Message(account) with { ClientId = "0000ab12" };
        var first = Sample.Message(account);
        var second = first with { Id = MessageId.New(first.AcceptedAt), ClientId = first.Id.ToString() };
        await database.RecordAsync([.. new[] { named, first, second }.Select(m => Sample.Routed(m, connector))]);

        Assert.Equal(named.Id, Assert.Single(await FindAsync(new CustomerKey(account, "0000ab12", null, Sender))).Id);
        Assert.Equal([first.Id, second.Id], (await FindAsync(Key(first))).Select(m => m.Id).OrderBy(id => id != first.Id));
    }

    [Fact]
    public async Task A_cancelled_message_is_claimed_by_nobody_and_ends_cancelled_with_the_books_right()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = await database.RouteAsync(connector, account);

        var (result, ids) = await CancelAsync(Key(message));

        Assert.Equal(ChangeResult.Done, result);
        Assert.Equal([message.Id], ids);
        Assert.True(Assert.Single(await FindAsync(Key(message))).IsCancelled);
        var claim = await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0));
        Assert.Equal(ClaimResult.Cancelled, claim.Result);
        // A re-drive's copy does not get through either.
        Assert.Equal(ClaimResult.Cancelled, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 1, 0))).Result);

        var finished = Assert.Single(await EndAsync(message));
        Assert.Equal(MessageState.Cancelled, finished.State);
        await database.ReadAgreeingBooksAsync(account);
        Assert.Equal(ChangeResult.TooLate, (await CancelAsync(Key(message))).Result);
    }

    [Fact]
    public async Task What_is_claimed_cannot_be_cancelled_and_what_the_operator_refused_for_now_can()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var sent = await database.RouteAsync(connector, account);
        var refused = await database.RouteAsync(connector, account);
        await database.ClaimAsync(lease, new SubmitKey(sent.Id, 0, 0, 0));
        var key = new SubmitKey(refused.Id, 0, 0, 0);
        await database.ClaimAsync(lease, key);
        await database.Ledger.AnswerAsync([Sample.NotAccepted(key, SubmitOutcome.Retry, 0x14)], CancellationToken.None);

        Assert.Equal(ChangeResult.TooLate, (await CancelAsync(Key(sent))).Result);
        Assert.False(Assert.Single(await FindAsync(Key(sent))).IsCancelled);
        Assert.Equal(ChangeResult.Done, (await CancelAsync(Key(refused))).Result);
        Assert.Equal(ClaimResult.Cancelled, (await database.ClaimAsync(lease, key with { Attempt = 1 })).Result);
    }

    [Fact]
    public async Task Only_who_knows_the_sender_cancels_and_a_group_is_cancelled_in_part_or_as_a_whole()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var first = Sample.Message(account);
        var second = first with
        {
            Id = MessageId.New(first.AcceptedAt),
            ClientId = first.Id.ToString(),
            Destination = new Party(1, 1, "491700000002"),
        };
        await database.RecordAsync(Sample.Routed(first, connector), Sample.Routed(second, connector));

        Assert.Equal(ChangeResult.OtherSource, (await CancelAsync(Key(first) with { Source = new Party(5, 0, "Other") })).Result);
        Assert.Equal(ChangeResult.OtherDestination, (await CancelAsync(Key(first), "491700000009")).Result);
        Assert.Equal(ChangeResult.NotFound, (await CancelAsync(Key(Sample.Message(account)))).Result);

        var (result, ids) = await CancelAsync(Key(first), "491700000002");
        Assert.Equal(ChangeResult.Done, result);
        Assert.Equal([second.Id], ids);
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, new SubmitKey(first.Id, 0, 0, 0))).Result);

        // The first is with the operator: the group as a whole cannot be cancelled, and nothing of it is.
        Assert.Equal(ChangeResult.TooLate, (await CancelAsync(Key(first))).Result);
    }

    [Fact]
    public async Task A_message_cancelled_before_it_had_a_row_is_recorded_as_cancelled_and_claimed_by_nobody()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = Sample.Message(account);
        Assert.Equal(ChangeResult.NotFound, (await CancelAsync(Key(message))).Result);
        await database.Ledger.IntendCancelAsync(Key(message), "", CancellationToken.None);

        Assert.True(Assert.Single(await database.RecordAsync(Sample.Routed(message, connector))).IsCancelled);

        // A redelivery of the same is told the same.
        Assert.True(Assert.Single(await database.RecordAsync(Sample.Routed(message, connector))).IsCancelled);
        Assert.Equal(ClaimResult.Cancelled, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0))).Result);
    }

    [Fact]
    public async Task An_intent_of_another_account_or_another_sender_stops_nothing()
    {
        var message = Sample.Message(account);
        await database.Ledger.IntendCancelAsync(Key(message) with { Account = "mallory" }, "", CancellationToken.None);
        await database.Ledger.IntendCancelAsync(Key(message) with { Source = new Party(1, 1, "1") }, "", CancellationToken.None);

        Assert.False(Assert.Single(await database.RecordAsync(Sample.Routed(message, connector))).IsCancelled);
    }

    [Fact]
    public async Task Old_intents_are_forgotten()
    {
        var message = Sample.Message(account);
        await database.Ledger.IntendCancelAsync(Key(message), "", CancellationToken.None);
        await database.ExecuteAsync("update cancel_intents set at = now() - interval '31 days' where account = $1", account);

        await database.Ledger.ForgetCancelsAsync(TimeSpan.FromDays(30), CancellationToken.None);

        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from cancel_intents where account = $1", account));
    }

    [Fact]
    public async Task A_claim_and_a_cancel_of_one_message_at_once_never_both_succeed()
    {
        var lease = await database.LeaseSlotAsync(connector);
        for (var round = 0; round < 60; round++)
        {
            var message = await database.RouteAsync(connector, account);
            var claiming = Task.Run(() => database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0)));
            var cancelling = Task.Run(() => CancelAsync(Key(message)));

            var claimed = (await claiming).Result == ClaimResult.Claimed;
            var cancelled = (await cancelling).Result == ChangeResult.Done;

            Assert.True(claimed ^ cancelled, $"round {round}: claimed {claimed}, cancelled {cancelled}");
        }
    }

    [Fact]
    public async Task A_claim_that_waits_for_a_cancel_finds_the_message_cancelled()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = await database.RouteAsync(connector, account);
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var cancel = connection.CreateCommand())
        {
            // What CancelAsync does, held open: the claim begins before it is committed.
            cancel.CommandText = $"""
                select from messages where id = '{message.Id.Value}' for update;
                update messages set generation = generation + 1 where id = '{message.Id.Value}';
                insert into cancel_intents values ('{account}', '{message.Id}', '', 5, 0, 'Acme')
                """;
            await cancel.ExecuteNonQueryAsync();
        }

        var claiming = database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0));
        await database.BlockedSessionsAsync(1);
        await transaction.CommitAsync();

        Assert.Equal(ClaimResult.Cancelled, (await claiming).Result);
    }

    [Fact]
    public async Task A_replaced_message_goes_out_in_its_new_form_only()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = await database.RouteAsync(connector, account);
        var until = Sample.Now + TimeSpan.FromHours(3);

        Assert.Equal(ChangeResult.Done, await ReplaceAsync(message, until: until));

        Assert.Equal(ClaimResult.NotWanted, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0))).Result);
        var due = Assert.Single(await database.Ledger.ReadDueAsync(1000, CancellationToken.None), d => d.Message.Id == message.Id);
        Assert.Equal((connector, (short)1), (due.Connector, due.Generation));
        Assert.Equal("new text"u8.ToArray(), due.Message.Content.ToArray());
        Assert.Equal((2, (byte)0x11), (due.Message.Parts, due.Message.RegisteredDelivery));
        Assert.Equal(until.ToUnixTimeMilliseconds(), due.Message.ValidUntil.ToUnixTimeMilliseconds());
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 1, 0))).Result);
        await database.ReadAgreeingBooksAsync(account);

        // Now it is with the operator.
        Assert.Equal(ChangeResult.TooLate, await ReplaceAsync(message));
    }

    [Fact]
    public async Task What_was_read_before_a_replace_and_dispatched_after_it_does_not_take_the_new_form_s_row_along()
    {
        var message = await database.RouteAsync(connector, account);
        await database.Ledger.ScheduleRetryAsync(message.Id, TimeSpan.Zero, CancellationToken.None);
        var read = (await database.Ledger.ReadDueAsync(1000, CancellationToken.None)).FindAll(d => d.Message.Id == message.Id);
        await ReplaceAsync(message);

        await database.Ledger.UnscheduleAsync(read, CancellationToken.None);

        var due = Assert.Single(await database.Ledger.ReadDueAsync(1000, CancellationToken.None), d => d.Message.Id == message.Id);
        Assert.Equal(1, due.Generation);
    }

    [Fact]
    public async Task Only_own_open_messages_are_replaced_and_one_that_is_refused_stays_as_it_was()
    {
        var message = await database.RouteAsync(connector, account);

        Assert.Equal(ChangeResult.NotFound, await ReplaceAsync(Sample.Message(account)));
        Assert.Equal(
            ChangeResult.OtherSource,
            await database.Ledger.ReplaceAsync(Key(message) with { Source = new Party(1, 1, "1") }, _ => null, CancellationToken.None)
        );
        Assert.Equal(ChangeResult.Refused, await database.Ledger.ReplaceAsync(Key(message), _ => null, CancellationToken.None));
        Assert.Equal(0, await database.ScalarAsync<short>("select generation from messages where id = $1", message.Id.Value));
        await CancelAsync(Key(message));
        Assert.Equal(ChangeResult.TooLate, await ReplaceAsync(message));
    }

    [Fact]
    public async Task A_scheduled_message_waits_is_released_when_due_and_the_books_agree()
    {
        var message = await ScheduleAsync(TimeSpan.FromHours(1));
        Assert.Equal(MessageState.Scheduled, Assert.Single(await FindAsync(Key(message))).State);
        await database.Ledger.ReleaseScheduledAsync(1000, CancellationToken.None);
        Assert.Equal(MessageState.Scheduled, Assert.Single(await FindAsync(Key(message))).State);
        await database.ReadAgreeingBooksAsync(account);

        await database.ExecuteAsync("update scheduled_work set due_at = now() where message_id = $1", message.Id.Value);
        await database.Ledger.ReleaseScheduledAsync(1000, CancellationToken.None);

        Assert.Equal(MessageState.Routed, Assert.Single(await FindAsync(Key(message))).State);
        await database.ReadAgreeingBooksAsync(account);
        var due = Assert.Single(await database.Ledger.ReadDueAsync(1000, CancellationToken.None), d => d.Message.Id == message.Id);
        Assert.Equal((connector, (short)0), (due.Connector, due.Generation));
        // Recorded long ago, and not stuck: it begins now.
        await database.ExecuteAsync("update messages set recorded_at = now() - interval '1 day' where id = $1", message.Id.Value);
        await database.Ledger.UnscheduleAsync([due], CancellationToken.None);
        Assert.Equal(
            0,
            await database.Ledger.RaiseStuckAsync(
                connector,
                Sample.Now + TimeSpan.FromHours(1),
                TimeSpan.FromMinutes(15),
                10,
                CancellationToken.None
            )
        );
    }

    [Fact]
    public async Task A_scheduled_message_is_cancelled_before_its_time()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = await ScheduleAsync(TimeSpan.FromHours(1));

        Assert.Equal(ChangeResult.Done, (await CancelAsync(Key(message))).Result);

        await EndAsync(message);
        await database.ExecuteAsync("update scheduled_work set due_at = now() where message_id = $1", message.Id.Value);
        await database.Ledger.ReleaseScheduledAsync(1000, CancellationToken.None);
        Assert.DoesNotContain(await database.Ledger.ReadDueAsync(1000, CancellationToken.None), d => d.Message.Id == message.Id);
        Assert.Equal(MessageState.Cancelled, Assert.Single(await FindAsync(Key(message))).State);
        Assert.NotEqual(ClaimResult.Claimed, (await database.ClaimAsync(lease, new SubmitKey(message.Id, 0, 0, 0))).Result);
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task A_schedule_is_moved_kept_or_begun_by_a_replace()
    {
        var later = Sample.Now + TimeSpan.FromHours(5);
        var moved = await ScheduleAsync(TimeSpan.FromHours(1));
        var kept = await ScheduleAsync(TimeSpan.FromHours(1));
        var begun = await database.RouteAsync(connector, account);

        Assert.Equal(ChangeResult.Done, await ReplaceAsync(moved, schedule: later));
        Assert.Equal(ChangeResult.Done, await ReplaceAsync(kept));
        Assert.Equal(ChangeResult.Done, await ReplaceAsync(begun, schedule: later));

        Assert.Equal(later.ToUnixTimeMilliseconds(), (await DueAtAsync(moved)).ToUnixTimeMilliseconds());
        Assert.Equal(kept.ScheduledAt!.Value.ToUnixTimeMilliseconds(), (await DueAtAsync(kept)).ToUnixTimeMilliseconds());
        Assert.Equal(later.ToUnixTimeMilliseconds(), (await DueAtAsync(begun)).ToUnixTimeMilliseconds());
        Assert.Equal(MessageState.Scheduled, Assert.Single(await FindAsync(Key(begun))).State);
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task Blocks_of_short_ids_are_given_once()
    {
        var leased = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => database.Ledger.LeaseShortIdsAsync(10, CancellationToken.None)));

        var all = leased.SelectMany(blocks => blocks).ToList();
        Assert.Equal(80, all.Distinct().Count());
        Assert.All(all, first => Assert.Equal(0, first % MessageLedger.ShortIdBlock));
        Assert.All(all, first => Assert.InRange(first + MessageLedger.ShortIdBlock, 0, 1L << 40));
    }

    [Fact]
    public async Task Who_asked_for_progress_of_an_open_message_is_followed()
    {
        var followed = Sample.Message(account) with { RegisteredDelivery = 0x11 };
        var ended = Sample.Message(account) with { RegisteredDelivery = 0x11 };
        var other = Sample.Message(account);
        await database.RecordAsync([.. new[] { followed, ended, other }.Select(m => Sample.Routed(m, connector))]);
        await EndAsync(ended);

        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        var found = await transaction.ReadFollowedAsync([followed.Id, ended.Id, other.Id], CancellationToken.None);

        Assert.Equal(followed.Id, Assert.Single(found).Id);
    }

    private static CustomerKey Key(MessageSubmitted message) =>
        new(message.Account, message.ClientId ?? message.Id.ToString(), message.Id, Sender);

    private Task<List<CustomerMessage>> FindAsync(CustomerKey key) => database.Ledger.FindAsync(key, CancellationToken.None);

    private Task<(ChangeResult Result, List<MessageId> Ids)> CancelAsync(CustomerKey key, string destination = "") =>
        database.Ledger.CancelAsync(key, destination, CancellationToken.None);

    private Task<ChangeResult> ReplaceAsync(MessageSubmitted message, DateTimeOffset? until = null, DateTimeOffset? schedule = null) =>
        database.Ledger.ReplaceAsync(
            Key(message),
            old => new Replacement("new text"u8.ToArray(), false, 2, 0x11, until ?? old.ValidUntil, schedule),
            CancellationToken.None
        );

    private async Task<MessageSubmitted> ScheduleAsync(TimeSpan ahead)
    {
        var message = Sample.Message(account) with { ScheduledAt = Sample.Now + ahead };
        var stored = Assert.Single(await database.RecordAsync(Sample.Routed(message, connector)));
        Assert.Equal(MessageState.Scheduled, stored.State);
        return message;
    }

    private async Task<DateTimeOffset> DueAtAsync(MessageSubmitted message) =>
        await database.ScalarAsync<DateTime>("select due_at from scheduled_work where message_id = $1 and kind = 2", message.Id.Value);

    private async Task<List<FinishedMessage>> EndAsync(MessageSubmitted message)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        var finished = await transaction.ApplyAsync([Sample.End(message, MessageState.Cancelled)], [], CancellationToken.None);
        await transaction.CommitAsync([], CancellationToken.None);
        return finished;
    }
}
