namespace Persistence.DeadLetters;

/// <summary>Where a dead letter stands.</summary>
public enum DeadLetterState : short
{
    /// <summary>Waits for a person.</summary>
    Waiting = 0,

    /// <summary>Was sent back to its queue.</summary>
    Replayed = 1,

    /// <summary>Was given up, and its message has no end in the ledger: kept without its body, to explain the books.</summary>
    Purged = 2,
}

/// <summary>A dead letter as it is collected from a queue.</summary>
public record NewDeadLetter
{
    /// <summary>The queue it died on, without <c>-dead</c>.</summary>
    public required string Queue { get; init; }

    /// <summary>The dead-letter envelope it came in; with <see cref="Position"/> it names the letter.</summary>
    public required Guid EnvelopeId { get; init; }

    /// <summary>Its place in that envelope, from 0.</summary>
    public required int Position { get; init; }

    /// <summary>What <see cref="Body"/> is: 0 a message, 1 an item that is no message, 2 a whole body that is no envelope.</summary>
    public required short Kind { get; init; }

    /// <summary>How many messages it stands for.</summary>
    public int Items { get; init; } = 1;

    /// <summary>How often handling it failed.</summary>
    public int Failures { get; init; }

    /// <summary>Why it failed last.</summary>
    public required string Reason { get; init; }

    /// <summary>The message's, receipt's or inbound message's id, where it could be read.</summary>
    public Guid? ItemId { get; init; }

    /// <summary>The account, where it is known.</summary>
    public string? Account { get; init; }

    /// <summary>The process that accepted it.</summary>
    public Guid? BootId { get; init; }

    /// <summary>When it was first sent.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>When the queue took it for dead.</summary>
    public required DateTimeOffset DeadAt { get; init; }

    /// <summary>Its bytes as they came.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>A dead letter as it is kept.</summary>
public sealed record DeadLetterRow : NewDeadLetter
{
    /// <summary>Its number; later ones are higher.</summary>
    public required long Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required DeadLetterState State { get; init; }

    /// <summary>When it was collected.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>The length of its body, also where that is left out.</summary>
    public required int Bytes { get; init; }

    /// <summary>When it was replayed or purged.</summary>
    public DateTimeOffset? ChangedAt { get; init; }
}

/// <summary>Which dead letters are meant: all conditions given hold.</summary>
/// <param name="Queue">The queue they died on, without <c>-dead</c>.</param>
public sealed record DeadLetterFilter(string Queue)
{
    /// <summary>Only this account's.</summary>
    public string? Account { get; init; }

    /// <summary>Only those whose reason has these words in it, in any case.</summary>
    public string? Reason { get; init; }

    /// <summary>Only these.</summary>
    public IReadOnlyList<long>? Ids { get; init; }
}
