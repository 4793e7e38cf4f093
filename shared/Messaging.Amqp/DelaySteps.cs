namespace Messaging.Amqp;

/// <summary>
/// The waits there are: a delay is rounded up to one of them, by a quarter at most. Each is one queue whose messages all live equally
/// long, so that the first in is the first to be due: RabbitMQ looks for expired messages only at a queue's head.
/// </summary>
internal static class DelaySteps
{
    /// <summary>Longer delays are cut to this, as in SQS.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    // ISO 3, R 10: ten steps a decade, each about a quarter above the one before.
    private static readonly int[] Decade = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];

    /// <summary>All of them, the shortest first.</summary>
    public static IReadOnlyList<TimeSpan> All { get; } = Make();

    /// <summary>The shortest that is not shorter than the delay.</summary>
    public static TimeSpan For(TimeSpan delay)
    {
        foreach (var step in All)
        {
            if (step >= delay)
            {
                return step;
            }
        }
        return Longest;
    }

    private static List<TimeSpan> Make()
    {
        var steps = new List<TimeSpan>();
        for (var scale = 1; scale <= 10_000; scale *= 10)
        {
            steps.AddRange(Decade.Select(step => TimeSpan.FromMilliseconds((double)step * scale)).Where(step => step < Longest));
        }
        steps.Add(Longest);
        return steps;
    }
}
