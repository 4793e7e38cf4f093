using Messaging;

namespace Workers;

/// <summary>The workers' limits and timers.</summary>
internal sealed record WorkersOptions
{
    /// <summary>How often free slots are looked for.</summary>
    public TimeSpan AcquireInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often leases are renewed: a quarter of their 12 s.</summary>
    public TimeSpan RenewInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The least time between two renewals, and between two looks for free slots, when something changed. 100 ms: a share of the pace that one bind
    /// gives up is nobody's for so long, and twenty workers that all come at once ask the database for 400 small statements a second.
    /// </summary>
    public TimeSpan ChangeInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The first wait before an operator is tried again, doubling.</summary>
    public TimeSpan FirstReconnect { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait before an operator is tried again.</summary>
    public TimeSpan MaxReconnect { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest wait after a bind that the operator refused because it still holds one: that of a process which crashed or froze, and which it
    /// lets go of in its own time. 2 s: the bind is back right after that.
    /// </summary>
    public TimeSpan MaxReconnectTaken { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// From our enquire_link to giving the link up. 15 s: with the 30 s of silence after which it is sent, a half-open link is found well within a
    /// minute.
    /// </summary>
    public TimeSpan EnquireLinkTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a slot that was given back is left to workers that have fewer. 3 s: they look every second.</summary>
    public TimeSpan FreeSlotGrace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long slots must have been uneven before one is handed on. 5 s, one heartbeat: a worker that starts again in its place is back by
    /// then. The next one follows when somebody has taken that one.
    /// </summary>
    public TimeSpan BalanceAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a worker leaves a slot that it handed on to the others. 10 s: they look every second.</summary>
    public TimeSpan HandOnRest { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An operator's time to answer a submit; after it the submit is uncertain.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many deliver_sm an operator may have waiting for our answer.</summary>
    public int ReceiveWindow { get; init; } = 1000;

    /// <summary>Parts claimed in one statement: those of them that did not leave yet are uncertain too when the process dies. 50: 6 % less end to end than 200, and half as many parts in doubt (docs/performance.md).</summary>
    public int ClaimBatch { get; init; } = 50;

    /// <summary>Answers written in one statement.</summary>
    public int AnswerBatch { get; init; } = 500;

    /// <summary>Under load, how long answers wait for others to be written with them. 5 ms: a receipt comes no sooner.</summary>
    public TimeSpan AnswersGather { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Answers waiting to be written. Full: sends wait, and with them the window.</summary>
    public int AnswerCapacity { get; init; } = 10_000;

    /// <summary>How much of a connector with a limit is taken from its queue ahead: what it allows in so long, and at least one envelope.</summary>
    public TimeSpan TakeAhead { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Items in hand per connector beyond those on the wire: as many again as all windows together, at least this.</summary>
    public int MinInHand { get; init; } = 100;

    /// <summary>How long a message waits that the operator throttled, or whose outcome could not be written down.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a message waits that the operator refused for now: 2 s, doubling to half an hour, until its validity is over.</summary>
    public RetryPolicy Retry { get; init; } = new() { First = TimeSpan.FromSeconds(2), Max = TimeSpan.FromMinutes(30) };

    /// <summary>What waits longer is a row with a due time instead of a delay in the queue: SQS delays 15 minutes at most.</summary>
    public TimeSpan LongestQueueDelay { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a copy waits whose twin is on the wire.</summary>
    public TimeSpan InFlightDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>At a stop: how long submits on the wire get for their answers.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a secret of AWS Secrets Manager is taken as it was read. 5 min: it only matters at a bind, and one that an operator refuses for its
    /// password is read again at once.
    /// </summary>
    public TimeSpan SecretTtl { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>One read of a secret, its repetitions included. 10 s, as long as a bind may take.</summary>
    public TimeSpan SecretTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The address to listen on where operators call us with outbind, an IP address; "::" is any, IPv4 included. Empty, as by default: that of
    /// every listener (PLATFORM_LISTEN, loopback where that is not set).
    /// </summary>
    public string OutbindAddress { get; init; } = "";

    /// <summary>
    /// Connections of an operator that calls us beyond the connector's binds; one more is closed at once. 16: each says outbind and is bound
    /// within 10 s, or closed.
    /// </summary>
    public int OutbindUnbound { get; init; } = 16;

    /// <summary>
    /// Calls that are refused for one reason are logged so often, with their number; and so often a wrong password makes a secret of AWS Secrets
    /// Manager be read anew. 1 min: who is refused may call each second, and each read is billed.
    /// </summary>
    public TimeSpan OutbindQuiet { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>From our unbind to closing.</summary>
    public TimeSpan UnbindTimeout { get; init; } = TimeSpan.FromSeconds(3);
}
