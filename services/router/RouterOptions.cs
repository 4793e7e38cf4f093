using Messaging;
using Npgsql;

namespace Router;

/// <summary>The router's limits.</summary>
internal static class RouterOptions
{
    /// <summary>How long an item whose dispatch failed waits before it is tried again. The queue was busy or away: a second is enough to notice.</summary>
    public static readonly TimeSpan DispatchRetry = TimeSpan.FromSeconds(1);

    /// <summary>Two batches at a time, so that one is recorded while the other is dispatched. A database that is away is waited for.</summary>
    public static readonly QueueConsumerOptions Consumer = new()
    {
        Concurrency = 2,
        MaxEnvelopesPerBatch = 10,
        IsTransient = static e => e is NpgsqlException or TimeoutException or IOException,
    };
}
