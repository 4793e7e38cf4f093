using Contracts;
using Persistence.Configuration;
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

    [Theory]
    [InlineData("3039", "12345", ReceiptRescue.HexToDec)]
    [InlineData("12345", "3039", ReceiptRescue.DecToHex)]
    [InlineData("ABC", "0abc", null)]
    public async Task A_receipt_in_the_other_base_finds_its_message_and_is_counted(string answer, string receipt, ReceiptRescue? rescue)
    {
        var lease = await database.LeaseSlotAsync(connector);
        // An operator of its own: ids this short are other tests' too.
        var theOperator = $"op-{Guid.NewGuid():N}";
        var message = await database.RouteAsync(connector);
        await SubmitAsync(lease, message, theOperator, answer);

        var match = Assert.Single(await MatchAsync(Receipt(theOperator, receipt)));

        Assert.Equal(new ReceiptMatch(message.Id, 0, 1) { Rescue = rescue }, match);
    }

    [Fact]
    public async Task A_number_read_in_the_other_base_never_ends_a_strangers_message()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var theOperator = $"op-{Guid.NewGuid():N}";
        await SubmitAsync(lease, await database.RouteAsync(connector), theOperator, "3039");
        var about = Receipt(theOperator, "12345");

        // Neither for another number, nor where the receipt names none.
        Assert.Equal(
            [null, null, null],
            await MatchAsync(
                about with
                {
                    Source = new Party(1, 1, "491709999999"),
                },
                about with
                {
                    Source = null,
                },
                about with
                {
                    Source = new Party(1, 1, "49170XXXXXXX"),
                }
            )
        );
    }

    [Fact]
    public async Task The_recipient_decides_between_the_readings_of_an_id()
    {
        // Two messages: 12345 (hexadecimal) is the stranger's, 3039 is meant.
        var lease = await database.LeaseSlotAsync(connector);
        var theOperator = $"op-{Guid.NewGuid():N}";
        var stranger = Sample.Message() with { Destination = new Party(1, 1, "491705555555") };
        var meant = Sample.Message();
        await database.RecordAsync(Sample.Routed(stranger, connector), Sample.Routed(meant, connector));
        await SubmitAsync(lease, stranger, theOperator, "12345");
        await SubmitAsync(lease, meant, theOperator, "3039");

        Assert.Equal(meant.Id, Assert.Single(await MatchAsync(Receipt(theOperator, "12345")))?.Id);
    }

    [Fact]
    public async Task An_id_as_configured_that_is_another_numbers_waits_and_is_taken_when_nothing_better_comes()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = await database.RouteAsync(connector);
        await database.SubmitAsync(lease, message, id);
        var translated = Sample.Receipt(id) with { Source = new Party(1, 1, "491709999999") };

        Assert.Equal([null], await MatchAsync(translated));
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        Assert.Equal(
            [new ReceiptMatch(message.Id, 0, 1) { Rescue = ReceiptRescue.OtherNumber }],
            await transaction.MatchAsync([translated], waited: true, CancellationToken.None)
        );
    }

    [Fact]
    public async Task The_id_in_the_text_is_tried_when_the_TLVs_is_nobodys()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var message = await database.RouteAsync(connector);
        await database.SubmitAsync(lease, message, id);
        var both = Sample.Receipt($"{Guid.NewGuid():N}") with { TextId = id, CanonicalTextId = id };

        Assert.Equal([new ReceiptMatch(message.Id, 0, 1) { Rescue = ReceiptRescue.Text }], await MatchAsync(both));
    }

    [Theory]
    [InlineData("+491700000001", true)]
    [InlineData("00491700000001", true)]
    [InlineData("01700000001", true)]
    [InlineData("491700000002", false)]
    public async Task Prefixes_of_the_recipient_do_not_matter(string source, bool isFound)
    {
        var lease = await database.LeaseSlotAsync(connector);
        await database.SubmitAsync(lease, await database.RouteAsync(connector), id);

        var match = Assert.Single(await MatchAsync(Sample.Receipt(id) with { Source = new Party(1, 1, source) }));

        Assert.Equal(isFound, match is not null);
    }

    [Fact]
    public async Task Rescues_are_counted_by_connector_and_kind_with_the_commit()
    {
        var lease = await database.LeaseSlotAsync(connector);
        var theOperator = $"op-{Guid.NewGuid():N}";
        await SubmitAsync(lease, await database.RouteAsync(connector), theOperator, "3039");
        var receipt = Receipt(theOperator, "12345") with { Connector = connector };
        foreach (var commit in new[] { true, true, false })
        {
            await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
            await transaction.MatchAsync([receipt, receipt], waited: false, CancellationToken.None);
            if (commit)
            {
                await transaction.CommitAsync([], CancellationToken.None);
            }
        }

        var rescues = Assert.Single(await database.Ledger.ReadRescuesAsync(connector, CancellationToken.None));
        Assert.Equal((ReceiptRescue.HexToDec, 4L), (rescues.Kind, rescues.Count));
    }

    [Fact]
    public async Task Receipts_without_a_message_are_listed_newest_first_with_what_became_of_them()
    {
        var receipts = Enumerable
            .Range(0, 3)
            .Select(i => Sample.Receipt($"{id}-{i}") with { ReceiptId = Guid.CreateVersion7(Sample.Now.AddMinutes(i)) })
            .ToArray();
        foreach (var receipt in receipts)
        {
            await ParkAsync(receipt, TimeSpan.FromHours(1));
        }

        await database.ExecuteAsync(
            "update parked_receipts set parked_at = now() - interval '73 hours' where receipt_id = $1",
            receipts[1].ReceiptId
        );
        Assert.Equal(1, await ParkAgainAsync(receipts[1]));

        var listed = (await database.Ledger.ReadLooseReceiptsAsync(null, null, 1000, CancellationToken.None)).FindAll(IsOurs);
        Assert.Equal(receipts.Reverse(), listed.Select(loose => loose.Receipt));
        Assert.Equal([true, false, true], listed.Select(loose => loose.IsWaiting));
        Assert.Equal("no message has this operator id", listed[1].Reason);
        Assert.Equal(
            [receipts[1]],
            (await database.Ledger.ReadLooseReceiptsAsync(false, null, 1000, CancellationToken.None)).FindAll(IsOurs).Select(l => l.Receipt)
        );
        Assert.Equal(
            [receipts[1], receipts[0]],
            (await database.Ledger.ReadLooseReceiptsAsync(null, receipts[2].ReceiptId, 2, CancellationToken.None)).Select(l => l.Receipt)
        );

        bool IsOurs(LooseReceipt loose) => loose.Receipt.CanonicalId.StartsWith(id, StringComparison.Ordinal);
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

    private static ReceiptReceived Receipt(string theOperator, string operatorId) =>
        Sample.Receipt(OperatorId.FromReceipt(operatorId, DlrIdFormat.AsIs), theOperator) with
        {
            OperatorId = operatorId,
            Source = new Party(1, 1, "491700000001"),
        };

    private async Task SubmitAsync(SlotLease lease, MessageSubmitted message, string theOperator, string operatorId)
    {
        var key = new SubmitKey(message.Id, 0, 0, 0);
        Assert.Equal(ClaimResult.Claimed, (await database.ClaimAsync(lease, key)).Result);
        var answer = Sample.Accepted(key, operatorId) with { Operator = theOperator, CanonicalId = OperatorId.FromAnswer(operatorId) };
        await database.Ledger.AnswerAsync([answer], CancellationToken.None);
    }

    private async Task<ReceiptMatch?[]> MatchAsync(params ReceiptReceived[] receipts)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        return await transaction.MatchAsync(receipts, waited: false, CancellationToken.None);
    }

    private async Task FinishAsync(MessageSubmitted message)
    {
        await using var transaction = await database.Ledger.BeginAsync(CancellationToken.None);
        await transaction.ApplyAsync([Sample.End(message, MessageState.Delivered)], [], CancellationToken.None);
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
