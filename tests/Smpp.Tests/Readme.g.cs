using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Text;

var options = new SmppClientOptions { Host = args[0], Port = int.Parse(args[1]), SystemId = args[2], Password = args[3] };
var receipts = new Receipts();
await using var client = await SmppClient.ConnectAsync(options, receipts, NullLogger.Instance, TimeProvider.System, default);
var text = SmppEncoding.Gsm7Bit.Encode("Grüße @ €5");
var message = new SubmitSm { Destination = new Address(1, 1, "436641234567"), RegisteredDelivery = 1, ShortMessage = text };
var reply = await client.Session.SendAsync(message);
Console.WriteLine(reply.IsOk ? $"sent as {reply.Response!.MessageId}" : $"not sent: {reply.Outcome} {reply.Status}");
Console.WriteLine(await receipts.First.Task.WaitAsync(TimeSpan.FromSeconds(30)));
await client.Session.UnbindAsync(TimeSpan.FromSeconds(5));

sealed class Receipts : SmppSessionHandler
{
    public TaskCompletionSource<string> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public override ValueTask<DeliverSmResp> OnDeliverSmAsync(SmppSession session, DeliverSm pdu, CancellationToken ended)
    {
        if (ReceiptText.TryParse(pdu.ShortMessage.Span, out var receipt)) { First.TrySetResult($"{receipt!.Id} is {receipt.Stat}"); }
        return new(DeliverSmResp.Ok);
    }
}
