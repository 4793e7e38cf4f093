using System.Globalization;
using Contracts;
using Persistence.Configuration;
using Persistence.Ledger;
using Xunit;

namespace DlrProcessor.IntegrationTests;

/// <summary>
/// Receipts as operators send them, 10,000 of each kind, one kind's ids being the other base's numbers of another: each finds its message
/// where that can be told, and the rest are listed.
/// </summary>
public sealed class OperatorReceiptsTests(RunningProcessor processor) : IClassFixture<RunningProcessor>
{
    private const int Count = 10_000;
    private const string Account = "acme";

    [Fact]
    public async Task Early_doubled_from_elsewhere_in_the_other_base_and_for_each_part_they_find_their_messages_and_the_rest_are_listed()
    {
        var early = Messages(0, Count);
        var twice = Messages(1, Count);
        var elsewhere = Messages(2, Count);
        var hexAnswers = Messages(3, Count / 2);
        var decimalAnswers = Messages(4, Count / 2);
        var longOnes = Messages(5, Count / 2, parts: 2);
        await processor.SendAsync([.. early, .. twice, .. elsewhere, .. hexAnswers, .. decimalAnswers, .. longOnes]);

        // :: Before their answers are written.
        await processor.TellAsync(early.Select((message, i) => Receipt(message, Decimal(i))));
        await processor.UntilAsync(Count, "select count(*) from parked_receipts");
        await processor.AnswerAsync(early.Select((message, i) => (message, 0, Decimal(i))));

        // :: Twice.
        await processor.AnswerAsync(twice.Select((message, i) => (message, 0, $"t{i}")));
        await processor.TellAsync(twice.Select((message, i) => Receipt(message, $"T{i}")));
        await processor.TellAsync(twice.Select((message, i) => Receipt(message, $"00t{i}")));

        // :: By a bind of another connector of the same operator.
        await processor.AnswerAsync(elsewhere.Select((message, i) => (message, 0, $"e{i}")));
        await processor.TellAsync(elsewhere.Select((message, i) => Receipt(message, $"e{i}") with { Connector = "two" }));

        // :: In the other base, with connectors that say nothing of it. The ids of the first half are those of the early ones.
        await processor.AnswerAsync(hexAnswers.Select((message, i) => (message, 0, Hex(i))));
        await processor.TellAsync(hexAnswers.Select((message, i) => Receipt(message, Decimal(i)) with { Connector = "hex" }));
        await processor.AnswerAsync(decimalAnswers.Select((message, i) => (message, 0, Decimal(2 * Count + i))));
        await processor.TellAsync(
            decimalAnswers.Select((message, i) => Receipt(message, Hex(2 * Count + i)) with { Connector = "decimal" })
        );

        // :: For each part.
        await processor.AnswerAsync(longOnes.SelectMany((message, i) => new[] { (message, 0, $"l{i}-0"), (message, 1, $"l{i}-1") }));
        await processor.TellAsync(longOnes.SelectMany((message, i) => new[] { Receipt(message, $"l{i}-1"), Receipt(message, $"l{i}-0") }));

        // :: In the other base and about a number that nothing was sent to: nothing of this operator's can be meant.
        await processor.TellAsync(
            Enumerable.Range(0, Count).Select(i => Receipt(Number(9, i), Hex(2 * Count + i)) with { Connector = "decimal" })
        );

        var messages = (long)(4 * Count + Count / 2);
        await processor.UntilAsync(messages, "select count(*) from messages where state = 10");
        await processor.UntilAsync(Count, "select count(*) from parked_receipts");
        // One receipt for each message, whatever came how often.
        Assert.Equal(messages, await processor.CountAsync("select sum(items)::bigint from deliveries"));
        Assert.Equal(0, await processor.CountAsync("select count(*) from unmatched_receipts"));

        var rescues = await processor.Ledger.ReadRescuesAsync(null, CancellationToken.None);
        Assert.Equal(
            [("decimal", ReceiptRescue.DecToHex, Count / 2L), ("hex", ReceiptRescue.HexToDec, Count / 2L)],
            rescues.Select(row => (row.Connector, row.Kind, row.Count))
        );

        // :: After 72 hours.
        await processor.ExecuteAsync("update parked_receipts set parked_at = now() - interval '73 hours', due_at = now()");
        await processor.UntilAsync(Count, "select count(*) from unmatched_receipts");
        var listed = await processor.Ledger.ReadLooseReceiptsAsync(waiting: false, null, 2 * Count, CancellationToken.None);
        Assert.Equal(
            Enumerable.Range(0, Count).Select(i => Number(9, i)).Order(StringComparer.Ordinal),
            listed.Select(loose => loose.Receipt.Source!.Value.Digits).Order(StringComparer.Ordinal)
        );
        Assert.Equal(messages, await processor.CountAsync("select count(*) from messages where state = 10"));
    }

    /// <summary>Ids as an operator counts them up.</summary>
    private static string Decimal(int i) => (100_000 + i).ToString(CultureInfo.InvariantCulture);

    private static string Hex(int i) => (100_000 + i).ToString("X8", CultureInfo.InvariantCulture);

    private static string Number(int kind, int i) => string.Create(CultureInfo.InvariantCulture, $"4917{kind}{i:0000000}");

    private static List<MessageSubmitted> Messages(int kind, int count, int parts = 1)
    {
        var now = TimeProvider.System.GetUtcNow();
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new MessageSubmitted
                {
                    Id = MessageId.New(now),
                    Account = Account,
                    SystemId = "esme",
                    Source = new Party(5, 0, "Acme"),
                    Destination = new Party(1, 1, Number(kind, i)),
                    RegisteredDelivery = 1,
                    Content = "hello"u8.ToArray(),
                    Parts = parts,
                    AcceptedAt = now,
                    ValidUntil = now + TimeSpan.FromHours(48),
                }),
        ];
    }

    private static ReceiptReceived Receipt(MessageSubmitted message, string operatorId) => Receipt(message.Destination.Digits, operatorId);

    /// <summary>As a worker makes it of a connector that is not configured for another base.</summary>
    private static ReceiptReceived Receipt(string number, string operatorId)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new ReceiptReceived
        {
            ReceiptId = Guid.CreateVersion7(now),
            Operator = "tel",
            Connector = "one",
            OperatorId = operatorId,
            CanonicalId = OperatorId.FromReceipt(operatorId, DlrIdFormat.AsIs),
            Source = new Party(1, 1, number),
            State = MessageState.Delivered,
            Stat = "DELIVRD",
            At = now,
        };
    }
}
