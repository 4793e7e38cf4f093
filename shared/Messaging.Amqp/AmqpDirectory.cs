using System.Collections.Immutable;
using System.Text;
using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>
/// The names of our queues, for AMQP cannot list them: one message for each in a queue of the broker, looked at and given back. Names
/// are only ever added; what was seen once stays known.
/// </summary>
internal sealed class AmqpDirectory(
    AmqpLink link,
    AmqpTopology topology,
    AmqpPublisher publisher,
    AmqpQueueNames names,
    AmqpQueueOptions options,
    TimeProvider time
) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ImmutableSortedSet<string> _known = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
    private long? _readAt;

    /// <summary>In alphabetical order; not older than <see cref="AmqpQueueOptions.DirectoryAge"/>.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken ct)
    {
        // Even an answer from memory says that the broker is there.
        await link.GetAsync(ct).ConfigureAwait(false);
        await RefreshAsync().WaitAsync(ct).ConfigureAwait(false);
        return [.. _known];
    }

    /// <summary>Enters a queue, unless it is there. Two processes may do so at once: what is there twice is taken out by who reads.</summary>
    public async Task AddAsync(string queue, CancellationToken ct)
    {
        if (_known.Contains(queue))
        {
            return;
        }
        await RefreshAsync().WaitAsync(ct).ConfigureAwait(false);
        if (_known.Contains(queue))
        {
            return;
        }
        var name = await topology.EnsureDirectoryAsync(ct).ConfigureAwait(false);
        var properties = new BasicProperties
        {
            DeliveryMode = DeliveryModes.Persistent,
            MessageId = Guid.CreateVersion7(time.GetUtcNow()).ToString(),
        };
        var (outcomes, error) = await publisher
            .PublishAsync(name, [new Publication("", name, properties, Encoding.UTF8.GetBytes(queue))], ct)
            .ConfigureAwait(false);
        if (outcomes[0] != Confirmation.Stored)
        {
            throw new IOException($"The queue {queue} could not be entered into the broker's list.", error);
        }
        Know([queue]);
    }

    public void Dispose() => _gate.Dispose();

    private void Know(IEnumerable<string> queues) =>
        ImmutableInterlocked.Update(ref _known, static (known, more) => known.Union(more), queues);

    private async Task RefreshAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_readAt is { } at && time.GetElapsedTime(at) < options.DirectoryAge)
            {
                return;
            }
            var name = await topology.EnsureDirectoryAsync(CancellationToken.None).ConfigureAwait(false);
            AmqpTelemetry.Calls.Count("list", name);
            Know(await ReadAsync(name).ConfigureAwait(false));
            _readAt = time.GetTimestamp();
        }
        finally
        {
            _gate.Release();
        }
    }

    // Two readers at once would each see a part: what one holds is hidden from the other.
    private async Task<HashSet<string>> ReadAsync(string name)
    {
        var started = time.GetTimestamp();
        var reader = new DirectoryReader();
        while (true)
        {
            try
            {
                await link.UseChannelAsync(async channel =>
                    {
                        // A queue that belongs to one connection, and ends with it (AMQP 0-9-1, queue.declare, exclusive).
                        await channel
                            .QueueDeclareAsync(names.DirectoryLock, durable: false, exclusive: true, autoDelete: true)
                            .ConfigureAwait(false);
                        await reader.ReadAsync(channel, name).ConfigureAwait(false);
                        await channel.QueueDeleteAsync(names.DirectoryLock).ConfigureAwait(false);
                    })
                    .ConfigureAwait(false);
                return reader.Names;
            }
            catch (Exception e) when (AmqpErrors.IsLocked(e) && time.GetElapsedTime(started) < options.CallTimeout)
            {
                // Told by nobody; a look takes some milliseconds.
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(10, 40)), time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private sealed class DirectoryReader : IAsyncBasicConsumer
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<ulong> _twice = [];
        private uint _missing;

        public HashSet<string> Names { get; } = [];

        public IChannel? Channel { get; private set; }

        public async Task ReadAsync(IChannel channel, string queue)
        {
            Channel = channel;
            _missing = Math.Min(ushort.MaxValue, await channel.MessageCountAsync(queue).ConfigureAwait(false));
            if (_missing == 0)
            {
                return;
            }
            await channel.BasicQosAsync(0, (ushort)_missing, global: false).ConfigureAwait(false);
            var tag = await channel.BasicConsumeAsync(queue, autoAck: false, this).ConfigureAwait(false);
            await _ended.Task.WaitAsync(channel.ContinuationTimeout).ConfigureAwait(false);
            await channel.BasicCancelAsync(tag).ConfigureAwait(false);
            foreach (var delivery in _twice)
            {
                await channel.BasicAckAsync(delivery, multiple: false).ConfigureAwait(false);
            }
            // All that is left goes back; a delivery tag of 0 means all (RabbitMQ, "Consumer Acknowledgements").
            await channel.BasicNackAsync(0, multiple: true, requeue: true).ConfigureAwait(false);
        }

        public Task HandleBasicDeliverAsync(
            string consumerTag,
            ulong deliveryTag,
            bool redelivered,
            string exchange,
            string routingKey,
            IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body,
            CancellationToken cancellationToken = default
        )
        {
            if (!Names.Add(Encoding.UTF8.GetString(body.Span)))
            {
                _twice.Add(deliveryTag);
            }
            return --_missing == 0 ? End() : Task.CompletedTask;
        }

        public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default) => End();

        public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task HandleChannelShutdownAsync(object channel, RabbitMQ.Client.Events.ShutdownEventArgs reason) => End();

        private Task End()
        {
            _ended.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
