using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.IntegrationTests;

internal sealed record Note(int Number, string Text);

[JsonSerializable(typeof(Note))]
internal sealed partial class NoteJson : JsonSerializerContext;

/// <summary>Senders and a consumer at work on one queue while the test does something to it: what was said of each, and what arrived.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    // A broker that was killed may hold a channel up for 65 s (ra:process_command) before what it has goes on.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly ConcurrentDictionary<int, SendOutcome> _outcomes = new();
    private readonly ConcurrentDictionary<int, int> _arrived = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly EnvelopeSender<Note> _sender;
    private readonly EnvelopeReader<Note> _reader;
    private readonly Task _consuming;

    public Traffic(IMessageQueue queue, string name, TimeSpan sendDeadline, int itemsAnEnvelope = 20)
    {
        _sender = Sender(queue, name, sendDeadline, itemsAnEnvelope);
        _reader = new EnvelopeReader<Note>(
            queue,
            name,
            NoteJson.Default.Note,
            new EnvelopeReaderOptions(),
            TimeProvider.System,
            NullLogger.Instance
        );
        _consuming = new QueueConsumer<Note>(
            _reader,
            (batch, _) =>
            {
                foreach (var item in batch.SelectMany(lease => lease.Items))
                {
                    _arrived.AddOrUpdate(item.Value.Number, 1, (_, times) => times + 1);
                }
                return Task.CompletedTask;
            },
            new QueueConsumerOptions(),
            TimeProvider.System,
            NullLogger.Instance
        ).RunAsync(_stop.Token);
    }

    public static EnvelopeSender<Note> Sender(IMessageQueue queue, string name, TimeSpan deadline, int maxItems = 100) =>
        new(
            queue,
            name,
            NoteJson.Default.Note,
            new EnvelopeSenderOptions { SendDeadline = deadline, MaxItems = maxItems },
            Guid.NewGuid(),
            TimeProvider.System,
            NullLogger.Instance
        );

    /// <summary>Sends, in bursts, and consumes at the same time; all are confirmed, and all that is confirmed arrives.</summary>
    public static async Task AssertAllArriveAsync(IMessageQueue queue, string name, int count, int itemsAnEnvelope = 20)
    {
        await queue.EnsureQueueAsync(name, CancellationToken.None);
        await using var traffic = new Traffic(queue, name, Patience, itemsAnEnvelope);
        await traffic.SendAsync(count);
        Assert.All(traffic._outcomes.Values, outcome => Assert.Equal(SendOutcome.Stored, outcome));
        await traffic.AssertKeptAsync();
    }

    public int Count(SendOutcome outcome) => _outcomes.Values.Count(o => o == outcome);

    /// <summary>Sends so many more, a hundred at a time; ends when all have their answers.</summary>
    public async Task SendAsync(int count)
    {
        var sent = _outcomes.Count;
        for (var first = sent; first < sent + count; first += 100)
        {
            await Task.WhenAll(Enumerable.Range(first, Math.Min(100, sent + count - first)).Select(SendOneAsync));
        }

        async Task SendOneAsync(int number) =>
            _outcomes[number] = await _sender.SendAsync(new Note(number, "hello"), CancellationToken.None);
    }

    /// <summary>All that was confirmed has arrived, and nothing that was refused for certain.</summary>
    public async Task AssertKeptAsync()
    {
        await UntilAsync(
            () => _outcomes.All(sent => sent.Value != SendOutcome.Stored || _arrived.ContainsKey(sent.Key)),
            () => $"lost: {string.Join(",", _outcomes.Where(sent => sent.Value == SendOutcome.Stored && !_arrived.ContainsKey(sent.Key)))}"
        );
        Assert.DoesNotContain(_outcomes, sent => sent.Value == SendOutcome.Refused && _arrived.ContainsKey(sent.Key));
    }

    public async ValueTask DisposeAsync()
    {
        await _sender.DisposeAsync();
        await _stop.CancelAsync();
        await _consuming;
        await _reader.DisposeAsync();
        _stop.Dispose();
    }

    public static Task UntilAsync(Func<bool> condition, Func<string>? otherwise = null) =>
        UntilAsync(() => Task.FromResult(condition()), otherwise);

    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string>? otherwise = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, otherwise?.Invoke() ?? "it did not come to that");
            // Not spinning: what is waited for needs the processor too.
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
