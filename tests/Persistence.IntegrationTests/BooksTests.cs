using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class BooksTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task The_books_agree_with_the_rows_after_every_step_of_every_message()
    {
        const string account = "every-step";
        var delivered = await database.RouteAsync("one", account);
        var failed = await database.RouteAsync("one", account);
        var uncertain = await database.RouteAsync("one", account);
        var rejected = Sample.Message(account);
        await database.RecordAsync(Sample.Rejected(rejected, "no route"));
        var recorded = await database.ReadAgreeingBooksAsync(account);
        Assert.Equal((3, 1), (recorded.States[MessageState.Routed], recorded.States[MessageState.Accepted]));

        await using (var events = await database.Ledger.BeginAsync(CancellationToken.None))
        {
            await events.ApplyAsync(
                [],
                [Sample.Submitted(delivered), Sample.Submitted(failed), Sample.Submitted(uncertain, uncertain: true)],
                CancellationToken.None
            );
            await events.CommitAsync([], CancellationToken.None);
        }

        var submitted = await database.ReadAgreeingBooksAsync(account);
        Assert.Equal((2, 1), (submitted.States[MessageState.Submitted], submitted.States[MessageState.Uncertain]));

        await database.Ledger.FoldBooksAsync(CancellationToken.None);
        await database.ReadAgreeingBooksAsync(account);

        await using (var events = await database.Ledger.BeginAsync(CancellationToken.None))
        {
            await events.ApplyAsync(
                [
                    Sample.End(delivered, MessageState.Delivered),
                    Sample.End(failed, MessageState.Failed),
                    Sample.End(uncertain, MessageState.Expired),
                    Sample.End(rejected, MessageState.Rejected),
                ],
                [],
                CancellationToken.None
            );
            await events.CommitAsync([], CancellationToken.None);
        }

        var finished = await database.ReadAgreeingBooksAsync(account);
        Assert.All(
            [MessageState.Delivered, MessageState.Failed, MessageState.Expired, MessageState.Rejected],
            state => Assert.Equal(1, finished.States[state])
        );
    }

    [Fact]
    public async Task Folding_changes_nothing_that_is_read()
    {
        await database.RouteAsync("one", "folded");
        await database.RouteAsync("one", "folded");
        var before = await database.ReadAgreeingBooksAsync("folded");

        await database.Ledger.FoldBooksAsync(CancellationToken.None);

        var after = await database.ReadAgreeingBooksAsync("folded");
        Assert.Equal(before.States, after.States);
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from ledger_entries where account = 'folded'"));
        await database.Ledger.FoldBooksAsync(CancellationToken.None);
        Assert.Equal(before.States, (await database.ReadAgreeingBooksAsync("folded")).States);
    }

    [Fact]
    public async Task Folds_at_the_same_time_count_every_entry_once()
    {
        await database.RecordAsync([.. Enumerable.Range(0, 300).Select(_ => Sample.Routed(Sample.Message("folded-together"), "one"))]);
        for (var i = 0; i < 20; i++)
        {
            await database.RouteAsync("one", "folded-together");
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => database.Ledger.FoldBooksAsync(CancellationToken.None)));

        Assert.Equal(320, (await database.ReadAgreeingBooksAsync("folded-together")).Recorded);
    }

    [Fact]
    public async Task What_was_accepted_is_what_was_recorded_and_what_is_still_on_its_way()
    {
        var boot = Guid.NewGuid();
        await database.RecordAsync(
            Sample.Routed(Sample.Message("balanced"), "one", boot),
            Sample.Routed(Sample.Message("balanced"), "one", boot)
        );

        await database.Ledger.CheckpointAsync(boot, [new AcceptCount("balanced", 2, 0)], CancellationToken.None);
        Assert.Equal((2, 0), await BalanceAsync());

        await database.Ledger.CheckpointAsync(boot, [new AcceptCount("balanced", 5, 1)], CancellationToken.None);
        Assert.Equal((5, 3), await BalanceAsync());

        // A second process counts for itself; the account's books have both.
        await database.Ledger.CheckpointAsync(Guid.NewGuid(), [new AcceptCount("balanced", 10, 0)], CancellationToken.None);
        Assert.Equal((15, 13), await BalanceAsync());

        async Task<(long Accepted, long NotYetRecorded)> BalanceAsync()
        {
            var balance = await database.ReadAgreeingBooksAsync("balanced");
            Assert.Equal(balance.Accepted, balance.NotYetRecorded + balance.States.Values.Sum());
            return (balance.Accepted, balance.NotYetRecorded);
        }
    }

    [Fact]
    public async Task A_fold_keeps_what_each_process_had_recorded_beside_its_checkpoint()
    {
        var boot = Guid.NewGuid();
        await database.RecordAsync(
            Sample.Routed(Sample.Message("by-boot"), "one", boot),
            Sample.Rejected(Sample.Message("by-boot"), "no", boot)
        );
        await database.Ledger.FoldBooksAsync(CancellationToken.None);

        await database.Ledger.CheckpointAsync(boot, [new AcceptCount("by-boot", 2, 1)], CancellationToken.None);

        Assert.Equal(
            1L,
            await database.ScalarAsync<long>(
                "select count(*) from accept_checkpoints where boot_id = $1 and accepted = 2 and maybe_accepted = 1 and recorded = 2",
                boot
            )
        );
    }

    [Fact]
    public async Task Only_open_messages_past_their_validity_and_the_grace_are_overdue()
    {
        var late = Sample.Message("overdue", TimeSpan.FromHours(5)) with { ValidUntil = Sample.Now - TimeSpan.FromHours(2) };
        var ended = Sample.Message("overdue", TimeSpan.FromHours(5)) with { ValidUntil = Sample.Now - TimeSpan.FromHours(2) };
        await database.RecordAsync(
            Sample.Routed(late, "one"),
            Sample.Routed(ended, "one"),
            Sample.Routed(Sample.Message("overdue"), "one")
        );
        await using (var events = await database.Ledger.BeginAsync(CancellationToken.None))
        {
            await events.ApplyAsync([Sample.End(ended, MessageState.Expired)], [], CancellationToken.None);
            await events.CommitAsync([], CancellationToken.None);
        }

        Assert.Equal(1, await database.Ledger.CountOverdueAsync(Sample.Now, TimeSpan.FromHours(1), CancellationToken.None));
        Assert.Equal(0, await database.Ledger.CountOverdueAsync(Sample.Now, TimeSpan.FromHours(3), CancellationToken.None));
    }
}
