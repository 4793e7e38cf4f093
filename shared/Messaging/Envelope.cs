namespace Messaging;

/// <summary>What an envelope's body says.</summary>
/// <param name="BootId">The process that accepted the items; kept when they are re-queued, so that the ledger balances per boot.</param>
/// <param name="At">When the items were first sent; kept when they are re-queued.</param>
/// <param name="Items">The messages that could be read.</param>
/// <param name="Unreadable">Those that could not; to be dead-lettered, never lost.</param>
public sealed record Envelope<T>(
    Guid BootId,
    DateTimeOffset At,
    IReadOnlyList<EnvelopeItem<T>> Items,
    IReadOnlyList<UnreadableItem> Unreadable
);

/// <summary>One message in an envelope.</summary>
/// <param name="Value">The message.</param>
/// <param name="Failures">How often handling it failed. A release is no failure.</param>
/// <param name="Reason">Why it failed last.</param>
public readonly record struct EnvelopeItem<T>(T Value, int Failures = 0, string? Reason = null);

/// <summary>An item whose JSON does not fit the record.</summary>
/// <param name="Json">The item as it came, its own failure count included.</param>
/// <param name="Reason">What the parser said.</param>
public readonly record struct UnreadableItem(ReadOnlyMemory<byte> Json, string Reason);
