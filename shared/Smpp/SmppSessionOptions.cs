using Smpp.Sessions;

namespace Smpp;

/// <summary>Direction of a traced PDU.</summary>
public enum SmppPduDirection
{
    /// <summary>From the peer.</summary>
    Received,

    /// <summary>To the peer.</summary>
    Sent,
}

/// <summary>
/// Sees a PDU. Called on the session's loops: it must not block or throw.
/// </summary>
/// <param name="session">Whose it is.</param>
/// <param name="direction">From the peer, or to it.</param>
/// <param name="octets">The PDU with its header, borrowed for the call. It may hold message text or a password.</param>
public delegate void SmppTrace(SmppSession session, SmppPduDirection direction, ReadOnlySpan<byte> octets);

/// <summary>
/// Limits and timers of a session. Every buffer has a number here. A timer set to <see cref="Timeout.InfiniteTimeSpan"/> is off.
/// </summary>
public sealed record SmppSessionOptions
{
    /// <summary>The greatest command_length taken. 70 KB: message_payload may carry 65,535 octets, the rest is room for fields and TLVs.</summary>
    public int MaxPduLength { get; init; } = 70 * 1024;

    /// <summary>
    /// The most TLVs in one PDU. 256: the specification knows 64 and only the broadcast ones repeat, so a longer list is an attack on
    /// the walk over it.
    /// </summary>
    public int MaxTlvs { get; init; } = 256;

    /// <summary>Our requests that may wait for a response. 10 is what most SMSCs grant who have not agreed on more.</summary>
    public int Window { get; init; } = 10;

    /// <summary>
    /// How long <see cref="SmppSession.SendAsync"/> waits for a slot of the window. 60 s, twice the response timeout: by then every slot was free
    /// at least once, and whoever still waits is one of too many.
    /// </summary>
    public TimeSpan WindowTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The peer's requests that may be in handlers; the next one is answered ESME_RTHROTTLED. 100: ten times the window that peers use by
    /// default. <see cref="SmppSession.MaxInFlightRequests"/> changes it after the bind.
    /// </summary>
    public int MaxInFlightRequests { get; init; } = 100;

    /// <summary>
    /// From connecting to the bind request (as ESME: to bound). 10 s: a bind is one round trip, whoever needs longer is a scanner. The time
    /// its answer takes is the handler's.
    /// </summary>
    public TimeSpan SessionInitTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence of the peer before enquire_link is sent. 30 s: what most SMSCs ask for; below the idle limits of NATs and balancers.</summary>
    public TimeSpan EnquireLinkInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The same while a request of ours is unanswered, where that is sooner; with the keep-alive off, it is off too. 10 s, a third of the
    /// response timeout: a dead link under load is found, and what is unanswered handed back, before requests time out one by one and make
    /// room for more that are lost.
    /// </summary>
    public TimeSpan EnquireLinkWhileWaiting { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From our enquire_link to giving up. 30 s, so that a dead link is seen within a minute.</summary>
    public TimeSpan EnquireLinkTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Without any PDU from the peer, enquire_link included, the session ends. 300 s. It matters where the keep-alive is off: with it, a silent
    /// peer is gone much earlier, and an idle one that answers is wanted.
    /// </summary>
    public TimeSpan InactivityTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>From a request of ours to <see cref="ReplyOutcome.Timeout"/>. 30 s: slow SMSCs answer within 10.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From the first octet of a PDU to its last. 10 s guards against peers that send an octet now and then.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One flush. 10 s: a peer that does not read must not hold our memory.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long handlers get to answer what came before an unbind of the peer. 5 s, as in our own drain.</summary>
    public TimeSpan UnbindTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>PDUs waiting to be written; then senders, and at last the reader, wait. 256: two full windows of responses.</summary>
    public int WriteQueueLength { get; init; } = 256;

    /// <summary>Octets written before a flush. 64 KB, a socket's buffer: more only delays the first of them.</summary>
    public int WriteBatchBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Asked in the moment a request is encoded for the next flush; where it says no, the request ends as
    /// <see cref="ReplyOutcome.NotSent"/>. It fences senders that were frozen with requests in the write queue. Binds, enquire_link and
    /// unbind are not asked for, nor are responses. It must not block. Null, as by default, allows all.
    /// </summary>
    public Func<bool>? MaySend { get; init; }

    /// <summary>What <see cref="SmppSession.Trace"/> is at first; null by default.</summary>
    public SmppTrace? Trace { get; init; }
}
