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

    /// <summary>Items waiting to be sent; beyond it a send is refused at once. Default 10,000.</summary>
    public int Capacity { get; init; } = 10_000;

    /// <summary>An item has its answer by then. Default 10 s: ESMEs give up on a response after some 30 s at the earliest.</summary>
    public TimeSpan SendDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How a send that was not confirmed is repeated. Default 50 ms growing to 1 s.</summary>
    public RetryPolicy RetryDelay { get; init; } = new() { First = TimeSpan.FromMilliseconds(50), Max = TimeSpan.FromSeconds(1) };
}
