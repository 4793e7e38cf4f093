using Messaging;
using Persistence;

namespace Router;

/// <summary>The router's limits.</summary>
internal sealed record RouterOptions
{
    /// <summary>How long an item whose dispatch failed waits before it is tried again. The queue was busy or away: a second is enough to notice.</summary>
    public TimeSpan DispatchRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often work that became due is looked for: nobody who waited ten minutes minds a second.</summary>
    public TimeSpan DueInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Due messages read at a time.</summary>
    public int DueBatch { get; init; } = 1000;

    /// <summary>Two batches at a time, so that one is recorded while the other is dispatched. A database that is away is waited for; what it refuses counts against the message.</summary>
    public QueueConsumerOptions Consumer { get; init; } =
        new()
        {
            Concurrency = 2,
            MaxEnvelopesPerBatch = 10,
            IsTransient = PlatformDatabase.IsTransient,
        };
}
