namespace Messaging.Sqs;

/// <summary>Limits of a <see cref="SqsQueue"/>. SQS counts in whole seconds: parts of one are rounded up.</summary>
public sealed record SqsQueueOptions
{
    /// <summary>
    /// Before every queue's name in SQS: letters, digits, dash and underscore, at most 30. Default <c>platform-</c>, so that several
    /// installations share an AWS account by giving each its own.
    /// </summary>
    public string Prefix { get; init; } = "platform-";

    /// <summary>How long a received envelope stays hidden. Default 20 s; SQS: 12 h at most.</summary>
    public TimeSpan Visibility { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Asked for beyond <see cref="Visibility"/>: a long poll does not tell when in its 20 s it claimed, so the holder's deadline is
    /// counted from the answer's arrival, and this covers the way of the answer. Default 2 s; work of a crashed process moves again
    /// within 22 s.
    /// </summary>
    public TimeSpan ReceiveMargin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>One long poll. Default 20 s, SQS's longest: an idle queue costs three requests a minute.</summary>
    public TimeSpan LongestPoll { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Long polls of one queue and process under way at once. One while little comes; each that comes back full allows one more, up to
    /// this. Default 16: 16 x 10 envelopes a round trip.
    /// </summary>
    public int MaxPolls { get; init; } = 16;

    /// <summary>
    /// What a poll brings for a receiver that has gone is kept for the next one so long, then given back. Default 1 s.
    /// </summary>
    public TimeSpan HandOver { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A call is given up after this long, a poll this long after its wait. Default 5 s: half of a sender's deadline.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a call that may be repeated without harm, or the failed entries of a batch, are tried within one call of the seam.
    /// Default 3; whoever calls has a deadline and repeats of its own.
    /// </summary>
    public int Attempts { get; init; } = 3;

    /// <summary>The pause between those attempts. Default 100 ms growing to 1 s, with jitter.</summary>
    public RetryPolicy Retry { get; init; } = new() { First = TimeSpan.FromMilliseconds(100), Max = TimeSpan.FromSeconds(1) };

    /// <summary>Batch calls under way at once for one settlement of more than ten envelopes. Default 4.</summary>
    public int MaxBatchesAtOnce { get; init; } = 4;

    /// <summary>How long a new queue keeps what nobody receives. Default 7 days; SQS: 14 at most.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The same of a new dead-letter queue. Default 14 days, SQS's longest.</summary>
    public TimeSpan DeadRetention { get; init; } = TimeSpan.FromDays(14);

    /// <summary>
    /// After so many receives SQS itself moves a message of a new queue to the dead letters. Default 200, SQS: 1,000 at most: a
    /// distant backstop, ten times what the reader allows an item that came alone.
    /// </summary>
    public int MaxReceiveCount { get; init; } = 200;

    /// <summary>Key (id, alias or ARN) that encrypts new queues by AWS KMS. Default none: SQS's own encryption (SSE-SQS).</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>How long SQS may use a data key of KMS. Default 5 min, as SQS's own; shorter means more calls to KMS, which bills them.</summary>
    public TimeSpan KmsDataKeyReuse { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Tags of new queues, beside the one that keeps the queue's own name. Default none; SQS: 50 in all.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
