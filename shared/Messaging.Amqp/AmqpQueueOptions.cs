namespace Messaging.Amqp;

/// <summary>Where the broker is, and the limits of an <see cref="AmqpQueue"/>.</summary>
public sealed record AmqpQueueOptions
{
    /// <summary>
    /// <c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c> for TLS (RabbitMQ URI specification). No default. It holds a
    /// password: it is never logged.
    /// </summary>
    public Uri? Address { get; init; }

    /// <summary>PEM file with the authorities that may have signed the broker's certificate. Default none: those of the machine.</summary>
    public string? CertificateAuthorities { get; init; }

    /// <summary>The name that the broker's certificate must bear. Default none: the host of <see cref="Address"/>.</summary>
    public string? ServerName { get; init; }

    /// <summary>What the broker shows of our connections, with <c>-send</c> or <c>-receive</c> behind it. Default <c>platform</c>.</summary>
    public string ConnectionName { get; init; } = "platform";

    /// <summary>
    /// Before every queue's name: at most 60 bytes of UTF-8, not beginning with <c>amq.</c>. Default <c>platform.</c>, so that several
    /// installations share a virtual host by giving each its own.
    /// </summary>
    public string Prefix { get; init; } = "platform.";

    /// <summary>How long a received envelope stays hidden. Default 20 s.</summary>
    public TimeSpan Visibility { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// No envelope is held longer by one receiver, whatever is extended. Default 25 min: the broker closes the channel of a consumer that
    /// has not answered for 30 min (consumer_timeout), and all that came over it would come again.
    /// </summary>
    public TimeSpan LongestHold { get; init; } = TimeSpan.FromMinutes(25);

    /// <summary>
    /// What comes for a receiver that has gone is kept for the next one so long, then given back. Default 1 s.
    /// </summary>
    public TimeSpan HandOver { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a batch is waited for that the broker counted and another receiver may have taken. Default 25 ms: some round trips; it is
    /// seen only where receivers compete for little.
    /// </summary>
    public TimeSpan BatchWait { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// A call, or the confirmations of a batch, are given up after this long. Default 5 s: half of a sender's deadline, so that there is
    /// time to repeat.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>TCP, TLS and the opening of the connection together. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause before a lost connection is tried again. Default 200 ms growing to 5 s, with jitter. Sends fail at once meanwhile.</summary>
    public RetryPolicy Reconnect { get; init; } = new() { First = TimeSpan.FromMilliseconds(200), Max = TimeSpan.FromSeconds(5) };

    /// <summary>
    /// Heartbeat asked for; a peer silent for two of them is taken for dead. Default 10 s: what a vanished process held moves again within
    /// 20 s.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of the largest frame asked for. Default 128 KiB, the broker's own: an envelope of 60 KB is one frame.</summary>
    public int FrameMax { get; init; } = 128 * 1024;

    /// <summary>Bytes of the largest body taken from the broker. Default 16 MiB: ours stay below 1 MiB.</summary>
    public int MaxBody { get; init; } = 16 * 1024 * 1024;

    /// <summary>Envelopes sent and not yet confirmed, in all; further ones wait. Default 1,000: some 60 MB at worst.</summary>
    public int MaxUnconfirmed { get; init; } = 1000;

    /// <summary>
    /// Channels that receive. Default 32: queues beyond that share one, and a fault of one queue's channel sends back what is held of the
    /// others on it. Brokers allow 2,047 a connection, Amazon MQ fewer.
    /// </summary>
    public int MaxReceiveChannels { get; init; } = 32;

    /// <summary>
    /// Queues declared at once, each over a channel of its own. Default 8: one that does not answer, as after a broker's fall, holds up no other.
    /// </summary>
    public int MaxDeclarations { get; init; } = 8;

    /// <summary>How often a message may be delivered until the broker itself moves it to the dead letters. Default 200: a distant backstop.</summary>
    public int MaxDeliveries { get; init; } = 200;

    /// <summary>The list of queues is read from the broker at most this often. Default 5 s.</summary>
    public TimeSpan DirectoryAge { get; init; } = TimeSpan.FromSeconds(5);
}
