namespace Smpp.Sessions;

/// <summary>What <see cref="SessionTimers.Tick"/> asks for.</summary>
internal enum TimerAction
{
    None,
    SendEnquireLink,
    Close,
}

/// <summary>
/// The timers of a session (section 2.7) as a plain value: it is told what happened when, and asked what is due. Times are monotonic,
/// counted from the session's start. Not synchronised.
/// </summary>
internal struct SessionTimers(SmppSessionOptions options)
{
    readonly SmppSessionOptions options = options;
    bool bound;
    bool binding;
    TimeSpan lastReceived;
    TimeSpan? enquiredAt;
    TimeSpan? partialSince;
    TimeSpan? flushingSince;

    public void Bound() => bound = true;

    /// <summary>The peer's bind is with the handler: the peer has done its part, how long the answer takes is the owner's matter.</summary>
    public void BindReceived() => binding = true;

    /// <summary>At least one whole PDU came.</summary>
    public void Received(TimeSpan now)
    {
        lastReceived = now;
        enquiredAt = null;
        partialSince = null;
    }

    /// <summary>The buffer ends in the middle of a PDU. The clock runs from its first octet, not from its latest.</summary>
    public void Partial(TimeSpan now) => partialSince ??= now;

    public void FlushStarted(TimeSpan now) => flushingSince = now;

    public void FlushEnded() => flushingSince = null;

    /// <summary>An enquire_link is unanswered, and nothing else came since.</summary>
    public readonly bool IsEnquiring => enquiredAt is not null;

    /// <param name="now">The time.</param>
    /// <param name="isWaiting">Whether the peer owes us a response: its silence tells more then.</param>
    public (TimerAction Action, SmppCloseReason Reason) Tick(TimeSpan now, bool isWaiting = false)
    {
        if (Due(flushingSince, options.WriteTimeout, now))
        {
            return (TimerAction.Close, SmppCloseReason.WriteTimeout);
        }
        if (Due(partialSince, options.ReadTimeout, now))
        {
            return (TimerAction.Close, SmppCloseReason.ReadTimeout);
        }
        if (!bound)
        {
            return !binding && Due(TimeSpan.Zero, options.SessionInitTimeout, now)
                ? (TimerAction.Close, SmppCloseReason.SessionInitTimeout)
                : (TimerAction.None, SmppCloseReason.None);
        }
        if (Due(enquiredAt, options.EnquireLinkTimeout, now))
        {
            return (TimerAction.Close, SmppCloseReason.EnquireLinkTimeout);
        }
        if (Due(lastReceived, options.InactivityTimeout, now))
        {
            return (TimerAction.Close, SmppCloseReason.Inactivity);
        }
        if (enquiredAt is null && Due(lastReceived, Silence(isWaiting), now))
        {
            enquiredAt = now;
            return (TimerAction.SendEnquireLink, SmppCloseReason.None);
        }
        return (TimerAction.None, SmppCloseReason.None);
    }

    readonly TimeSpan Silence(bool isWaiting) =>
        isWaiting && options.EnquireLinkWhileWaiting >= TimeSpan.Zero && options.EnquireLinkWhileWaiting < options.EnquireLinkInterval
            ? options.EnquireLinkWhileWaiting
            : options.EnquireLinkInterval;

    static bool Due(TimeSpan? since, TimeSpan limit, TimeSpan now) => since is { } start && limit >= TimeSpan.Zero && now - start >= limit;
}
