namespace Throttling;

/// <summary>A rate and how far one may run ahead of it. Null instead of a limit means unlimited.</summary>
/// <param name="PerSecond">Tokens a second, 0 or more; 0, and less than one in a day, allows none. A share of a rate need not be whole.</param>
/// <param name="Burst">Tokens that may be taken at once after a rest, at least 1; what a rate of 0 is given here does not matter.</param>
public readonly record struct RateLimit(double PerSecond, double Burst)
{
    /// <summary>A limit as a configuration has it.</summary>
    /// <param name="perSecond">Tokens a second; null is unlimited.</param>
    /// <param name="burst">Tokens at once; null is one second's worth.</param>
    /// <returns>The limit, or null when there is none.</returns>
    public static RateLimit? Of(int? perSecond, int? burst) =>
        perSecond is { } rate ? new RateLimit(rate, Math.Max(1, burst ?? rate)) : null;
}
