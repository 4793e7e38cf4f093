using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class ReceiptTextTests
{
    const string Conventional =
        "id:0123456789 sub:001 dlvrd:001 submit date:2601020304 done date:2601020305 stat:DELIVRD err:000 text:Hello there, world, ";

    [Fact]
    public void The_conventional_text_is_read_and_written_exactly()
    {
        Assert.True(ReceiptText.TryParse(Conventional, out var receipt));
        Assert.Equal("0123456789", receipt!.Id);
        Assert.Equal("001", receipt.Sub);
        Assert.Equal("001", receipt.Dlvrd);
        Assert.Equal(new DateTime(2026, 1, 2, 3, 4, 0), receipt.SubmitDate);
        Assert.Equal(new DateTime(2026, 1, 2, 3, 5, 0), receipt.DoneDate);
        Assert.Equal("DELIVRD", receipt.Stat);
        Assert.Equal("000", receipt.Err);
        Assert.Equal("Hello there, world, ", receipt.Text);
        Assert.Equal((byte)2, receipt.MessageState);
        Assert.Equal(Conventional, receipt.ToString());
    }

    [Fact]
    public void The_text_is_cut_at_20_characters()
    {
        Assert.EndsWith(
            "text:12345678901234567890",
            new ReceiptText { Text = "123456789012345678901" }.ToString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("id:A1 sub:001 dlvrd:001 submit date:260102030405 done date:260102030506 stat:DELIVRD err:000 text:")]
    [InlineData("ID:A1 SUB:1 DLVRD:1 Submit Date:2601020304 Done Date:2601020305 Stat:delivrd Err:0 Text:x")]
    [InlineData("id: A1  sub: 001  dlvrd: 001  submit date: 2601020304  done date: 2601020305  stat: DELIVRD  err: 000")]
    [InlineData("id:A1 stat:DELIVRD")]
    [InlineData("stat:DELIVRD id:A1")]
    [InlineData("Message id:A1 stat:DELIVRD\0")]
    [InlineData("id:A1 submitdate:2601020304 donedate:2601020305 stat:DELIVRD")]
    [InlineData("id:A1\r\nstat:DELIVRD")]
    public void Variants_are_read(string text)
    {
        Assert.True(ReceiptText.TryParse(text, out var receipt));
        Assert.Equal(("A1", "DELIVRD"), (receipt!.Id, receipt.Stat));
    }

    [Fact]
    public void Dates_have_ten_or_twelve_digits()
    {
        Assert.True(ReceiptText.TryParse("id:1 done date:260102030405 stat:EXPIRED", out var seconds));
        Assert.Equal(new DateTime(2026, 1, 2, 3, 4, 5), seconds!.DoneDate);
        Assert.Null(seconds.SubmitDate);
        Assert.True(ReceiptText.TryParse("id:1 done date:9999999999 stat:EXPIRED", out var impossible));
        Assert.Null(impossible!.DoneDate);
    }

    [Fact]
    public void Keys_within_the_text_belong_to_the_text()
    {
        Assert.True(ReceiptText.TryParse("id:1 stat:DELIVRD err:000 text:my id:2 stat:x", out var receipt));
        Assert.Equal(("1", "DELIVRD", "my id:2 stat:x"), (receipt!.Id, receipt.Stat, receipt.Text));
    }

    [Fact]
    public void An_empty_field_takes_nothing_of_the_next()
    {
        Assert.True(ReceiptText.TryParse("id: sub:001 stat:UNDELIV", out var receipt));
        Assert.Equal(("", "001", "UNDELIV"), (receipt!.Id, receipt.Sub, receipt.Stat));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Hello, how are you?")]
    [InlineData("paid:1 state:x")]
    public void Other_texts_are_no_receipts(string text) => Assert.False(ReceiptText.TryParse(text, out _));
}
