using Contracts;
using Persistence.Ledger;
using Testing;
using Xunit;

namespace DlrProcessor.Tests;

public sealed class RescueReportTests
{
    private readonly FakeTime time = new();
    private readonly ListLogger logger = new();

    [Fact]
    public void A_line_a_minute_says_which_format_to_set_and_how_many_receipts_needed_it()
    {
        var report = new RescueReport(time, logger);

        report.Add([Receipt("one")], [Match(ReceiptRescue.HexToDec)]);
        report.Add([Receipt("one"), Receipt("one")], [Match(ReceiptRescue.HexToDec), Match(ReceiptRescue.HexToDec)]);
        Assert.Equal(["one: 1 receipts found their message only with ids read as hexToDec: set its dlrIdFormat to hexToDec"], Lines());

        time.Advance(TimeSpan.FromMinutes(1));
        report.Add([Receipt("one")], [Match(ReceiptRescue.HexToDec)]);
        Assert.Equal(2, Lines().Count);
        Assert.StartsWith("one: 3 receipts", Lines()[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Each_connector_and_way_has_its_own_line()
    {
        var report = new RescueReport(time, logger);

        report.Add(
            [Receipt("one"), Receipt("two"), Receipt("two"), Receipt("two")],
            [Match(ReceiptRescue.AsIs), Match(ReceiptRescue.Text), Match(ReceiptRescue.OtherNumber), null]
        );

        Assert.Equal(3, Lines().Count);
    }

    [Fact]
    public void What_was_found_as_configured_is_not_worth_a_line()
    {
        new RescueReport(time, logger).Add([Receipt("one"), Receipt("one")], [Match(null), null]);

        Assert.Empty(Lines());
    }

    private List<string> Lines() => [.. logger.Entries.Select(entry => entry.Text)];

    private static ReceiptMatch Match(ReceiptRescue? rescue) => new(new MessageId(Guid.NewGuid()), 0, 1) { Rescue = rescue };

    private static ReceiptReceived Receipt(string connector) =>
        new()
        {
            ReceiptId = Guid.NewGuid(),
            Operator = "op",
            Connector = connector,
            OperatorId = "1",
            CanonicalId = "1",
            At = default,
        };
}
