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
/// or absent one delays nobody. A pack is removed when all of it was acknowledged; what was not goes back into its row.
/// </summary>
internal sealed class DeliverySender(
    GatewayOptions options,
    EsmeSessions sessions,
    MessageLedger ledger,
    Notifications notifications,
    ServiceInstance instance,
    TimeProvider time,
    ILogger<DeliverySender> logger
) : BackgroundService
{
    private readonly ConcurrentDictionary<string, int> inHand = new();
    private readonly ConcurrentDictionary<Task, bool> sending = new();
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly Lock waking = new();

    public override void Dispose()
    {
        wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        sessions.ReceiverBound += Wake;
        var listening = notifications.ListenAsync(Notifications.Deliveries, Wake, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await LeaseAsync(stoppingToken)) { }

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

        sessions.ReceiverBound -= Wake;
        await listening;
        await Task.WhenAll(sending.Keys);
    }

    /// <summary>Leases what there is room for and starts sending it.</summary>
    /// <returns>True when something was leased: there may be more.</returns>
    private async Task<bool> LeaseAsync(CancellationToken cancellationToken)
    {
        var room = new List<KeyValuePair<string, int>>();
        foreach (var systemId in sessions.Receivers())
        {
            var free = options.PacksPerEsme - inHand.GetValueOrDefault(systemId);
            if (free > 0)
            {
                room.Add(new(systemId, free));
            }
        }

        if (room.Count == 0)
        {
            return false;
        }

        var packs = await ledger.LeaseDeliveriesAsync(instance.Id, room, options.PackLease, cancellationToken);
        foreach (var pack in packs)
        {
            inHand.AddOrUpdate(pack.Recipient, 1, static (_, count) => count + 1);
            var task = SendPackAsync(pack);
            sending[task] = true;
            _ = task.ContinueWith(done => sending.TryRemove(done, out _), TaskScheduler.Default);
        }

        return packs.Count > 0;
    }

    private async Task SendPackAsync(LeasedPack pack)
    {
        FaultPoints.Pass(FaultPoints.LeasedBeforeDelivery);
        var left = new ConcurrentQueue<ReceiptDelivery>();
        using (var deadline = new CancellationTokenSource(options.PackSending, time))
        {
            await Task.WhenAll(pack.Items.Select(item => SendItemAsync(pack, item, left, deadline.Token)));
        }

        FaultPoints.Pass(FaultPoints.DeliveredBeforeRemoval);
        try
        {
            if (left.IsEmpty)
            {
                await ledger.CompleteDeliveriesAsync([pack], CancellationToken.None);
            }
            else if (!await ledger.KeepDeliveryAsync(pack, left, Retry(pack.Attempts), CancellationToken.None))
            {
                GatewayLog.PackLost(logger, pack.Id, pack.Recipient);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            // The row keeps what it had: when the lease ends, acknowledged items are delivered a second time. That is the one case,
            // and it is logged with its number.
            GatewayLog.PackNotWritten(logger, pack.Id, pack.Recipient, pack.Items.Count - left.Count, e.Message);
        }
        finally
        {
            inHand.AddOrUpdate(pack.Recipient, 0, static (_, count) => count - 1);
            Wake();
        }
    }

    private async Task SendItemAsync(
        LeasedPack pack,
        ReceiptDelivery item,
        ConcurrentQueue<ReceiptDelivery> left,
        CancellationToken deadline
    )
    {
        if (sessions.Roomiest(pack.Recipient) is not { } session)
        {
            left.Enqueue(item);
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
            left.Enqueue(item);
            return;
        }

        if (reply.IsOk)
        {
            return;
        }

        if (reply.Outcome == ReplyOutcome.Answered && reply.Status is CommandStatus.RxPAppn or CommandStatus.RxRAppn)
        {
            // The customer's application refuses it for good: its decision, and delivered as far as we are concerned.
            GatewayLog.ReceiptRefused(logger, pack.Recipient, item.MessageId, reply.Status);
            return;
        }

        left.Enqueue(item);
    }

    private TimeSpan Retry(short attempts)
    {
        var seconds = Math.Pow(2, Math.Min(attempts, (short)10)) / 2;
        return TimeSpan.FromSeconds(Math.Min(seconds, options.MaxDeliveryRetry.TotalSeconds));
    }

    private static DeliverSm DeliverSm(ReceiptDelivery item)
    {
        var receipt = new ReceiptText
        {
            Id = item.MessageId,
            Sub = "001",
            Dlvrd = item.State == MessageState.Delivered ? "001" : "000",
            SubmitDate = item.SubmittedAt.UtcDateTime,
            DoneDate = item.DoneAt.UtcDateTime,
            Stat = Stat(item.State),
            Err = item.Error,
        };
        return new DeliverSm
        {
            Source = Address(item.Source),
            Destination = Address(item.Destination),
            EsmClass = DeliveryReceipt,
            ShortMessage = System.Text.Encoding.Latin1.GetBytes(receipt.ToString()),
            // An ESME of 3.3 gets the receipt without them: the session knows its version.
            Tlvs = TlvList
                .Empty.WithCString(TlvTag.ReceiptedMessageId, item.MessageId)
                .WithByte(TlvTag.MessageState, receipt.MessageState ?? 0),
        };
    }

    /// <summary>esm_class of an SMSC delivery receipt, SMPP 3.4 section 5.2.12.</summary>
    private const byte DeliveryReceipt = 0x04;

    private static string Stat(MessageState state) =>
        state switch
        {
            MessageState.Delivered => "DELIVRD",
            MessageState.Rejected => "REJECTD",
            MessageState.Expired => "EXPIRED",
            MessageState.Cancelled => "DELETED",
            _ => "UNDELIV",
        };

    private static Address Address(Party party) => new(party.Ton, party.Npi, party.Digits);

    private void Wake()
    {
        lock (waking)
        {
            if (wake.CurrentCount == 0)
            {
                wake.Release();
            }
        }
    }
}
