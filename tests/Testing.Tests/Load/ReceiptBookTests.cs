using Testing.Load;
using Xunit;

namespace Testing.Tests.Load;

public class ReceiptBookTests
{
    readonly ReceiptBook book = new(1000);

    [Fact]
    public void A_message_with_its_receipt_is_complete()
    {
        Accept("1", 1, atSecond: 1);
        Receipt("1", atSecond: 3);
        Assert.Equal((1, 1, 1, 0, 0), (book.Accepted, book.Received, book.Receipted, book.Outstanding, book.Doubled));
        Assert.InRange(book.Lag.Percentile(0.5), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.02));
        Assert.Empty(book.Missing());
        Assert.Empty(book.TwiceReceipted());
    }

    [Fact]
    public void A_message_without_a_receipt_is_missing_under_its_id_and_number()
    {
        Accept("1763703600000001", 7);
        Accept("1763703600000002", 8);
        Receipt("1763703600000001");
        Assert.Equal(1, book.Outstanding);
        Assert.Equal([new BookedMessage("1763703600000002", 8, TimeSpan.Zero)], book.Missing());
    }

    [Fact]
    public void A_second_receipt_doubles_the_message_once()
    {
        Accept("a", 1);
        Receipt("a");
        Receipt("a");
        Receipt("a");
        Assert.Equal((3, 1, 1), (book.Received, book.Receipted, book.Doubled));
        Assert.Equal([("a", 1u)], book.TwiceReceipted().Select(message => (message.Id, message.Number)));
    }

    [Fact]
    public void A_receipt_may_come_before_its_response()
    {
        Receipt("early");
        Assert.Single(book.Unmatched());
        Accept("early", 1);
        Assert.Empty(book.Unmatched());
        Assert.Equal((1, 0, 0), (book.Receipted, book.Outstanding, book.Doubled));
    }

    [Fact]
    public void Two_receipts_before_the_response_are_doubled()
    {
        Receipt("early");
        Receipt("early");
        Accept("early", 1);
        Assert.Equal((1, 1), (book.Receipted, book.Doubled));
    }

    [Fact]
    public void An_id_that_is_given_twice_counts_once_and_is_noticed()
    {
        Accept("a", 1);
        Accept("a", 2);
        Assert.Equal((1, 1), (book.Accepted, book.Repeated));
    }

    [Fact]
    public void A_hundred_thousand_messages_from_many_threads_balance()
    {
        Parallel.For(
            0,
            100_000,
            i =>
            {
                var id = Guid.CreateVersion7().ToString("N");
                Accept(id, (uint)i);
                if (i % 1000 != 0)
                {
                    Receipt(id);
                }
            }
        );
        Assert.Equal((100_000, 99_900, 100), (book.Accepted, book.Receipted, book.Outstanding));
        Assert.Equal(100, book.Missing().Count());
    }

    void Accept(string id, uint number, double atSecond = 1) => book.Accept(id, number, TimeSpan.FromSeconds(atSecond));

    void Receipt(string id, double atSecond = 1) => book.Receipt(id, [], "491700000000", TimeSpan.FromSeconds(atSecond));
}
