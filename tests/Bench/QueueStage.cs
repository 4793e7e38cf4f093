using System.Diagnostics;
using System.Globalization;
using Messaging;
using Messaging.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bench;

/// <summary>Stage 3: the embedded queue, two senders and one receiver, ten envelopes a call.</summary>
static class QueueStage
{
    const int Senders = 2;
    const int EnvelopesPerCall = 10;
    const int MessageBytes = 500;

    /// <summary>The row's name for envelopes of so many messages.</summary>
    public static string Row(int items) => string.Create(CultureInfo.InvariantCulture, $"envelopes of {items} x {MessageBytes} B");

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var report = new StageReport
        {
            Stage = "queue",
            What = $"postgres: send, receive, complete; {Senders} senders, 1 receiver, up to {EnvelopesPerCall} envelopes a call",
        };
        await using var database = await BenchDatabase.CreateAsync(options);
        await using var queue = new PostgresQueue(database.Source, new PostgresQueueOptions(), TimeProvider.System, NullLogger.Instance);
        await queue.EnsureSchemaAsync(CancellationToken.None);
        foreach (var (items, share) in new[] { (1, 10), (10, 2), (100, 1) })
        {
            await Console.Error.WriteLineAsync($"queue: {Row(items)}");
            var envelopes = Math.Max(options.QueueMessages / share / items, 2 * EnvelopesPerCall);
            var body = Body(items);
            await ThroughAsync(queue, "warm", body, items, Math.Max(envelopes / 5, EnvelopesPerCall));
            var cpu = database.SessionsCpu();
            var started = Stopwatch.GetTimestamp();
            var calls = await ThroughAsync(queue, "bench", body, items, envelopes);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            cpu = database.SessionsCpu() - cpu;
            var messages = (double)envelopes * items;
            report.Add(
                Row(items),
                (Units.PerSecond, messages / seconds),
                ("calls/message", calls / messages),
                ("us PostgreSQL CPU/message", cpu.TotalMicroseconds / messages)
            );
            var left = await queue.DepthAsync("bench", CancellationToken.None);
            if (left.Total > 0)
            {
                report.Failures.Add($"{left.Total} messages are left in the queue");
            }
        }

        return report;
    }

    static async Task<int> ThroughAsync(PostgresQueue queue, string name, byte[] body, int items, int envelopes)
    {
        var calls = 0;
        var unsent = envelopes;
        await Task.WhenAll([.. Enumerable.Range(0, Senders).Select(_ => Task.Run(SendAsync)), Task.Run(ReceiveAsync)]);
        return calls;

        async Task SendAsync()
        {
            for (
                var left = Interlocked.Add(ref unsent, -EnvelopesPerCall);
                left > -EnvelopesPerCall;
                left = Interlocked.Add(ref unsent, -EnvelopesPerCall)
            )
            {
                var count = EnvelopesPerCall + Math.Min(left, 0);
                var batch = new OutgoingEnvelope[count];
                for (var i = 0; i < count; i++)
                {
                    batch[i] = new OutgoingEnvelope(Guid.CreateVersion7(), body, items);
                }

                await queue.SendAsync(name, batch, CancellationToken.None);
                Interlocked.Increment(ref calls);
            }
        }

        async Task ReceiveAsync()
        {
            for (var left = envelopes; left > 0; )
            {
                var received = await queue.ReceiveAsync(name, EnvelopesPerCall, TimeSpan.FromSeconds(20), CancellationToken.None);
                await queue.CompleteAsync(name, received, CancellationToken.None);
                left -= received.Count;
                Interlocked.Add(ref calls, 2);
            }
        }
    }

    // As messages' text compresses: neither zeros nor noise.
    static byte[] Body(int items)
    {
        var random = new Random(5);
        var words = "your code is 4711 valid until tomorrow please call back order shipped thank you регистрация подтверждена".Split(' ');
        var bytes = new List<byte>();
        while (bytes.Count < items * MessageBytes)
        {
            bytes.AddRange(System.Text.Encoding.UTF8.GetBytes($"{words[random.Next(words.Length)]} {random.Next(100_000)} "));
        }

        return [.. bytes.Take(items * MessageBytes)];
    }
}
