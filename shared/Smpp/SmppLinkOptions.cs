namespace Smpp;

/// <summary>A bind that is to be kept, and how patiently. A timer or wait set to <see cref="Timeout.InfiniteTimeSpan"/> is off.</summary>
public sealed record SmppLinkOptions
{
    /// <summary>Where and how to bind.</summary>
    public required SmppClientOptions Client { get; init; }

    /// <summary>The wait before the second try. 1 s: a restarted SMSC is back at once, a dead one is not hammered.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// No wait is longer, and one after a failure that does not pass by itself (wrong password, refused certificate) is not shorter: 60 s, so
    /// that the SMSC does not lock the account and the link is back within a minute of being set right.
    /// </summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// No wait is longer after ESME_RALYBND or ESME_RBINDFAIL, for the first <see cref="TriesWhileTaken"/> failures in a row: the SMSC may hold a
    /// session that nobody is behind any more (a process that crashed or froze), and takes a new bind once it has let go of it. 5 s.
    /// </summary>
    public TimeSpan MaxDelayTaken { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many failures in a row <see cref="MaxDelayTaken"/> is for. 60: an SMSC has found a dead session by then, or never will.</summary>
    public int TriesWhileTaken { get; init; } = 60;

    /// <summary>Each wait is this many times the one before; 1 or more. 2.</summary>
    public double DelayFactor { get; init; } = 2;

    /// <summary>The share of a wait that is random, 0 to 1: a wait w becomes w·(1-jitter) to w. 0.3, so that links that fell together do not return together.</summary>
    public double Jitter { get; init; } = 0.3;

    /// <summary>A session that lasted this long forgets the failures before it. 30 s: an SMSC that accepts binds and drops them is failing.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long <see cref="SmppLink.SendAsync"/> waits for a bind. 30 s, as long as for a response.</summary>
    public TimeSpan BindWaitTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From our unbind to closing when the link is stopped. 5 s: outstanding answers come within it, or never.</summary>
    public TimeSpan UnbindTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Asked before each try to bind; where it says no, the link waits <see cref="FirstDelay"/> and asks again, which counts as no failure. It must
    /// not block. Null, as by default, allows all. A session that is bound is not touched.
    /// </summary>
    public Func<bool>? MayBind { get; init; }

    /// <summary>
    /// Asked before each try to bind for the password, with the one that the SMSC has just refused (ESME_RINVPASWD), else null. Where the answer to a
    /// refusal is another one, it is tried soon. A <see cref="SmppException"/> of it counts as a failed try. Null, as by default:
    /// the client's.
    /// </summary>
    public Func<string?, CancellationToken, ValueTask<string>>? Password { get; init; }

    // failures: in a row, 1 and more; share: of the jitter, 0 to 1.
    internal TimeSpan Delay(int failures, bool isTransient, double share, bool isTaken = false)
    {
        var longest = isTaken && failures <= TriesWhileTaken && MaxDelayTaken < MaxDelay ? MaxDelayTaken : MaxDelay;
        // The exponent is bounded so that a large count does not overflow a double into infinity times zero.
        var growth = Math.Pow(DelayFactor, Math.Clamp(failures - 1, 0, 64));
        var full = isTransient ? Math.Min(FirstDelay.TotalMilliseconds * growth, longest.TotalMilliseconds) : MaxDelay.TotalMilliseconds;
        return TimeSpan.FromMilliseconds(full * (1 - (Jitter * share)));
    }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FirstDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelay, FirstDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelayTaken, FirstDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(DelayFactor, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Jitter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Jitter, 1);
    }
}
