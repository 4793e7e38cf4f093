using System.Collections.Concurrent;
using Contracts;
using Npgsql;
using Persistence;
using Persistence.Leases;
using Persistence.Ledger;
using ServiceDefaults;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Text;
using Smpp.Tlvs;

namespace SmppGateway;

/// <summary>
/// Table <c>deliveries</c> → deliver_sm. Leases packs only for ESMEs bound here and only as many as each has room for, so that a slow
/// or absent one delays nobody. What a customer acknowledged is written by <see cref="DeliveryProgress"/>; the rest is tried again.
/// </summary>
internal sealed class DeliverySender(
    GatewayOptions options,
    EsmeSessions sessions,
    GatewayMetrics metrics,
    MessageLedger ledger,
    Notifications notifications,
    ServiceInstance instance,
    LoopWatch watch,
    TimeProvider time,
    ILogger<DeliverySender> logger
) : BackgroundService
{
    private readonly ConcurrentDictionary<string, (int Packs, int Items)> inHand = new();
    private readonly ConcurrentDictionary<Task, bool> sending = new();
    private readonly WakeUp wake = new();
    private readonly DeliveryProgress progress = new(ledger, options, time, logger);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        sessions.ReceiverBound += wake.Call;
        var listening = notifications.ListenAsync(Notifications.Deliveries, wake.Call, stoppingToken);
        using var giveUp = new CancellationTokenSource();
        var writing = progress.RunAsync(giveUp.Token);
        while (!stoppingToken.IsCancellationRequested)
        {
            watch.Turned("deliveries");
            if (writing.IsCompleted)
            {
                // Only a mistake of ours ends it early: then the process ends, loudly, instead of delivering what it cannot write down.
                await writing;
            }

            try
            {
                while (await LeaseAsync(stoppingToken))
                {
                    watch.Turned("deliveries");
                }

                await wake.WaitAsync(options.DeliveryPoll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                GatewayLog.DeliveriesNotRead(logger, e.Message);
                await Task.Delay(options.DeliveryPoll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        watch.Ended("deliveries");
        sessions.ReceiverBound -= wake.Call;
        await listening;
        giveUp.CancelAfter(options.PackLease);
        await Task.WhenAll(sending.Keys);
        progress.Complete();
        await writing;
    }

    /// <summary>Leases what there is room for and starts sending it.</summary>
    /// <returns>True when something was leased: there may be more.</returns>
    private async Task<bool> LeaseAsync(CancellationToken cancellationToken)
    {
        // What waits to be written may have lost its lease meanwhile: leased again now, it would go out twice.
        if (progress.IsBehind)
        {
            return false;
        }

        var room = new List<DeliveryRoom>();
        foreach (var systemId in sessions.Receivers())
        {
            var held = inHand.GetValueOrDefault(systemId);
            if (held.Packs < options.PacksPerEsme && held.Items < options.ItemsPerEsme)
            {
                room.Add(new(systemId, options.PacksPerEsme - held.Packs, options.ItemsPerEsme - held.Items));
            }
        }

        if (room.Count == 0)
        {
            return false;
        }

        var packs = await ledger.LeaseDeliveriesAsync(instance.Id, room, options.PackLease, cancellationToken);
        foreach (var pack in packs)
        {
            Hold(pack, 1);
            var task = SendPackAsync(pack);
            sending[task] = true;
            _ = task.ContinueWith(done => sending.TryRemove(done, out _), TaskScheduler.Default);
        }

        return packs.Count > 0;
    }

    private async Task SendPackAsync(LeasedPack pack)
    {
        FaultPoints.Pass(FaultPoints.LeasedBeforeDelivery);
        var underWay = new PackInHand(pack);
        progress.Begin(underWay);
        using (var deadline = new CancellationTokenSource(options.PackSending, time))
        {
            await Task.WhenAll(
                Enumerable
                    .Range(0, pack.Items.Count)
                    .Where(i => !underWay.IsAcknowledged(i))
                    .Select(i => SendItemAsync(underWay, i, deadline.Token))
            );
        }

        FaultPoints.Pass(FaultPoints.DeliveredBeforeRemoval);
        await progress.FinishAsync(underWay, Retry(pack.Attempts));
        Hold(pack, -1);
        wake.Call();
    }

    private void Hold(LeasedPack pack, int packs) =>
        inHand.AddOrUpdate(
            pack.Recipient,
            static (_, change) => change,
            static (_, held, change) => (held.Packs + change.Packs, held.Items + change.Items),
            (Packs: packs, Items: packs * pack.Items.Count)
        );

    /// <summary>Sends one item; what is not acknowledged here is tried again with the pack's rest.</summary>
    private async Task SendItemAsync(PackInHand pack, int index, CancellationToken deadline)
    {
        var item = pack.Pack.Items[index];
        if (sessions.Roomiest(pack.Pack.Recipient) is not { } session)
        {
            return;
        }

        SmppReply<DeliverSmResp> reply;
        try
        {
            reply = await session.SendAsync(DeliverSm(item), deadline);
        }
        catch (OperationCanceledException)
        {
            // No room in the window until the deadline: not sent.
            return;
        }

        if (reply.IsOk)
        {
            metrics.Delivered(DeliveryOutcome.Acknowledged);
            pack.Acknowledge(index);
        }
        else if (reply.Outcome == ReplyOutcome.Answered && reply.Status is CommandStatus.RxPAppn or CommandStatus.RxRAppn)
        {
            // The customer's application refuses it for good: its decision, and delivered as far as we are concerned.
            metrics.Delivered(DeliveryOutcome.Refused);
            GatewayLog.ReceiptRefused(logger, pack.Pack.Recipient, item.MessageId, reply.Status);
            pack.Acknowledge(index);
        }
        else if (reply.Outcome != ReplyOutcome.NotSent)
        {
            metrics.Delivered(DeliveryOutcome.TriedAgain);
        }
    }

    private TimeSpan Retry(short attempts)
    {
        var seconds = Math.Pow(2, Math.Min(attempts, (short)10)) / 2;
        return TimeSpan.FromSeconds(Math.Min(seconds, options.MaxDeliveryRetry.TotalSeconds));
    }

    internal static DeliverSm DeliverSm(ReceiptDelivery item)
    {
        var receipt = new ReceiptText
        {
            Id = item.MessageId,
            Sub = "001",
            Dlvrd = item.State == MessageState.Delivered && !item.IsIntermediate ? "001" : "000",
            SubmitDate = item.SubmittedAt.UtcDateTime,
            DoneDate = item.DoneAt.UtcDateTime,
            Stat = item.IsIntermediate ? item.Stat : Stat(item.State),
            Err = item.Error,
        };
        return new DeliverSm
        {
            Source = Parties.Of(item.Source),
            Destination = Parties.Of(item.Destination),
            EsmClass = item.IsIntermediate ? IntermediateNotification : DeliveryReceipt,
            ShortMessage = System.Text.Encoding.Latin1.GetBytes(receipt.ToString()),
            // An ESME of 3.3 gets the receipt without them: the session knows its version.
            Tlvs = TlvList
                .Empty.WithCString(TlvTag.ReceiptedMessageId, item.MessageId)
                .WithByte(TlvTag.MessageState, receipt.MessageState ?? 0),
        };
    }

    /// <summary>esm_class of an SMSC delivery receipt, SMPP 3.4 section 5.2.12.</summary>
    private const byte DeliveryReceipt = 0x04;

    /// <summary>esm_class of an intermediate delivery notification, same section.</summary>
    private const byte IntermediateNotification = 0x20;

    private static string Stat(MessageState state) =>
        state switch
        {
            MessageState.Delivered => "DELIVRD",
            MessageState.Rejected => "REJECTD",
            MessageState.Expired => "EXPIRED",
            MessageState.Cancelled => "DELETED",
            _ => "UNDELIV",
        };
}
