using Smpp.Pdus;
using Smpp.Sessions;

namespace Smpp;

/// <summary>
/// One outbind (SMPP 5.0 section 4.1.1.7) that its listener's owner wants: what is bound with, and what comes of it. The methods are called on the
/// session's loops and must neither block nor throw: <see cref="OnBound"/> or <see cref="OnNotBound"/>, then <see cref="OnEnded"/>, once each.
/// </summary>
public abstract class SmppOutbindCall
{
    /// <summary>Our password for the bind.</summary>
    public abstract string Password { get; }

    /// <summary>As <see cref="SmppSessionOptions.MaySend"/>, for this session; both must allow it. By default it does.</summary>
    public virtual bool MaySend() => true;

    /// <summary>The session is bound; PDUs of the SMSC may have come before this.</summary>
    public virtual void OnBound() { }

    /// <summary>The SMSC refused our bind, or did not answer it; the session is about to end.</summary>
    public virtual void OnNotBound(SmppReply<BindResp> reply) { }

    /// <summary>The session has ended, bound or not; why is its <see cref="SmppSession.CloseReason"/>.</summary>
    public virtual void OnEnded() { }
}
