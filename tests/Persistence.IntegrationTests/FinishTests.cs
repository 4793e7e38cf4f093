using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class FinishTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly string account = $"a{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task A_submitted_message_moves_on_and_never_back()
    {
        var message = await database.RouteAsync("one", account);

        await SubmittedAsync(Sample.Submitted(message, uncertain: true));
        Assert.Equal(MessageState.Uncertain, await StateAsync(message));

        await SubmittedAsync(Sample.Submitted(message));
        Assert.Equal(MessageState.Submitted, await StateAsync(message));

        // A lost answer told late changes nothing about an accepted message.
        await SubmittedAsync(Sample.Submitted(message, uncertain: true));
        Assert.Equal(MessageState.Submitted, await StateAsync(message));

        await FinishAsync(Sample.End(message, MessageState.Delivered));
        await SubmittedAsync(Sample.Submitted(message));
        Assert.Equal(MessageState.Delivered, await StateAsync(message));
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task A_message_of_one_part_ends_with_it_and_tells_what_its_receipt_needs()
    {
        var message = Sample.Message(account) with { ClientId = "0190", RegisteredDelivery = 1 };
        await database.RecordAsync(Sample.Routed(message, "one"));

        var finished = Assert.Single(await FinishAsync(Sample.End(message, MessageState.Failed, error: "034")));

        Assert.Equal(
            (message.Id, account, "esme", "0190", (byte)1, message.Source, message.Destination, MessageState.Failed, "034"),
            (
                finished.Id,
                finished.Account,
                finished.SystemId,
                finished.ClientId,
                finished.RegisteredDelivery,
                finished.Source,
                finished.Destination,
                finished.State,
                finished.Error
            )
        );
        var row = (await database.Ledger.FindAsync(message.Id, CancellationToken.None))!;
        Assert.Equal((MessageState.Failed, "034", "it ended as Failed"), (row.State, row.ErrorCode, row.Reason));
        Assert.NotNull(row.DoneAt);
        await database.ReadAgreeingBooksAsync(account);
    }

    [Theory]
    [InlineData(MessageState.Delivered)]
    [InlineData(MessageState.Failed)]
    [InlineData(MessageState.Rejected)]
    [InlineData(MessageState.Expired)]
    [InlineData(MessageState.Cancelled)]
    public async Task A_final_state_stays_and_owes_nothing_twice(MessageState state)
    {
        var message = await database.RouteAsync("one", account);
        Assert.Single(await FinishAsync(Sample.End(message, state)));

        Assert.Empty(await FinishAsync(Sample.End(message, state)));
        Assert.Empty(await FinishAsync(Sample.End(message, MessageState.Failed)));
        Assert.Empty(await FinishAsync(Sample.End(message, MessageState.Expired)));

        Assert.Equal(state, await StateAsync(message));
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task A_delivery_after_expiry_corrects_the_state_and_the_books_without_a_second_receipt()
    {
        var message = await database.RouteAsync("one", account);
        Assert.Single(await FinishAsync(Sample.End(message, MessageState.Expired)));

        Assert.Empty(await FinishAsync(Sample.End(message, MessageState.Delivered)));

        Assert.Equal(MessageState.Delivered, await StateAsync(message));
        var books = await database.ReadAgreeingBooksAsync(account);
        Assert.Equal((1, 0), (books.States[MessageState.Delivered], books.States[MessageState.Expired]));
    }

    [Theory]
    [InlineData(MessageState.Failed)]
    [InlineData(MessageState.Rejected)]
    [InlineData(MessageState.Cancelled)]
    public async Task A_delivery_corrects_no_other_final_state(MessageState state)
    {
        var message = await database.RouteAsync("one", account);
        await FinishAsync(Sample.End(message, state));

        Assert.Empty(await FinishAsync(Sample.End(message, MessageState.Delivered)));

        Assert.Equal(state, await StateAsync(message));
    }

    [Fact]
    public async Task The_same_end_twice_in_one_batch_ends_the_message_once()
    {
        var message = await database.RouteAsync("one", account);

        Assert.Single(await FinishAsync(Sample.End(message, MessageState.Delivered), Sample.End(message, MessageState.Delivered)));

        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task A_long_message_ends_with_its_last_part_whatever_their_order()
    {
        var message = await SubmitLongAsync(3);

        Assert.Empty(await FinishAsync(Sample.End(message, MessageState.Delivered, 2, 3)));
        // The same part again is not another part.
        Assert.Empty(await FinishAsync(Sample.End(message, MessageState.Delivered, 2, 3)));
        Assert.Empty(await FinishAsync(Sample.End(message, MessageState.Delivered, 0, 3)));
        Assert.Equal(MessageState.Routed, await StateAsync(message));

        var finished = Assert.Single(await FinishAsync(Sample.End(message, MessageState.Delivered, 1, 3)));

        Assert.Equal((message.Id, MessageState.Delivered, null), (finished.Id, finished.State, finished.Error));
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task All_parts_in_one_batch_end_a_long_message_once()
    {
        var message = await SubmitLongAsync(2);

        Assert.Single(
            await FinishAsync(Sample.End(message, MessageState.Delivered, 1, 2), Sample.End(message, MessageState.Delivered, 0, 2))
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_part_that_failed_decides_how_a_long_message_ends(bool failsFirst)
    {
        var message = await SubmitLongAsync(2);
        var failed = Sample.End(message, MessageState.Failed, 0, 2, "0B2");
        var delivered = Sample.End(message, MessageState.Delivered, 1, 2, "000");

        Assert.Empty(await FinishAsync(failsFirst ? failed : delivered));
        var finished = Assert.Single(await FinishAsync(failsFirst ? delivered : failed));

        Assert.Equal((MessageState.Failed, "0B2"), (finished.State, finished.Error));
        Assert.Equal(
            [MessageState.Failed, MessageState.Delivered],
            (await database.Ledger.ReadSubmissionsAsync(message.Id, CancellationToken.None)).Select(row => row.ReceiptState)
        );
    }

    [Fact]
    public async Task The_reason_of_a_part_that_failed_in_an_earlier_batch_is_the_messages()
    {
        var message = await SubmitLongAsync(2);
        await FinishAsync(Sample.End(message, MessageState.Failed, 0, 2, "0B2") with { Reason = "absent subscriber" });
        await FinishAsync(Sample.End(message, MessageState.Delivered, 1, 2, "000") with { Reason = null });

        Assert.Equal("absent subscriber", (await database.Ledger.FindAsync(message.Id, CancellationToken.None))!.Reason);
    }

    [Fact]
    public async Task Deliveries_of_all_parts_after_expiry_correct_a_long_message_without_a_second_receipt()
    {
        var message = await SubmitLongAsync(2);
        await FinishAsync(Sample.End(message, MessageState.Delivered, 0, 2));
        Assert.Single(await FinishAsync(Sample.End(message, MessageState.Expired, 1, 2)));
        Assert.Equal(MessageState.Expired, await StateAsync(message));

        Assert.Empty(await FinishAsync(Sample.End(message, MessageState.Delivered, 1, 2)));

        Assert.Equal(MessageState.Delivered, await StateAsync(message));
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task Two_transactions_that_end_the_two_parts_at_once_finish_the_message_exactly_once()
    {
        var message = await SubmitLongAsync(2);
        await using var first = await database.Ledger.BeginAsync(CancellationToken.None);
        await using var second = await database.Ledger.BeginAsync(CancellationToken.None);

        Assert.Empty(await first.ApplyAsync([Sample.End(message, MessageState.Delivered, 0, 2)], [], CancellationToken.None));
        var finishing = second.ApplyAsync([Sample.End(message, MessageState.Delivered, 1, 2)], [], CancellationToken.None);
        await database.BlockedSessionsAsync(1);
        await first.CommitAsync([], CancellationToken.None);
        var finished = await finishing;
        await second.CommitAsync([], CancellationToken.None);

        Assert.Equal(message.Id, Assert.Single(finished).Id);
        Assert.Equal(MessageState.Delivered, await StateAsync(message));
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task Many_transactions_that_end_parts_of_the_same_messages_finish_each_exactly_once()
    {
        var messages = new List<MessageSubmitted>();
        for (var i = 0; i < 20; i++)
        {
            messages.Add(await SubmitLongAsync(2));
        }

        var finished = await Task.WhenAll(
            Task.Run(() => FinishAsync([.. messages.Select(message => Sample.End(message, MessageState.Delivered, 0, 2))])),
            Task.Run(() => FinishAsync([.. messages.Select(message => Sample.End(message, MessageState.Delivered, 1, 2)).Reverse()]))
        );

        Assert.Equal(messages.Select(m => m.Id.Value).Order(), finished.SelectMany(f => f).Select(f => f.Id.Value).Order());
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task What_customers_are_owed_is_written_with_the_states_or_not_at_all()
    {
        var message = await database.RouteAsync("one", account);
        await using (var rolledBack = await database.Ledger.BeginAsync(CancellationToken.None))
        {
            Assert.Single(await rolledBack.ApplyAsync([Sample.End(message, MessageState.Delivered)], [], CancellationToken.None));
            await rolledBack.ParkAsync([Sample.Receipt(account)], TimeSpan.Zero, CancellationToken.None);
        }

        Assert.Equal(MessageState.Routed, await StateAsync(message));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from parked_receipts where canonical_id = $1", account));
        await database.ReadAgreeingBooksAsync(account);

        await using (var transaction = await database.Ledger.BeginAsync(CancellationToken.None))
        {
            await transaction.ApplyAsync([Sample.End(message, MessageState.Delivered)], [], CancellationToken.None);
            await transaction.CommitAsync([Sample.Pack(account)], CancellationToken.None);
        }

        Assert.Equal(MessageState.Delivered, await StateAsync(message));
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from deliveries where recipient = $1", account));
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task Deliveries_that_cannot_be_written_take_the_states_and_the_books_back_with_them()
    {
        var message = await database.RouteAsync("one", account);
        await using (var transaction = await database.Ledger.BeginAsync(CancellationToken.None))
        {
            await transaction.ApplyAsync([Sample.End(message, MessageState.Delivered)], [], CancellationToken.None);
            // A NUL is text PostgreSQL does not take.
            await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() =>
                transaction.CommitAsync([Sample.Pack(account + "\0")], CancellationToken.None)
            );
        }

        Assert.Equal(MessageState.Routed, await StateAsync(message));
        await database.ReadAgreeingBooksAsync(account);
    }

    [Fact]
    public async Task Transactions_that_end_some_messages_and_move_others_on_wait_for_each_other_and_never_for_ever()
    {
        var random = new Random(3);
        for (var round = 0; round < 8; round++)
        {
            var messages = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => database.RouteAsync("one")));
            // The ids are the same on both sides, ended here and moved on there: without one order for all, they would meet crosswise.
            var half = messages.OrderBy(_ => random.Next()).ToList();
            await Task.WhenAll(ChangeAsync(half[..20], half[20..]), ChangeAsync(half[20..], half[..20]));
        }

        async Task ChangeAsync(List<MessageSubmitted> ended, List<MessageSubmitted> moved)
        {
            await using var events = await database.Ledger.BeginAsync(CancellationToken.None);
            await events.ApplyAsync(
                [.. ended.Select(message => Sample.End(message, MessageState.Delivered))],
                [.. moved.Select(message => Sample.Submitted(message))],
                CancellationToken.None
            );
            await events.CommitAsync([], CancellationToken.None);
        }
    }

    private async Task<MessageSubmitted> SubmitLongAsync(short parts)
    {
        var connector = $"c{Guid.NewGuid():N}"[..20];
        var lease = await database.LeaseSlotAsync(connector);
        var message = await database.RouteAsync(connector, account, parts);
        for (short part = 0; part < parts; part++)
        {
            await database.SubmitAsync(lease, message, $"{message.Id}-{part}", part, parts);
        }

        return message;
    }

    private async Task SubmittedAsync(params PartSubmitted[] submitted)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        await transaction.ApplyAsync([], submitted, CancellationToken.None);
        await transaction.CommitAsync([], CancellationToken.None);
    }

    private async Task<List<FinishedMessage>> FinishAsync(params PartEnd[] ends)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        var finished = await transaction.ApplyAsync(ends, [], CancellationToken.None);
        await transaction.CommitAsync([], CancellationToken.None);
        return finished;
    }

    private async Task<MessageState> StateAsync(MessageSubmitted message) =>
        (await database.Ledger.FindAsync(message.Id, CancellationToken.None))!.State;
}
