using Persistence.Configuration;
using Persistence.Ledger;
using Xunit;

namespace Workers.Tests;

public sealed class OperatorIdTests
{
    [Theory]
    [InlineData("abc123", "abc123")]
    [InlineData("ABC123", "abc123")]
    [InlineData("00ABC123", "abc123")]
    [InlineData("0x00ABC123", "abc123")]
    [InlineData(" 42 ", "42")]
    [InlineData("000", "0")]
    [InlineData("uuid-With-Dashes", "uuid-with-dashes")]
    public void An_id_is_the_same_with_and_without_leading_zeros_and_in_either_case(string id, string canonical)
    {
        Assert.Equal(canonical, OperatorId.FromAnswer(id));
        Assert.Equal(canonical, OperatorId.FromReceipt(id, DlrIdFormat.AsIs));
    }

    [Theory]
    [InlineData("1f", "31")]
    [InlineData("1F", "0031")]
    [InlineData("00ff", "255")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "340282366920938463463374607431768211455")]
    [InlineData("8", "8")]
    [InlineData("0", "0")]
    public void An_answer_in_hexadecimal_is_found_by_its_receipt_in_decimal(string answer, string receipt)
    {
        Assert.Equal(OperatorId.FromAnswer(answer), OperatorId.FromReceipt(receipt, DlrIdFormat.HexToDec));
    }

    [Theory]
    [InlineData("31", "1F")]
    [InlineData("0031", "1f")]
    [InlineData("255", "000000FF")]
    [InlineData("128", "80")]
    [InlineData("340282366920938463463374607431768211455", "ffffffffffffffffffffffffffffffff")]
    [InlineData("0", "0")]
    public void An_answer_in_decimal_is_found_by_its_receipt_in_hexadecimal(string answer, string receipt)
    {
        Assert.Equal(OperatorId.FromAnswer(answer), OperatorId.FromReceipt(receipt, DlrIdFormat.DecToHex));
    }

    [Theory]
    [InlineData(DlrIdFormat.HexToDec, "12ab")]
    [InlineData(DlrIdFormat.HexToDec, "-5")]
    [InlineData(DlrIdFormat.DecToHex, "not-a-number")]
    public void A_receipts_id_that_is_no_number_of_its_base_is_taken_as_it_is(DlrIdFormat format, string id)
    {
        Assert.Equal(OperatorId.FromAnswer(id), OperatorId.FromReceipt(id, format));
    }

    [Fact]
    public void A_receipts_id_can_be_read_in_three_ways_at_most()
    {
        Assert.Equal([(DlrIdFormat.AsIs, "31"), (DlrIdFormat.HexToDec, "1f"), (DlrIdFormat.DecToHex, "49")], OperatorId.Readings("0031"));
        Assert.Equal([(DlrIdFormat.AsIs, "1f"), (DlrIdFormat.DecToHex, "31")], OperatorId.Readings("1F"));
        Assert.Equal([(DlrIdFormat.AsIs, "7")], OperatorId.Readings("7"));
        Assert.Equal([(DlrIdFormat.AsIs, "a-b")], OperatorId.Readings("A-B"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Nothing_is_found_by_an_id_that_is_empty(string id)
    {
        Assert.Equal("", OperatorId.FromAnswer(id));
        Assert.Empty(OperatorId.Readings(id));
    }
}
