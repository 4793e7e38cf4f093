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

    /// <summary>A pack is ours this long; sending stops at <see cref="PackSending"/>, so that its last answers still fall within it.</summary>
    public TimeSpan PackLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long items of a leased pack are sent; what is not sent by then goes back.</summary>
    public TimeSpan PackSending { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Packs in hand per ESME, all its sessions together: enough that the window never runs dry, few enough that others share them.</summary>
    public int PacksPerEsme { get; init; } = 4;

    /// <summary>How often the acknowledgements of packs under way are written: after a crash, what was acknowledged since goes out a second time. 25 ms: as often as a busy database commits anyway.</summary>
    public TimeSpan DeliveryProgress { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How often due packs are looked for when nothing wakes the gateway.</summary>
    public TimeSpan DeliveryPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between attempts for an ESME that refuses a receipt for now.</summary>
    public TimeSpan MaxDeliveryRetry { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>From our unbind to closing, when a session drains.</summary>
    public TimeSpan UnbindTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
