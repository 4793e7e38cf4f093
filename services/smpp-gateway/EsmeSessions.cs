using System.Collections.Concurrent;
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
    /// <summary>True when it takes deliver_sm.</summary>
    public bool Receives => Session.Mode is BindMode.Receiver or BindMode.Transceiver;
}

/// <summary>Who is bound to this process.</summary>
internal sealed class EsmeSessions
{
    private readonly ConcurrentDictionary<SmppSession, EsmeSession> bound = new();

    /// <summary>Raised when a session that receives was added: deliveries may be waiting for it.</summary>
    public event Action? ReceiverBound;

    /// <summary>Everyone bound here.</summary>
    public ICollection<EsmeSession> All => bound.Values;

    /// <summary>Binds of a user to this process.</summary>
    public int Count(string systemId) => bound.Values.Count(esme => esme.SystemId == systemId);

    public void Add(EsmeSession esme)
    {
        bound[esme.Session] = esme;
        if (esme.Receives)
        {
            ReceiverBound?.Invoke();
        }
    }

    public EsmeSession? Find(SmppSession session) => bound.GetValueOrDefault(session);

    public EsmeSession? Remove(SmppSession session) => bound.TryRemove(session, out var esme) ? esme : null;

    /// <summary>The user's receiving session with the most room, or null when none has any.</summary>
    public SmppSession? Roomiest(string systemId)
    {
        SmppSession? best = null;
        foreach (var esme in bound.Values)
        {
            if (esme.SystemId == systemId && esme.Receives && esme.Session.WindowFree > (best?.WindowFree ?? -1))
            {
                best = esme.Session;
            }
        }

        return best;
    }

    /// <summary>The users with a receiving session here.</summary>
    public HashSet<string> Receivers() => [.. bound.Values.Where(esme => esme.Receives).Select(esme => esme.SystemId)];
}
