using Messaging;
using Persistence;

namespace DlrProcessor;

/// <summary>The dlr-processor's limits.</summary>
internal sealed record DlrProcessorOptions
{
    /// <summary>Until a receipt that overtook its own answer is looked at again: that one is usually written within milliseconds.</summary>
    public TimeSpan FirstPark { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>At the latest so long after the last look parked receipts are looked at; sooner when this process has just parked some.</summary>
    public TimeSpan ParkedInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Parked receipts per transaction.</summary>
    public int ParkedBatch { get; init; } = 500;

    /// <summary>After 72 h no operator id will turn up any more: the receipt is kept as unmatched.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromHours(72);

    /// <summary>Receipts per row of <c>deliveries</c>: a hundred make some 20 KB.</summary>
    public int PackItems { get; init; } = 100;

    /// <summary>How long a receipt waits for its customer to bind: 7 days, what carriers usually keep.</summary>
    public TimeSpan DeliveryExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Two batches at a time; a database that is away is waited for; what it refuses counts against the event.</summary>
    public QueueConsumerOptions Consumer { get; init; } =
        new()
        {
            Concurrency = 2,
            MaxEnvelopesPerBatch = 10,
            IsTransient = PlatformDatabase.IsTransient,
        };
}
