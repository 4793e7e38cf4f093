namespace Messaging.Postgres;

/// <summary>Limits of a <see cref="PostgresQueue"/>.</summary>
public sealed record PostgresQueueOptions
{
    /// <summary>How long a received envelope stays hidden. Default 20 s.</summary>
    public TimeSpan Visibility { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A waiting receiver asks the database this often although nothing woke it. Default 1 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A statement is given up after this long. Default 5 s: half of a sender's deadline, so that there is time to repeat.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether to wake receivers of other processes (NOTIFY) and be woken by them (LISTEN). Off where one process does
    /// everything: it saves two connections. Default on.
    /// </summary>
    public bool WakeOtherProcesses { get; init; } = true;

    /// <summary>At most one NOTIFY per process in this time: a notification takes a lock that all commits share. Default 20 ms.</summary>
    public TimeSpan NotifyInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The pause before the LISTEN or NOTIFY connection is opened again. Default 1 s; polling goes on meanwhile.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);
}
