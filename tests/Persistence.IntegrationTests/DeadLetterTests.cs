using System.Text;
using Contracts;
using Npgsql;
using Persistence.DeadLetters;
using Xunit;

namespace Persistence.IntegrationTests;

/// <summary>What failed for good is kept once, and what a person decides of it happens once.</summary>
public sealed class DeadLetterTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly DeadLetterStore store = new(database.Source);
    private readonly string queue = $"q{Guid.NewGuid():N}"[..20];

    private DeadLetterFilter All => new(queue);

    [Fact]
    public async Task A_letter_collected_twice_is_one_row_with_its_bytes_as_they_came()
    {
        var bytes = new byte[] { 0, 0xFF, 0x22, 0xC3 };
        var letter = Letter(reason: "half a character: \0") with { Body = bytes, Kind = 2, Items = 3, SentAt = Sample.Now };

        Assert.Equal(1, await store.KeepAsync([letter, letter], CancellationToken.None));
        Assert.Equal(0, await store.KeepAsync([letter], CancellationToken.None));

        var row = Assert.Single(await ListAsync(All));
        Assert.Equal((0, bytes.Length), (row.Body.Length, row.Bytes));
        Assert.Equal(("half a character:  ", (short)2, 3), (row.Reason, row.Kind, row.Items));
        Assert.Equal((DeadLetterState.Waiting, null), (row.State, row.ChangedAt));
        Assert.Equal(letter.DeadAt, row.DeadAt, TimeSpan.FromMilliseconds(1));
        Assert.Equal(letter.SentAt.Value, row.SentAt!.Value, TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, (await store.CountAsync(CancellationToken.None))[queue]);
        Assert.Equal(bytes, (await store.FindAsync(queue, row.Id, CancellationToken.None))!.Body.ToArray());
        Assert.Null(await store.FindAsync("another", row.Id, CancellationToken.None));
    }

    [Fact]
    public async Task A_letter_that_does_not_tell_its_account_gets_that_of_its_message()
    {
        var message = await database.RouteAsync("dead", "acme");

        await store.KeepAsync([Letter() with { ItemId = message.Id.Value, Account = null }], CancellationToken.None);

        Assert.Equal("acme", Assert.Single(await ListAsync(All)).Account);
    }

    [Fact]
    public async Task Letters_are_found_by_account_by_words_of_the_reason_by_number_and_page_by_page()
    {
        await store.KeepAsync(
            [Letter("acme", "No Route"), Letter("acme", "50% broken"), Letter("other", "no route at all")],
            CancellationToken.None
        );
        var rows = await ListAsync(All);

        Assert.Equal([rows[0].Id, rows[1].Id], await IdsAsync(All with { Account = "acme" }));
        Assert.Equal([rows[0].Id, rows[2].Id], await IdsAsync(All with { Reason = "no ROUTE" }));
        Assert.Equal([rows[1].Id], await IdsAsync(All with { Reason = "%" }));
        Assert.Equal([rows[2].Id], await IdsAsync(All with { Ids = [rows[2].Id, long.MaxValue] }));
        Assert.Equal([rows[0].Id], await IdsAsync(All with { Account = "acme", Reason = "route" }));
        var page = await store.ListAsync(All, DeadLetterState.Waiting, rows[0].Id, 1, CancellationToken.None);
        Assert.Equal(rows[1].Id, Assert.Single(page).Id);
    }

    [Fact]
    public async Task Only_what_was_confirmed_is_marked_as_replayed_and_the_audit_log_says_who_wanted_it()
    {
        await store.KeepAsync([Letter("acme"), Letter("acme"), Letter("acme"), Letter("other")], CancellationToken.None);
        var rows = await ListAsync(All);

        var (found, replayed) = await store.ReplayAsync(
            All with
            {
                Account = "acme",
            },
            2,
            "somebody",
            (taken, _) =>
            {
                Assert.Equal([rows[0].Id, rows[1].Id], taken.Select(row => row.Id));
                return Task.FromResult<IReadOnlyList<long>>([rows[1].Id]);
            },
            CancellationToken.None
        );

        Assert.Equal((2, 1), (found, replayed));
        Assert.Equal([rows[0].Id, rows[2].Id, rows[3].Id], await IdsAsync(All));
        var sent = Assert.Single(await store.ListAsync(All, DeadLetterState.Replayed, 0, 10, CancellationToken.None));
        Assert.Equal(rows[1].Id, sent.Id);
        Assert.NotNull(sent.ChangedAt);
        Assert.Equal(
            """somebody replayed {"account": "acme", "letters": 1}""",
            await database.ScalarAsync<string>(
                "select actor || ' ' || action || ' ' || after::text from audit_log where entity = 'dead-letters' and entity_id = $1",
                queue
            )
        );

        await store.ForgetReplayedAsync(TimeSpan.FromDays(1), CancellationToken.None);
        Assert.Single(await store.ListAsync(All, DeadLetterState.Replayed, 0, 10, CancellationToken.None));
        await store.ForgetReplayedAsync(TimeSpan.FromSeconds(-1), CancellationToken.None);
        Assert.Empty(await store.ListAsync(All, DeadLetterState.Replayed, 0, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_replay_that_fails_leaves_everything_waiting_and_two_at_once_never_take_the_same()
    {
        await store.KeepAsync([Letter(), Letter()], CancellationToken.None);
        await Assert.ThrowsAsync<IOException>(() =>
            store.ReplayAsync(All, 10, "a", (_, _) => throw new IOException("the queue is away"), CancellationToken.None)
        );
        Assert.Equal(2, (await ListAsync(All)).Count);

        var (found, _) = await store.ReplayAsync(
            All,
            1,
            "a",
            async (first, ct) =>
            {
                var taken = new List<long>();
                await store.ReplayAsync(
                    All,
                    10,
                    "b",
                    (second, _) =>
                    {
                        taken.AddRange(second.Select(row => row.Id));
                        return Task.FromResult<IReadOnlyList<long>>(taken);
                    },
                    ct
                );
                Assert.DoesNotContain(first[0].Id, taken);
                Assert.Single(taken);
                return [first[0].Id];
            },
            CancellationToken.None
        );

        Assert.Equal(1, found);
        Assert.Empty(await ListAsync(All));
    }

    [Fact]
    public async Task A_purge_removes_what_has_an_end_and_keeps_the_name_of_what_has_none()
    {
        await store.KeepAsync([Letter("acme"), Letter("acme"), Letter("other")], CancellationToken.None);
        var rows = await ListAsync(All);

        var purged = await store.PurgeAsync(
            All with
            {
                Account = "acme",
            },
            10,
            "somebody",
            (taken, _) => Task.FromResult<IReadOnlyList<long>>([taken[1].Id]),
            CancellationToken.None
        );

        Assert.Equal(2, purged);
        Assert.Equal([rows[2].Id], await IdsAsync(All));
        Assert.Null(await store.FindAsync(queue, rows[0].Id, CancellationToken.None));
        var kept = (await store.FindAsync(queue, rows[1].Id, CancellationToken.None))!;
        Assert.Equal((DeadLetterState.Purged, 0), (kept.State, kept.Body.Length));
    }

    [Fact]
    public async Task Dead_letters_of_submit_explain_what_the_books_miss_until_their_message_is_recorded()
    {
        var account = $"a{Guid.NewGuid():N}"[..20];
        var message = Sample.Message(account);
        var letter = Letter(account) with { Queue = QueueNames.Submit, ItemId = message.Id.Value };
        await store.KeepAsync([letter, letter with { EnvelopeId = Guid.NewGuid(), ItemId = null, Items = 2 }], CancellationToken.None);
        Assert.Equal(3, (await store.CountUnrecordedAsync(CancellationToken.None))[account]);

        await database.RecordAsync(Sample.Routed(message, "dead"));

        Assert.Equal(2, (await store.CountUnrecordedAsync(CancellationToken.None))[account]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_routed_message_whose_copy_is_a_dead_letter_waits_for_a_person_and_is_not_sent_again(bool high)
    {
        var connector = $"c{Guid.NewGuid():N}"[..20];
        var lane = high ? QueueNames.DispatchHigh(connector) : QueueNames.Dispatch(connector);
        var dead = await RoutedLongAgoAsync(connector);
        var vanished = await RoutedLongAgoAsync(connector);
        await store.KeepAsync(
            [Letter() with { Queue = lane, ItemId = dead.Id.Value }, Letter() with { ItemId = vanished.Id.Value }],
            CancellationToken.None
        );

        Assert.Equal(1, await RaiseAsync(connector));
        Assert.Equal(
            vanished.Id,
            Assert.Single(await database.Ledger.ReadRaisedAsync(connector, TimeSpan.Zero, 10, CancellationToken.None)).Message.Id
        );

        await store.PurgeAsync(
            new DeadLetterFilter(lane),
            10,
            "a",
            (_, _) => Task.FromResult<IReadOnlyList<long>>([]),
            CancellationToken.None
        );
        Assert.Equal(1, await RaiseAsync(connector));
    }

    [Theory]
    [InlineData("22P02", false)]
    [InlineData("23514", false)]
    [InlineData("P0001", false)]
    [InlineData("40001", true)]
    [InlineData("57P01", true)]
    [InlineData("42P01", true)]
    public void What_the_database_says_about_the_data_it_will_say_again(string sqlState, bool transient) =>
        Assert.Equal(transient, PlatformDatabase.IsTransient(new PostgresException("no", "ERROR", "ERROR", sqlState)));

    private async Task<MessageSubmitted> RoutedLongAgoAsync(string connector)
    {
        var message = Sample.Message(age: TimeSpan.FromMinutes(10));
        await database.RecordAsync(Sample.Routed(message, connector));
        await database.ExecuteAsync("update messages set recorded_at = now() - interval '6 minutes' where id = $1", message.Id.Value);
        return message;
    }

    private Task<int> RaiseAsync(string connector) =>
        database.Ledger.RaiseStuckAsync(connector, Sample.Now, TimeSpan.FromMinutes(5), 10, CancellationToken.None);

    private Task<List<DeadLetterRow>> ListAsync(DeadLetterFilter filter) =>
        store.ListAsync(filter, DeadLetterState.Waiting, 0, 100, CancellationToken.None);

    private async Task<List<long>> IdsAsync(DeadLetterFilter filter) => (await ListAsync(filter)).ConvertAll(row => row.Id);

    private NewDeadLetter Letter(string? account = "acme", string reason = "it failed") =>
        new()
        {
            Queue = queue,
            EnvelopeId = Guid.NewGuid(),
            Position = 0,
            Kind = 0,
            Failures = 11,
            Reason = reason,
            Account = account,
            DeadAt = Sample.Now,
            Body = Encoding.UTF8.GetBytes("""{"id":"x"}"""),
        };
}
