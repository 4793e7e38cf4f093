using Contracts;
using Persistence.Ledger;

namespace DlrProcessor;

/// <summary>What a finished message owes its customer, packed per ESME.</summary>
internal static class NotifyCustomer
{
    /// <summary>Packs receipts for the messages that were submitted over SMPP and asked for one.</summary>
    public static List<DeliveryPack> Pack(IReadOnlyList<FinishedMessage> finished, DlrProcessorOptions options, DateTimeOffset now) =>
        Pack(finished.Where(IsOwed).Select(message => (message, Receipt(message))), options, now);

    /// <summary>Packs intermediate notifications for the messages whose customers follow them.</summary>
    /// <param name="followed">The messages.</param>
    /// <param name="progress">What operators reported.</param>
    /// <param name="options">The pack's size and life.</param>
    /// <param name="now">The time of both.</param>
    public static List<DeliveryPack> PackProgress(
        IReadOnlyList<FinishedMessage> followed,
        IReadOnlyList<(MessageId Id, ReceiptReceived Receipt)> progress,
        DlrProcessorOptions options,
        DateTimeOffset now
    ) =>
        Pack(
            progress.Join(
                followed,
                report => report.Id,
                message => message.Id,
                (report, message) =>
                    (
                        message,
                        Receipt(message) with
                        {
                            IsIntermediate = true,
                            Stat = report.Receipt.Stat.Length > 0 ? report.Receipt.Stat : "ENROUTE",
                            DoneAt = report.Receipt.At,
                        }
                    )
            ),
            options,
            now
        );

    private static List<DeliveryPack> Pack(
        IEnumerable<(FinishedMessage Message, ReceiptDelivery Receipt)> owed,
        DlrProcessorOptions options,
        DateTimeOffset now
    )
    {
        var packs = new List<DeliveryPack>();
        foreach (var ofEsme in owed.GroupBy(item => (item.Message.SystemId, item.Message.Account), item => item.Receipt))
        {
            foreach (var items in ofEsme.Chunk(options.PackItems))
            {
                packs.Add(new DeliveryPack(ofEsme.Key.SystemId!, ofEsme.Key.Account, [.. items], now + options.DeliveryExpiry));
            }
        }

        return packs;
    }

    /// <summary>registered_delivery bits 0-1 (SMPP 5.0 section 4.7.21): 0 none, 1 always, 2 only failures, 3 only success.</summary>
    private static bool IsOwed(FinishedMessage message) =>
        message.SystemId is not null
        && (message.RegisteredDelivery & 0x03) switch
        {
            1 => true,
            2 => message.State != MessageState.Delivered,
            3 => message.State == MessageState.Delivered,
            _ => false,
        };

    private static ReceiptDelivery Receipt(FinishedMessage message) =>
        new()
        {
            MessageId = message.ClientId ?? message.Id.ToString(),
            Source = message.Destination,
            Destination = message.Source,
            State = message.State,
            Error = message.Error is { Length: > 0 and <= 3 } error ? error : "000",
            SubmittedAt = message.AcceptedAt,
            DoneAt = message.DoneAt,
        };
}
