using Contracts;
using Persistence.Ledger;
using Xunit;

namespace DlrProcessor.Tests;

public sealed class NotifyCustomerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    // registered_delivery bits 1-0, SMPP 5.0 section 4.7.21; the higher bits ask for other things.
    [InlineData(0x00, MessageState.Delivered, false)]
    [InlineData(0x00, MessageState.Failed, false)]
    [InlineData(0x01, MessageState.Delivered, true)]
    [InlineData(0x01, MessageState.Failed, true)]
    [InlineData(0x01, MessageState.Rejected, true)]
    [InlineData(0x02, MessageState.Delivered, false)]
    [InlineData(0x02, MessageState.Failed, true)]
    [InlineData(0x02, MessageState.Expired, true)]
    [InlineData(0x02, MessageState.Cancelled, true)]
    [InlineData(0x03, MessageState.Delivered, true)]
    [InlineData(0x03, MessageState.Failed, false)]
    [InlineData(0x03, MessageState.Expired, false)]
    [InlineData(0x10, MessageState.Delivered, false)]
    [InlineData(0x11, MessageState.Delivered, true)]
    public void A_receipt_is_owed_to_who_asked_for_this_end(byte registeredDelivery, MessageState state, bool owed)
    {
        var packs = NotifyCustomer.Pack(
            [Finished() with { RegisteredDelivery = registeredDelivery, State = state }],
            new DlrProcessorOptions(),
            Now
        );

        Assert.Equal(owed ? 1 : 0, packs.Count);
    }

    [Fact]
    public void Progress_is_told_to_who_follows_the_message_once_a_word_and_message()
    {
        var followed = Finished() with { State = MessageState.Submitted };
        var match = new ReceiptMatch(followed.Id, 0, 2);
        var other = new ReceiptMatch(MessageId.New(Now), 0, 1);
        var enroute = Progress("ENROUTE");
        var progress = MatchReceipts.Progress(
            [enroute, Progress("ENROUTE"), Progress("ACCEPTD"), Progress("ENROUTE"), enroute with { IsIntermediate = false }, enroute],
            [match, match with { Part = 1 }, match, other, match, null]
        );

        var pack = Assert.Single(NotifyCustomer.PackProgress([followed], progress, new DlrProcessorOptions(), Now));

        Assert.Equal(["ENROUTE", "ACCEPTD"], pack.Items.Select(item => item.Stat));
        Assert.All(pack.Items, item => Assert.True(item.IsIntermediate));
        Assert.Equal((followed.Destination, enroute.At), (pack.Items[0].Source, pack.Items[0].DoneAt));

        static ReceiptReceived Progress(string stat) =>
            new()
            {
                ReceiptId = Guid.NewGuid(),
                Operator = "operator",
                Connector = "one",
                OperatorId = "1",
                CanonicalId = "1",
                IsIntermediate = true,
                Stat = stat,
                At = Now,
            };
    }

    [Fact]
    public void A_receipt_turns_the_addresses_round_and_names_the_message_as_the_customer_knows_it()
    {
        var message = Finished() with { ClientId = "client-7", State = MessageState.Failed, Error = "034" };

        var pack = Assert.Single(NotifyCustomer.Pack([message], new DlrProcessorOptions(), Now));

        Assert.Equal(("esme", "acme", Now + TimeSpan.FromDays(7)), (pack.Recipient, pack.Account, pack.ExpiresAt));
        Assert.Equal(
            new ReceiptDelivery
            {
                MessageId = "client-7",
                Source = message.Destination,
                Destination = message.Source,
                State = MessageState.Failed,
                Error = "034",
                SubmittedAt = message.AcceptedAt,
                DoneAt = message.DoneAt,
            },
            Assert.Single(pack.Items)
        );
    }

    [Fact]
    public void A_message_without_an_id_of_the_customers_form_has_its_own()
    {
        var message = Finished();

        Assert.Equal(message.Id.ToString(), NotifyCustomer.Pack([message], new DlrProcessorOptions(), Now)[0].Items[0].MessageId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x00000045")]
    public void An_error_that_is_no_err_field_reads_000(string? error)
    {
        Assert.Equal("000", NotifyCustomer.Pack([Finished() with { Error = error }], new DlrProcessorOptions(), Now)[0].Items[0].Error);
    }

    [Fact]
    public void A_message_that_came_over_REST_is_owed_no_receipt_over_SMPP()
    {
        Assert.Empty(NotifyCustomer.Pack([Finished() with { SystemId = null }], new DlrProcessorOptions(), Now));
    }

    [Fact]
    public void Receipts_are_packed_by_the_hundred_and_by_ESME()
    {
        var finished = new List<FinishedMessage>();
        for (var i = 0; i < 250; i++)
        {
            finished.Add(Finished());
            if (i < 30)
            {
                finished.Add(Finished() with { SystemId = "other", Account = "else" });
            }
        }

        var packs = NotifyCustomer.Pack(finished, new DlrProcessorOptions(), Now);

        Assert.Equal([100, 100, 50], packs.Where(pack => pack.Recipient == "esme").Select(pack => pack.Items.Count));
        var other = Assert.Single(packs, pack => pack.Recipient == "other");
        Assert.Equal(("else", 30), (other.Account, other.Items.Count));
        Assert.Equal(
            finished.Where(message => message.SystemId == "esme").Select(message => message.Id.ToString()),
            packs.Where(pack => pack.Recipient == "esme").SelectMany(pack => pack.Items).Select(item => item.MessageId)
        );
    }

    private static FinishedMessage Finished() =>
        new(
            MessageId.New(Now),
            "acme",
            "esme",
            null,
            1,
            new Party(5, 0, "Acme"),
            new Party(1, 1, "491700000001"),
            MessageState.Delivered,
            null,
            Now - TimeSpan.FromMinutes(1),
            Now
        );
}
