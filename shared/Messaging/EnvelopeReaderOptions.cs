namespace Messaging;

/// <summary>Limits of an <see cref="EnvelopeReader{T}"/>.</summary>
public sealed record EnvelopeReaderOptions
{
    /// <summary>An item that failed more often goes to the dead letters. Default 10.</summary>
    public int MaxFailures { get; init; } = 10;

    /// <summary>
    /// An envelope received more often, with several items, goes on as single items: one of them may be killing its consumers.
    /// Default 5. A single item is dead-lettered past <see cref="DeadLetterAfterReceives"/>.
    /// </summary>
    public int SplitAfterReceives { get; init; } = 5;

    /// <summary>Default 20: four times <see cref="SplitAfterReceives"/>.</summary>
    public int DeadLetterAfterReceives { get; init; } = 20;

    /// <summary>Items and bytes of the envelopes that re-queued items go in. Defaults as in <see cref="EnvelopeSenderOptions"/>.</summary>
    public int MaxItems { get; init; } = 100;

    /// <inheritdoc cref="EnvelopeSenderOptions.MaxBytes"/>
    public int MaxBytes { get; init; } = 60 * 1024;

    /// <summary>Envelopes in one call to the queue. Default 10: the size of an SQS batch.</summary>
    public int MaxEnvelopesPerCall { get; init; } = 10;

    /// <summary>No item is delayed longer in a queue; what waits longer is a row with a due time. Default 10 min.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// A lease held longer is no longer extended: its holder hangs, and the envelope is delivered again. Default 30 min: much longer than
    /// any holder waits for room.
    /// </summary>
    public TimeSpan MaxHold { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long a settled lease waits for others to be settled with it, unless <see cref="MaxEnvelopesPerCall"/> wait: nobody waits for it,
    /// and a call settles one envelope or ten for the same price. What is not settled when the process dies is delivered again. Default 0;
    /// <see cref="ForServices"/>: 20 ms.
    /// </summary>
    public TimeSpan SettleLinger { get; init; }

    /// <summary>How long settling is repeated before the envelope is left to be delivered again. Default 10 s.</summary>
    public TimeSpan SettleDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause between two attempts to settle. Default 50 ms growing to 1 s.</summary>
    public RetryPolicy SettleRetry { get; init; } = new() { First = TimeSpan.FromMilliseconds(50), Max = TimeSpan.FromSeconds(1) };

    /// <summary>For services, which never read at the pace of one caller.</summary>
    public static EnvelopeReaderOptions ForServices() => new() { SettleLinger = TimeSpan.FromMilliseconds(20) };
}
