namespace Messaging;

/// <summary>What a dead letter's bytes are.</summary>
public enum DeadLetterKind : short
{
    /// <summary>One message, as JSON: what its envelope had under <c>m</c>.</summary>
    Message = 0,

    /// <summary>One item of an envelope that holds no message, as it came.</summary>
    Item = 1,

    /// <summary>A whole body that is no envelope, as it came.</summary>
    Envelope = 2,
}

/// <summary>One message, or one thing that should have been one, that failed for good.</summary>
/// <param name="Kind">What <paramref name="Body"/> is.</param>
/// <param name="Body">Its bytes, as they came.</param>
/// <param name="Failures">How often handling it failed.</param>
/// <param name="Reason">Why it failed last, in words.</param>
/// <param name="BootId">The process that accepted it; null when nothing tells.</param>
/// <param name="SentAt">When it was first sent; null when nothing tells.</param>
/// <param name="Items">How many messages it stands for: 1 but for a whole body.</param>
public sealed record DeadLetter(
    DeadLetterKind Kind,
    ReadOnlyMemory<byte> Body,
    int Failures,
    string Reason,
    Guid? BootId,
    DateTimeOffset? SentAt,
    int Items = 1
);
