using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Text;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>What an ESME asks of its messages, through all six services.</summary>
[Collection(PlatformTests.Name)]
public sealed class EsmeRequestsTests(RunningPlatform platform)
{
    private static readonly Address Sender = new(5, 0, "Acme");

    [Fact]
    public async Task Every_message_of_a_submit_multi_arrives_and_its_receipt_names_the_group()
    {
        await using var esme = await Esme.BindAsync(platform.SmppPort);
        var numbers = Enumerable.Range(0, 3).Select(i => $"49171100000{i}").ToList();

        var answer = await esme.AskAsync(
            new SubmitMulti
            {
                Source = Sender,
                Destinations = [.. numbers.Select(Number).Select(number => new MultiDestination(number)), new(default, "friends")],
                RegisteredDelivery = 1,
                ShortMessage = "to all of you"u8.ToArray(),
            }
        );

        Assert.Equal(CommandStatus.Ok, answer.Status);
        Assert.Equal(CommandStatus.CntSubDl, Assert.Single(answer.Unsuccessful).Status);
        var receipts = new List<DeliverSm>();
        foreach (var _ in numbers)
        {
            receipts.Add(await esme.ReceiptAsync(answer.MessageId));
        }

        Assert.Equal(numbers, receipts.Select(receipt => receipt.Source.Digits).Order());
        var state = await esme.AskAsync(new QuerySm { MessageId = answer.MessageId, Source = Sender });
        Assert.Equal((CommandStatus.Ok, (byte)2), (state.Status, state.MessageState));
    }

    [Fact]
    public async Task A_message_that_arrived_can_be_asked_for_and_neither_cancelled_nor_replaced()
    {
        await using var esme = await Esme.BindAsync(platform.SmppPort);
        var id = await esme.SubmitAsync("491711000010", "");
        // At once, whether it has a row or not.
        Assert.Equal(CommandStatus.Ok, (await esme.AskAsync(new QuerySm { MessageId = id, Source = Sender })).Status);
        await esme.ReceiptAsync(id);

        var answer = await esme.AskAsync(new QuerySm { MessageId = id, Source = Sender });
        Assert.Equal((CommandStatus.Ok, id, (byte)2), (answer.Status, answer.MessageId, answer.MessageState));
        Assert.True(SmppTime.TryParse(answer.FinalDate, TimeProvider.System.GetUtcNow(), out var done) && done is not null);
        Assert.Equal(CommandStatus.CancelFail, (await esme.AskAsync(new CancelSm { MessageId = id, Source = Sender })).Status);
        Assert.Equal(CommandStatus.ReplaceFail, (await esme.AskAsync(Replace(id, ""))).Status);
        var stranger = new Address(5, 0, "Other");
        Assert.Equal(CommandStatus.InvSrcAdr, (await esme.AskAsync(new QuerySm { MessageId = id, Source = stranger })).Status);
        var unknown = new string('1', 32);
        Assert.Equal(CommandStatus.InvMsgId, (await esme.AskAsync(new QuerySm { MessageId = unknown, Source = Sender })).Status);
        Assert.Equal(CommandStatus.InvMsgId, (await esme.AskAsync(new CancelSm { MessageId = unknown, Source = Sender })).Status);
        Assert.Equal(CommandStatus.InvMsgId, (await esme.AskAsync(Replace(unknown, ""))).Status);
    }

    [Fact]
    public async Task A_scheduled_message_is_cancelled_and_its_receipt_says_so()
    {
        await using var esme = await Esme.BindAsync(platform.SmppPort);
        var id = await esme.SubmitAsync("491711000020", "000000010000000R");

        Assert.Equal(CommandStatus.Ok, (await esme.AskAsync(new CancelSm { MessageId = id, Source = Sender })).Status);

        var receipt = await esme.ReceiptAsync(id);
        Assert.Contains("stat:DELETED ", System.Text.Encoding.Latin1.GetString(receipt.ShortMessage.Span), StringComparison.Ordinal);
        Assert.Equal(4, (await esme.AskAsync(new QuerySm { MessageId = id, Source = Sender })).MessageState);
    }

    [Fact]
    public async Task A_scheduled_message_is_replaced_and_goes_out_in_its_new_form_when_due()
    {
        const string Destination = "491711000030";
        await using var esme = await Esme.BindAsync(platform.SmppPort);
        var id = await esme.SubmitAsync(Destination, "000000010000000R");
        await RunningPlatform.UntilAsync(platform.Rest, $"v1/messages/{id}", m => m.GetProperty("state").GetString() == "scheduled");

        Assert.Equal(CommandStatus.Ok, (await esme.AskAsync(Replace(id, "000000000001000R"))).Status);

        await esme.ReceiptAsync(id);
        var received = await RunningPlatform.UntilAsync(
            platform.Simulator,
            "messages?limit=1000",
            all => all.EnumerateArray().Any(m => m.GetProperty("destination").GetString() == Destination)
        );
        var only = Assert.Single(received.EnumerateArray(), m => m.GetProperty("destination").GetString() == Destination);
        Assert.Equal("the new text", only.GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_bind_of_3_3_has_short_ids_and_asks_by_them()
    {
        await using var esme = await Esme.BindAsync(platform.SmppPort, SmppVersions.V33);

        var id = await esme.SubmitAsync("491711000040", "");

        Assert.Equal(8, id.Length);
        await esme.ReceiptAsync(id);
        Assert.Equal(2, (await esme.AskAsync(new QuerySm { MessageId = id, Source = Sender })).MessageState);
    }

    private static ReplaceSm Replace(string id, string schedule) =>
        new()
        {
            MessageId = id,
            Source = Sender,
            ScheduleDeliveryTime = schedule,
            RegisteredDelivery = 1,
            ShortMessage = "the new text"u8.ToArray(),
        };

    private static Address Number(string digits) => new(1, 1, digits);

    /// <summary>The demo's ESME, on the protocol library.</summary>
    private sealed class Esme : SmppSessionHandler, IAsyncDisposable
    {
        private readonly ConcurrentQueue<DeliverSm> receipts = new();
        private readonly SemaphoreSlim arrived = new(0);
        private SmppClient? client;

        public static async Task<Esme> BindAsync(int port, byte version = SmppVersions.V34)
        {
            var esme = new Esme();
            esme.client = await SmppClient.ConnectAsync(
                new SmppClientOptions
                {
                    Host = "127.0.0.1",
                    Port = port,
                    SystemId = "demo",
                    Password = "demo1234",
                    InterfaceVersion = version,
                },
                esme,
                NullLogger.Instance,
                TimeProvider.System,
                CancellationToken.None
            );
            return esme;
        }

        public async Task<T> AskAsync<T>(IRequest<T> request)
            where T : class, IResponse => (await client!.Session.SendAsync(request)).Response!;

        public async Task<string> SubmitAsync(string destination, string schedule)
        {
            var answer = await AskAsync(
                new SubmitSm
                {
                    Source = Sender,
                    Destination = Number(destination),
                    ScheduleDeliveryTime = schedule,
                    RegisteredDelivery = 1,
                    ShortMessage = "the old text"u8.ToArray(),
                }
            );
            Assert.Equal(CommandStatus.Ok, answer.Status);
            return answer.MessageId;
        }

        /// <summary>The next receipt of a message; others', of tests before this one, are let pass.</summary>
        public async Task<DeliverSm> ReceiptAsync(string id)
        {
            while (true)
            {
                Assert.True(await arrived.WaitAsync(RunningPlatform.Patience), $"no receipt of {id} came");
                receipts.TryDequeue(out var receipt);
                if (ReceiptText.TryParse(receipt!.ShortMessage.Span, out var text) && text!.Id == id)
                {
                    return receipt;
                }
            }
        }

        public override ValueTask<DeliverSmResp> OnDeliverSmAsync(SmppSession session, DeliverSm pdu, CancellationToken cancellationToken)
        {
            receipts.Enqueue(pdu);
            arrived.Release();
            return new(DeliverSmResp.Ok);
        }

        public async ValueTask DisposeAsync()
        {
            await client!.DisposeAsync();
            arrived.Dispose();
        }
    }
}
