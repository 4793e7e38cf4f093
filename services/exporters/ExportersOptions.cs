namespace Exporters;

/// <summary>The exporters' limits.</summary>
internal sealed record ExportersOptions
{
    /// <summary>How often the dead-letter queues are looked at. Default 15 s: a person sees a dead letter within a minute, and each queue costs four requests a minute.</summary>
    public TimeSpan DeadLetterInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one look waits. Default 1 s: SQS asks all its servers only when it may wait.</summary>
    public TimeSpan DeadLetterWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Dead-letter queues looked at at once. Default 8: fifty connectors take some 8 s.</summary>
    public int DeadLetterQueuesAtOnce { get; init; } = 8;

    /// <summary>How long a replayed dead letter can still be seen. Default 14 days, as long as SQS keeps one that nobody takes.</summary>
    public TimeSpan ReplayedKept { get; init; } = TimeSpan.FromDays(14);
}
