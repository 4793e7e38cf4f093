using Contracts;
using Messaging;
using Persistence.Ledger;
using Smpp;
using Smpp.Pdus;

namespace SmppGateway;

internal sealed partial class MessageRequests
{
    /// <summary>
    /// cancel_sm (section 4.5.2) of what no operator has. OK means that nothing of it goes out: a row is locked against claims, and a message
    /// without one leaves an intent that the router and the claim honour. The form without a message_id (everything between two addresses)
    /// is not offered: ESME_RINVMSGID. Of a submit_multi's messages the one to the destination given, or all.
    /// </summary>
    public async ValueTask<CancelSmResp> CancelAsync(EsmeSession esme, CancelSm pdu, CancellationToken cancellationToken)
    {
        if (!ClientIds.TryRead(pdu.MessageId, out var wire))
        {
            return CancelSmResp.Rejected(CommandStatus.InvMsgId);
        }

        var status = await InTurnAsync(
            esme,
            CommandStatus.SysErr,
            async () =>
            {
                var key = Key(esme, wire.Value, pdu.Source);
                var destination = pdu.Destination.Digits;
                var (result, ids) = await ledger.CancelAsync(key, destination, CancellationToken.None);
                if (result == ChangeResult.NotFound && MayBeUnrecorded(wire.Value))
                {
                    await ledger.IntendCancelAsync(key, destination, CancellationToken.None);
                    // Its row may have come before the intent did.
                    (result, ids) = await ledger.CancelAsync(key, destination, CancellationToken.None);
                    if (result == ChangeResult.NotFound || (result == ChangeResult.TooLate && await IsCancelledAsync(key)))
                    {
                        return CommandStatus.Ok;
                    }
                }

                await EndAsync(ids);
                return Status(result, CommandStatus.CancelFail);
            },
            cancellationToken
        );
        return status == CommandStatus.Ok ? CancelSmResp.Ok : CancelSmResp.Rejected(status);
    }

    /// <summary>Has the dlr-processor end what nobody can send any more; what it is not told now the re-drive's claim finds cancelled.</summary>
    private async Task EndAsync(List<MessageId> cancelled)
    {
        if (cancelled.Count == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        var told = await events.SendAllAsync(
            cancelled.ConvertAll(MessageEvent (id) => new MessageCancelled { Id = id, At = now }),
            CancellationToken.None
        );
        if (told != SendOutcome.Stored)
        {
            GatewayLog.CancelNotTold(logger, cancelled[0], told);
        }
    }

    /// <summary>The router recorded it after the intent, and its end was quicker than we were.</summary>
    private async Task<bool> IsCancelledAsync(CustomerKey key) =>
        (await ledger.FindAsync(key, CancellationToken.None)).TrueForAll(message => message.State == MessageState.Cancelled);
}
