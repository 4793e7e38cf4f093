namespace Messaging.Tests;

public sealed class InMemoryQueueTests : QueueContract
{
    private readonly Dictionary<TimeSpan, IMessageQueue> _byVisibility = [];

    // One store for each visibility: a second opening of the same sees what the first sent.
    protected override Task<IMessageQueue> OpenAsync(TimeSpan visibility)
    {
        if (!_byVisibility.TryGetValue(visibility, out var queue))
        {
            _byVisibility.Add(visibility, queue = new InMemoryQueue(TimeProvider.System, visibility));
        }
        return Task.FromResult(queue);
    }
}
