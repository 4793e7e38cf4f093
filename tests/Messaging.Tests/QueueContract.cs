using System.Text;
using Xunit;

namespace Messaging.Tests;

/// <summary>
/// What every adapter keeps. An adapter's test class derives from this and makes the queue. The few virtual cases are claims that
/// not every broker can keep: there the adapter's class says what it does instead.
/// </summary>
public abstract partial class QueueContract : IAsyncLifetime
{
    /// <summary>Longer than any redelivery here takes; only a broken adapter waits it out.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    /// <summary>Short enough to see a redelivery, long enough for the calls of one test.</summary>
    protected virtual TimeSpan Brief => TimeSpan.FromMilliseconds(400);

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly string _name = $"contract-{Guid.NewGuid():N}";

    /// <summary>The queue of this test.</summary>
    protected string Name => _name;

    /// <summary>A queue adapter over the same store each time, with the visibility given.</summary>
    protected abstract Task<IMessageQueue> OpenAsync(TimeSpan visibility);

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual Task DisposeAsync() => Task.CompletedTask;

    protected Task<IMessageQueue> OpenAsync() => OpenAsync(TimeSpan.FromSeconds(20));

    protected static OutgoingEnvelope Text(string body, int items = 1, TimeSpan delay = default) =>
        new(Guid.CreateVersion7(), Encoding.UTF8.GetBytes(body), items, delay);

    protected static string Text(ReceivedEnvelope envelope) => Encoding.UTF8.GetString(envelope.Body.Span);

    protected async Task<List<ReceivedEnvelope>> ReceiveAsync(IMessageQueue queue, int count, string? name = null)
    {
        var received = new List<ReceivedEnvelope>();
        while (received.Count < count)
        {
            var some = await queue.ReceiveAsync(name ?? _name, count - received.Count, Long, None);
            Assert.True(some.Count > 0, $"{received.Count} of {count} envelopes came");
            received.AddRange(some);
        }
        return received;
    }

    protected async Task AssertNothingAsync(IMessageQueue queue, TimeSpan wait = default, string? name = null) =>
        Assert.Empty(await queue.ReceiveAsync(name ?? _name, 10, wait, None));
}
