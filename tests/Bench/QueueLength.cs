using System.Diagnostics;
using System.Globalization;
using Messaging;

namespace Bench;

/// <summary>
/// A queue with very many waiting against one with a thousand: the same work on both in turns, a receive of ten, their completion, and ten
/// sent in their place. The median of the rounds counts.
/// </summary>
static class QueueLength
{
    const int ItemsAnEnvelope = 10;
    const int Few = 1_000;
    const int EnvelopesPerCall = 10;
    const int CallsPerRound = 10;
    const int RoundCount = 15;
    static readonly byte[] body = [.. Enumerable.Repeat((byte)'x', 1_500)];

    public static async Task CompareAsync(StageReport report, BenchOptions options, string adapter, IMessageQueue queue)
    {
        await Console.Error.WriteLineAsync($"queues: {adapter}, {options.QueuesWaiting:N0} waiting");
        await FillAsync(queue, "few", Few);
        await FillAsync(queue, "many", options.QueuesWaiting);
        List<double> few = [];
        List<double> many = [];
        // The first round is not counted.
        for (var round = 0; round <= RoundCount; round++)
        {
            var one = await RoundAsync(queue, "few");
            var other = await RoundAsync(queue, "many");
            if (round > 0)
            {
                few.Add(one);
                many.Add(other);
            }
        }
        var row = Row(adapter, options.QueuesWaiting);
        report.Add(Row(adapter, Few), ("us/message", Median(few)));
        report.Add(row, ("us/message", Median(many)), ("times that", Median(many) / Median(few)));
        report.AtMost(row, "times that", 1.25);
    }

    static string Row(string adapter, int waiting) => string.Create(CultureInfo.InvariantCulture, $"{adapter}, {waiting:N0} waiting");

    static async Task FillAsync(IMessageQueue queue, string name, int messages)
    {
        var left = messages / ItemsAnEnvelope / 100;
        await queue.EnsureQueueAsync(name, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(FillSomeAsync)));

        async Task FillSomeAsync()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await SendAsync(queue, name, 100);
            }
        }
    }

    // Microseconds a message.
    static async Task<double> RoundAsync(IMessageQueue queue, string name)
    {
        var started = Stopwatch.GetTimestamp();
        var taken = 0;
        for (var call = 0; call < CallsPerRound; call++)
        {
            var received = await queue.ReceiveAsync(name, EnvelopesPerCall, TimeSpan.FromSeconds(5), CancellationToken.None);
            await queue.CompleteAsync(name, received, CancellationToken.None);
            await SendAsync(queue, name, received.Count);
            taken += received.Count * ItemsAnEnvelope;
        }
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Math.Max(1, taken);
    }

    static Task SendAsync(IMessageQueue queue, string name, int envelopes) =>
        queue.SendAsync(
            name,
            [.. Enumerable.Range(0, envelopes).Select(_ => new OutgoingEnvelope(Guid.CreateVersion7(), body, ItemsAnEnvelope))],
            CancellationToken.None
        );

    static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
