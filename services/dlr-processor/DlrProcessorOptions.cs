using Messaging;
using Npgsql;

namespace DlrProcessor;

/// <summary>The dlr-processor's limits.</summary>
internal static class DlrProcessorOptions
{
    /// <summary>A receipt that overtook its own answer usually matches within milliseconds.</summary>
    public static readonly TimeSpan FirstPark = TimeSpan.FromSeconds(1);

    /// <summary>How often parked receipts are looked at.</summary>
    public static readonly TimeSpan ParkedInterval = TimeSpan.FromSeconds(1);

    /// <summary>Parked receipts per transaction.</summary>
    public const int ParkedBatch = 500;

    /// <summary>After 72 h no operator id will turn up any more: the receipt is kept as unmatched.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(72);

    /// <summary>Receipts per row of <c>deliveries</c>: a hundred make some 20 KB.</summary>
    public const int PackItems = 100;

    /// <summary>How long a receipt waits for its customer to bind: 7 days, what carriers usually keep.</summary>
    public static readonly TimeSpan DeliveryExpiry = TimeSpan.FromDays(7);

    /// <summary>Two batches at a time; a database that is away is waited for.</summary>
    public static readonly QueueConsumerOptions Consumer = new()
    {
        Concurrency = 2,
        MaxEnvelopesPerBatch = 10,
        IsTransient = static e => e is NpgsqlException or TimeoutException or IOException,
    };
}
