using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Smpp.Pdus;
using Smpp.Sessions;

namespace SmppGateway;

/// <summary>A bound ESME: the session with the user it authenticated as.</summary>
/// <param name="Session">The session.</param>
/// <param name="SystemId">The user.</param>
/// <param name="Account">The user's account.</param>
/// <param name="Remote">Where it came from.</param>
internal sealed record EsmeSession(SmppSession Session, string SystemId, string Account, IPAddress Remote)
{
    /// <summary>The interface_version it bound with.</summary>
    public byte Version { get; init; } = Session.InterfaceVersion;

    /// <summary>True when it takes deliver_sm.</summary>
    public bool Receives => Session.Mode is BindMode.Receiver or BindMode.Transceiver;
}

/// <summary>Who is bound to this process. Thread-safe; a look-up takes no lock.</summary>
internal sealed class EsmeSessions
{
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<SmppSession, EsmeSession> bound = new();
    private readonly ConcurrentDictionary<string, ImmutableArray<EsmeSession>> ofUser = new();

    /// <summary>Raised when a session that receives was added: deliveries may be waiting for it.</summary>
    public event Action? ReceiverBound;

    private long throttledBefore;

    /// <summary>Requests of all sessions, of those that have ended too, that found their window full.</summary>
    public long Throttled
    {
        get
        {
            lock (gate)
            {
                return throttledBefore + bound.Keys.Sum(session => session.Throttled);
            }
        }
    }

    /// <summary>Everyone bound here.</summary>
    public ICollection<EsmeSession> All => bound.Values;

    public void Add(EsmeSession esme)
    {
        lock (gate)
        {
            bound[esme.Session] = esme;
            ofUser[esme.SystemId] = Of(esme.SystemId).Add(esme);
        }

        if (esme.Receives)
        {
            ReceiverBound?.Invoke();
        }
    }

    public EsmeSession? Find(SmppSession session) => bound.GetValueOrDefault(session);

    public EsmeSession? Remove(SmppSession session)
    {
        lock (gate)
        {
            if (!bound.TryRemove(session, out var esme))
            {
                return null;
            }

            throttledBefore += session.Throttled;
            var left = Of(esme.SystemId).Remove(esme);
            if (left.IsEmpty)
            {
                ofUser.TryRemove(esme.SystemId, out _);
            }
            else
            {
                ofUser[esme.SystemId] = left;
            }

            return esme;
        }
    }

    /// <summary>The user's receiving session with the most room, or null when none receives here.</summary>
    public SmppSession? Roomiest(string systemId)
    {
        SmppSession? best = null;
        foreach (var esme in Of(systemId))
        {
            if (esme.Receives && esme.Session.WindowFree > (best?.WindowFree ?? -1))
            {
                best = esme.Session;
            }
        }

        return best;
    }

    /// <summary>The users with a receiving session here.</summary>
    public List<string> Receivers() => [.. ofUser.Where(user => user.Value.Any(esme => esme.Receives)).Select(user => user.Key)];

    private ImmutableArray<EsmeSession> Of(string systemId) => ofUser.GetValueOrDefault(systemId, ImmutableArray<EsmeSession>.Empty);
}
