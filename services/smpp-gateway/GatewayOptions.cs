using Smpp;

namespace SmppGateway;

/// <summary>The gateway's limits and timers.</summary>
internal sealed record GatewayOptions
{
    /// <summary>Towards ESMEs. 50 unanswered deliver_sm per session: enough for 5,000/s at 10 ms, little enough to lose little with a link. How many submits may be in flight is the user's window, set at bind.</summary>
    public SmppSessionOptions Session { get; init; } = new() { Window = 50, ResponseTimeout = TimeSpan.FromSeconds(10) };

    /// <summary>How long a message is worth sending when its submit does not say: 48 h, interfaces.md.</summary>
    public TimeSpan DefaultValidity { get; init; } = TimeSpan.FromHours(48);

    /// <summary>The longest validity taken; a longer one is shortened to it, as the SMSCs of operators do. Also how far ahead a message may be scheduled.</summary>
    public TimeSpan MaxValidity { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Queries, cancels and replaces that ask the database at a time: 4, a few thousand a second, and as many connections.</summary>
    public int LookupsAtATime { get; init; } = 4;

    /// <summary>Of one ESME, all its binds together, under way or waiting; beyond it ESME_RTHROTTLED. 20: one flood leaves room for others.</summary>
    public int LookupsPerEsme { get; init; } = 20;

    /// <summary>Of all ESMEs; beyond it ESME_RTHROTTLED. 500: at 1 ms each, a wait of an eighth of a second.</summary>
    public int LookupsWaiting { get; init; } = 500;

    /// <summary>How long after its acceptance a message without a row counts as accepted: 1 h, more than the router is ever behind while it works.</summary>
    public TimeSpan UnrecordedFor { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Blocks of 1,000 short ids held in reserve: 10, so that 10,000 more messages are named while the database is away.</summary>
    public int ShortIdBlocks { get; init; } = 10;

    /// <summary>How long a verified password is remembered, so that a storm of rebinds does not cost a core of PBKDF2.</summary>
    public TimeSpan CredentialCache { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Passwords verified at a time: PBKDF2 may not take every core from the message path.</summary>
    public int ConcurrentVerifications { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Passwords that may wait to be verified, in each of the two queues; beyond it ESME_RSYSERR at once. 32: some 2 s of one core.</summary>
    public int VerificationQueue { get; init; } = 32;

    /// <summary>After a wrong password of an address that had one before, until the next such one is looked at. 200 ms to its 60 ms of work: a flood costs a quarter of a core at most.</summary>
    public TimeSpan SuspectRest { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The wrong password, per system id and address, from which on refusals are delayed. 5: people who mistype stop before.</summary>
    public int FailuresBeforeDelay { get; init; } = 5;

    /// <summary>The first delay of a refusal; it doubles with each further wrong password.</summary>
    public TimeSpan FirstFailureDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest delay of a refusal.</summary>
    public TimeSpan LastFailureDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long after the last of them wrong passwords are remembered.</summary>
    public TimeSpan FailureMemory { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Pairs (system id, address), and addresses, remembered for wrong passwords; the oldest makes room. 10,000 take some 2 MB.</summary>
    public int FailuresTracked { get; init; } = 10_000;

    /// <summary>Connections without a bind of one address (of one /64 of IPv6); one more is closed at once. 20: a customer's binds come one round trip apart.</summary>
    public int UnboundPerAddress { get; init; } = 20;

    /// <summary>Connections without a bind in all; beyond it the oldest of them makes room. 6,000: as many hold 60 MB.</summary>
    public int MaxUnbound { get; init; } = 6_000;

    /// <summary>How long a connection may be without a whole PDU before it is closed. 10 s: a bind is one round trip, whoever needs longer is a scanner.</summary>
    public TimeSpan SilentFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The most of them that are closed in a second. 200: more are an attack, whose sockets come again at once, and a socket that waits costs less
    /// than one that comes.
    /// </summary>
    public int SilentClosedPerSecond { get; init; } = 200;

    /// <summary>Connections in all; beyond it the oldest without a bind makes room, and where all are bound the new one is closed. 10,000: twice what one process is measured with.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>How long the database gets to count the binds of a user with `maxBinds`; then the process's own count decides. 2 s: clients wait 5 s or more for their bind.</summary>
    public TimeSpan AdmissionTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a bind beyond `maxBinds` waits for one that ends. 1 s: who unbinds and binds again at once may be faster than we are.</summary>
    public TimeSpan RebindGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often live sessions are reported, those with traffic since; all of them every twelfth time. 5 s: they are for people.</summary>
    public TimeSpan SessionReport { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What the rates of a live session are measured over. 1 min: they change while one looks, and a burst is not all there is.</summary>
    public TimeSpan SessionRateWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often orders for this process are looked for when no notification comes.</summary>
    public TimeSpan CommandPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A pack is ours this long; sending stops at <see cref="PackSending"/>, so that its last answers still fall within it.</summary>
    public TimeSpan PackLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long items of a leased pack are sent; what is not sent by then goes back.</summary>
    public TimeSpan PackSending { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Receipts in hand per ESME, all its sessions together: a pack more is leased while there are fewer. 400: four full packs, so that the window never runs dry, and other processes get their share.</summary>
    public int ItemsPerEsme { get; init; } = 400;

    /// <summary>Packs in hand per ESME. 64: packs of a trickle hold few receipts, and a round trip for each few would be all that its way back depends on.</summary>
    public int PacksPerEsme { get; init; } = 64;

    /// <summary>How often the acknowledgements of packs under way are written: after a crash, what was acknowledged since goes out a second time. 25 ms: as often as a busy database commits anyway.</summary>
    public TimeSpan DeliveryProgress { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How often due packs are looked for when nothing wakes the gateway.</summary>
    public TimeSpan DeliveryPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between attempts for an ESME that refuses a receipt for now.</summary>
    public TimeSpan MaxDeliveryRetry { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>From our unbind to closing, when a session drains.</summary>
    public TimeSpan UnbindTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From the stop's first moment, not ready from then on, until binds are refused. 0 s: nobody asks locally; 15 s behind a balancer that asks every 5 s for three times.</summary>
    public TimeSpan Announce { get; init; } = TimeSpan.Zero;

    /// <summary>Between two unbinds of a drain, on average.</summary>
    public TimeSpan UnbindSpacing { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The unbinds of a drain are spread over no more than this. 5 s of the 20 s a stop may take.</summary>
    public TimeSpan UnbindSpread { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>PDUs a second that are written down of a traced ESME, by each process; the others are counted. 100: what somebody can follow, and no load.</summary>
    public int TracePerSecond { get; init; } = 100;

    /// <summary>PDUs that are written down of a trace, by each process; the others are counted. 20,000: some 10 MB.</summary>
    public int TraceRows { get; init; } = 20_000;

    /// <summary>PDUs of all traces that may wait to be written; beyond it they are left out and counted. 2,000: 10 MB at most.</summary>
    public int TraceQueue { get; init; } = 2_000;

    /// <summary>How often what was traced is written. 500 ms: within a second of its time people can read it.</summary>
    public TimeSpan TraceFlush { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A loop that did not turn for this long is stuck and the process to be restarted. 60 s: three times the longest wait for a database.</summary>
    public TimeSpan StuckAfter { get; init; } = TimeSpan.FromSeconds(60);
}
