using Contracts;
using Persistence.Ledger;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class MatchTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly string connector = $"c{Guid.NewGuid():N}"[..20];
    private readonly string id = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task A_receipt_finds_the_part_that_got_its_id()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = await database.RouteAsync(connector, parts: 2);
        await database.SubmitAsync(lease, message, id + "-0", 0, 2);
        await database.SubmitAsync(lease, message, id + "-1", 1, 2);

        var matches = await MatchAsync(Sample.Receipt(id + "-1"), Sample.Receipt("never given"), Sample.Receipt(id + "-0"));

        Assert.Equal([new ReceiptMatch(message.Id, 1, 2), null, new ReceiptMatch(message.Id, 0, 2)], matches);
    }

    [Fact]
    public async Task Ids_belong_to_their_operator()
    {
        var lease = await database.LeaseSlotAsync(connector);
        await database.SubmitAsync(lease, await database.RouteAsync(connector), id);

        Assert.Equal([null], await MatchAsync(Sample.Receipt(id, "operator-b")));
    }

    [Fact]
    public async Task An_id_that_was_used_again_belongs_to_the_newest_open_message()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var messages = new[] { 3, 2, 1 }.Select(minutes => Sample.Message(age: TimeSpan.FromMinutes(minutes))).ToArray();
        await database.RecordAsync([.. messages.Select(message => Sample.Routed(message, connector))]);
        foreach (var message in messages)
        {
            await database.SubmitAsync(lease, message, id);
        }

        Assert.Equal(messages[2].Id, Assert.Single(await MatchAsync(Sample.Receipt(id)))?.Id);

        // A newer message that is over leaves its id to the older one that is not.
        await FinishAsync(messages[2]);
        Assert.Equal(messages[1].Id, Assert.Single(await MatchAsync(Sample.Receipt(id)))?.Id);

        // All over: the newest, whose state a late delivery may correct.
        await FinishAsync(messages[1]);
        await FinishAsync(messages[0]);
        Assert.Equal(messages[2].Id, Assert.Single(await MatchAsync(Sample.Receipt(id)))?.Id);
    }

    [Fact]
    public async Task A_parked_receipt_is_taken_when_due_and_gone_when_it_matched()
    {
        var receipt = Sample.Receipt(id);
        await ParkAsync(receipt, TimeSpan.FromHours(1));
        Assert.Empty(await TakeAsync());

        await MakeDueAsync(receipt);
        await using (var transaction = await database.Ledger.BeginAsync(CancellationToken.None))
        {
            var taken = Assert.Single(await transaction.TakeParkedAsync(10, CancellationToken.None));
            Assert.Equal(receipt, taken);
            // Another transaction does not get it meanwhile.
            Assert.Empty(await TakeAsync());
            await transaction.UnparkAsync([taken], CancellationToken.None);
            await transaction.CommitAsync([], CancellationToken.None);
        }

        Assert.Equal(0L, await CountAsync("parked_receipts", receipt));
        Assert.Equal(0L, await CountAsync("unmatched_receipts", receipt));
    }

    [Fact]
    public async Task A_receipt_is_parked_once_however_often_it_comes()
    {
        var receipt = Sample.Receipt(id);

        await ParkAsync(receipt, TimeSpan.FromHours(1));
        await ParkAsync(receipt, TimeSpan.FromHours(2));

        Assert.Equal(1L, await CountAsync("parked_receipts", receipt));
    }

    [Fact]
    public async Task A_receipt_without_a_message_waits_longer_each_time_and_is_kept_as_unmatched_in_the_end()
    {
        var receipt = Sample.Receipt(id);
        await ParkAsync(receipt, TimeSpan.Zero);
        var waits = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(0, await ParkAgainAsync(receipt));
            waits.Add(
                await database.ScalarAsync<double>(
                    "select extract(epoch from due_at - now())::float8 from parked_receipts where receipt_id = $1",
                    receipt.ReceiptId
                )
            );
        }

        Assert.True(waits[0] < waits[1] && waits[1] < waits[2], string.Join(", ", waits));

        await database.ExecuteAsync(
            "update parked_receipts set parked_at = now() - interval '73 hours' where receipt_id = $1",
            receipt.ReceiptId
        );
        Assert.Equal(1, await ParkAgainAsync(receipt));
        Assert.Equal(0L, await CountAsync("parked_receipts", receipt));
        Assert.Equal(1L, await CountAsync("unmatched_receipts", receipt));
    }

    private async Task<ReceiptMatch?[]> MatchAsync(params ReceiptReceived[] receipts)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        return await transaction.MatchAsync(receipts, CancellationToken.None);
    }

    private async Task FinishAsync(MessageSubmitted message)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        await transaction.FinishAsync([Sample.End(message, MessageState.Delivered)], CancellationToken.None);
        await transaction.CommitAsync([], CancellationToken.None);
    }

    private async Task ParkAsync(ReceiptReceived receipt, TimeSpan delay)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        await transaction.ParkAsync([receipt], delay, CancellationToken.None);
        await transaction.CommitAsync([], CancellationToken.None);
    }

    private async Task<int> ParkAgainAsync(ReceiptReceived receipt)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        var givenUp = await transaction.ParkAgainAsync([receipt], TimeSpan.FromHours(72), CancellationToken.None);
        await transaction.CommitAsync([], CancellationToken.None);
        return givenUp;
    }

    private async Task<List<ReceiptReceived>> TakeAsync()
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        var taken = await transaction.TakeParkedAsync(100, CancellationToken.None);
        return taken.FindAll(receipt => receipt.CanonicalId == id);
    }

    private Task<int> MakeDueAsync(ReceiptReceived receipt) =>
        database.ExecuteAsync("update parked_receipts set due_at = now() - interval '1 second' where receipt_id = $1", receipt.ReceiptId);

    private Task<long> CountAsync(string table, ReceiptReceived receipt) =>
        database.ScalarAsync<long>($"select count(*) from {table} where receipt_id = $1", receipt.ReceiptId);
}
