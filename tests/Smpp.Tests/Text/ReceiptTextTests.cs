using FsCheck.Fluent;
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
    [InlineData("id:A1,sub:001,dlvrd:001,submit date:2601020304,done date:2601020305,stat:DELIVRD,err:000,text:x")]
    [InlineData("id:A1, sub:001, dlvrd:001, submit date:2601020304, done date:2601020305, stat:DELIVRD, err:000")]
    [InlineData("id:A1;stat:DELIVRD;err:0")]
    [InlineData("id : A1  stat : DELIVRD")]
    [InlineData("id:A1 submit_date:2601020304 done_date:2601020305 stat:DELIVRD mccmnc:23201 msc:4366412345 err:1F")]
    [InlineData("stat:DELIVRD text:id:A1")] // the id is still to come
    [InlineData("text:hello there id:A1 stat:DELIVRD")]
    [InlineData("id:A1 text: stat:DELIVRD")]
    [InlineData("id:A1 state:2 status:x stat:DELIVRD stat:UNDELIV id:B2")] // the first counts
    public void Variants_are_read(string text)
    {
        Assert.True(ReceiptText.TryParse(text, out var receipt));
        Assert.Equal(("A1", "DELIVRD"), (receipt!.Id, receipt.Stat));
        Assert.True(ReceiptText.TryParse(System.Text.Encoding.Latin1.GetBytes(text), out var ofOctets));
        Assert.Equal(receipt, ofOctets);
    }

    [Theory]
    [InlineData("2601020304", "2026-01-02T03:04:00")]
    [InlineData("260102030405", "2026-01-02T03:04:05")]
    [InlineData("20260102030405", "2026-01-02T03:04:05")]
    [InlineData("202612310304", "2026-12-31T03:04:00")] // with the century: as 20-26-12 it is no date
    [InlineData("2026-01-02 03:04:05", "2026-01-02T03:04:05")]
    [InlineData("2026/01/02 03:04", "2026-01-02T03:04:00")]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05")]
    [InlineData("0000000000", null)]
    [InlineData("2602310304", null)]
    [InlineData("2601022404", null)]
    [InlineData("26010203", null)]
    [InlineData("260102030405060708", null)]
    [InlineData("tomorrow", null)]
    public void Dates_have_many_forms(string text, string? expected)
    {
        Assert.True(ReceiptText.TryParse($"id:1 submit date:{text} done date:{text} stat:EXPIRED", out var receipt));
        DateTime? wanted = expected is null ? null : DateTime.Parse(expected, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((wanted, wanted, "EXPIRED"), (receipt!.SubmitDate, receipt.DoneDate, receipt.Stat));
    }

    [Fact]
    public void Missing_fields_are_empty_and_a_state_alone_is_a_receipt()
    {
        Assert.True(ReceiptText.TryParse("stat:rejectd", out var receipt));
        Assert.Equal(
            new ReceiptText
            {
                Sub = "",
                Dlvrd = "",
                Err = "",
                Stat = "REJECTD",
            },
            receipt
        );
        Assert.Equal((byte)8, receipt!.MessageState);
    }

    [Fact]
    public void An_empty_text_is_written_and_read()
    {
        Assert.True(ReceiptText.TryParse("id:1 stat:DELIVRD err:000 text:", out var receipt));
        Assert.Equal("", receipt!.Text);
        Assert.Equal(
            "id:1 sub: dlvrd: submit date:0000000000 done date:0000000000 stat:DELIVRD err:000 text:"u8.ToArray(),
            receipt.ToOctets()
        );
    }

    [Fact]
    public void A_pair_at_the_end_of_the_text_is_not_cut() =>
        Assert.EndsWith(
            "text:1234567890123456789",
            new ReceiptText { Text = "1234567890123456789😀" }.ToString(),
            StringComparison.Ordinal
        );

    [Fact]
    public void Whatever_is_written_is_read_back()
    {
        var word = Gen.Elements("0123456789ABCDEFabcdef-_".ToCharArray()).NonEmptyListOf().Select(list => string.Concat(list));
        var receipts =
            from id in word
            from err in word
            from stat in Gen.Elements("DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "ENROUTE", "OWNWORD")
            from minutes in Gen.Choose(0, 40 * 365 * 1440)
            from text in Texts.Of("a", " ", "id:", "stat:", "é", ":", ",", "\n").Generator
            select new ReceiptText
            {
                Id = id,
                Err = err,
                Stat = stat,
                SubmitDate = new DateTime(2001, 1, 1).AddMinutes(minutes),
                DoneDate = new DateTime(2001, 1, 1).AddMinutes(minutes + 1),
                Text = text.Length > 20 ? text[..20] : text,
            };
        Texts.Hold(
            receipts.ToArbitrary(),
            receipt =>
                ReceiptText.TryParse(receipt.ToOctets(), out var ofOctets)
                && ofOctets == receipt
                && ReceiptText.TryParse(receipt.ToString(), out var ofText)
                && ofText == receipt
        );
    }

    [Fact]
    public void Anything_at_all_is_a_receipt_or_none_and_octets_are_read_as_text_is()
    {
        Texts.Hold(
            Texts.Of("id", ":", " ", "stat", "submit date", "done_date", "26010203", "04", ",", "text", "sub", "err", "\0", "x", "-", "é"),
            text =>
                ReceiptText.TryParse(text, out var ofText)
                    == ReceiptText.TryParse(System.Text.Encoding.Latin1.GetBytes(text), out var ofOctets)
                && ofText == ofOctets
        );
        Texts.Hold(Texts.Octets, octets => ReceiptText.TryParse(octets, out var receipt) == receipt is not null);
    }

    // The record, its id and its text; words and numbers that every receipt has are not made again. 816 bytes before.
    [Fact]
    public void Reading_allocates_the_record_its_id_and_its_text_only()
    {
        var octets = System.Text.Encoding.ASCII.GetBytes(Conventional);
        Assert.True(ReceiptText.TryParse(octets, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(ReceiptText.TryParse(octets, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 260);
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
