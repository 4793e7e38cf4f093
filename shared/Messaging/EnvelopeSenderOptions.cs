namespace Messaging;

/// <summary>Limits of an <see cref="EnvelopeSender{T}"/>.</summary>
public sealed record EnvelopeSenderOptions
{
    /// <summary>Items in an envelope. Default 100: past it, one failure repeats too much.</summary>
    public int MaxItems { get; init; } = 100;

    /// <summary>Bytes in an envelope; a larger item goes alone. Default 60 KB: SQS bills a request per 64 KB.</summary>
    public int MaxBytes { get; init; } = 60 * 1024;

    /// <summary>Envelopes in one send. Default 10: the size of an SQS batch.</summary>
    public int MaxEnvelopesPerSend { get; init; } = 10;

    /// <summary>Sends under way at once. Default 2: one is committed while the next is packed.</summary>
    public int MaxSendsInFlight { get; init; } = 2;

    /// <summary>
    /// The longest that a send waits for company: until <see cref="MaxItems"/> wait, nothing new came for <see cref="LingerQuiet"/>, or this
    /// has passed since the oldest came. Only while at least <see cref="LingerItems"/> came within the last so long; what comes out of
    /// silence goes at once. Default 0, never: customers wait for the answer. <see cref="ForBilledCalls"/>: 40 ms.
    /// </summary>
    public TimeSpan MaxLinger { get; init; }

    /// <summary>
    /// A send that lingers goes when nothing new came for so long: whoever sends waits for the answers. Default 5 ms, about what the
    /// send itself takes: longer than the gaps between items at rates where lingering is asked for.
    /// </summary>
    public TimeSpan LingerQuiet { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// So many within the last <see cref="MaxLinger"/> before an item make it wait for company. Default 5: with fewer too little is saved,
    /// and latency is worth more.
    /// </summary>
    public int LingerItems { get; init; } = 5;

    /// <summary>
    /// What one billed unit of a call carries, in bytes. A send of more is compressed where that saves a unit; everything else stays
    /// readable. Default 0: nothing is billed by size, nothing compressed. <see cref="ForBilledCalls"/>: 64 KB.
    /// </summary>
    public int BilledBytes { get; init; }

    /// <summary>
    /// A tenant with so many of the items that go out together gets envelopes of its own, and its name as their group, so that the queue serves
    /// the others while it has a backlog (Amazon SQS, "Fair queues"); those with fewer share envelopes without a group. Default 0: no groups.
    /// <see cref="ForBilledCalls"/>: 10, ten envelopes of ten being one call.
    /// </summary>
    public int OwnEnvelopeFrom { get; init; }

    /// <summary>
    /// <see cref="MaxLinger"/> at least, for what one of our services hands to the next (<see cref="ForHandOver"/>): nobody's answer waits for
    /// it, and ten statements for ten messages cost ten times as much as one. Default 20 ms; under load only, as any lingering.
    /// </summary>
    public TimeSpan HandOverLinger { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Items waiting to be sent; beyond it a send is refused at once. Default 10,000.</summary>
    public int Capacity { get; init; } = 10_000;

    /// <summary>An item has its answer by then. Default 10 s: ESMEs give up on a response after some 30 s at the earliest.</summary>
    public TimeSpan SendDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How a send that was not confirmed is repeated. Default 50 ms growing to 1 s.</summary>
    public RetryPolicy RetryDelay { get; init; } = new() { First = TimeSpan.FromMilliseconds(50), Max = TimeSpan.FromSeconds(1) };

    /// <summary>The same for a queue between two of our own services: <see cref="HandOverLinger"/>.</summary>
    public EnvelopeSenderOptions ForHandOver() => this with { MaxLinger = MaxLinger > HandOverLinger ? MaxLinger : HandOverLinger };

    /// <summary>
    /// For a queue that bills its calls by 64 KB (SQS): <see cref="MaxLinger"/> 40 ms, so that 1,000 items a second go about 40 to an
    /// envelope, and a hop's send, receive and delete together are less than a tenth of a request a message. It is fair between tenants.
    /// </summary>
    public static EnvelopeSenderOptions ForBilledCalls() =>
        new()
        {
            MaxLinger = TimeSpan.FromMilliseconds(40),
            BilledBytes = 64 * 1024,
            OwnEnvelopeFrom = 10,
        };
}
