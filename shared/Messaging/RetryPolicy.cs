namespace Messaging;

/// <summary>Exponential back-off with jitter, so that those who failed together do not come back together.</summary>
public sealed record RetryPolicy
{
    /// <summary>The delay after the first failure. Default 1 s.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No delay is longer. Default 1 min; what waits over 10 min is a row with a due time, not a queue delay.</summary>
    public TimeSpan Max { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Each delay is this many times the one before. Default 2.</summary>
    public double Factor { get; init; } = 2;

    /// <summary>The share of the delay that is random, 0 to 1: a delay d becomes d·(1−jitter) to d. Default 0.3.</summary>
    public double Jitter { get; init; } = 0.3;

    /// <summary>The delay after the given failure, counted from 1.</summary>
    public TimeSpan Delay(int attempt)
    {
        // The exponent is bounded so that a large attempt does not overflow a double into infinity times zero.
        var growth = Math.Pow(Factor, Math.Clamp(attempt - 1, 0, 64));
        var full = Math.Min(First.TotalMilliseconds * growth, Max.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (1 - (Jitter * Random.Shared.NextDouble())));
    }
}
