namespace Messaging;

/// <summary>Where what failed too often is kept for a person.</summary>
public static class DeadLetters
{
    /// <summary>The ending of a dead-letter queue's name.</summary>
    public const string Suffix = "-dead";

    /// <summary>The dead-letter queue of <paramref name="queue"/>; a dead-letter queue is its own.</summary>
    public static string QueueFor(string queue) => IsDeadLetterQueue(queue) ? queue : queue + Suffix;

    /// <summary>Whether the name is that of a dead-letter queue.</summary>
    public static bool IsDeadLetterQueue(string queue) => queue.EndsWith(Suffix, StringComparison.Ordinal);
}
