using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Messaging.Amqp;

/// <summary>
/// The seam over RabbitMQ, Amazon MQ's or another's, by AMQP 0-9-1: quorum queues, publisher confirms, consumers that live as long as
/// somebody asks. Failures of a send are told as <see cref="QueueSendException"/>; the others end in <see cref="IOException"/> when the
/// broker is away.
/// </summary>
public sealed partial class AmqpQueue : IMessageQueue, IAsyncDisposable
{
    private static readonly TimeSpan ShortestSweep = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestSweep = TimeSpan.FromMilliseconds(250);

    private readonly AmqpQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AmqpQueueNames _names;
    private readonly AmqpLink _sendLink;
    private readonly AmqpLink _receiveLink;
    private readonly AmqpPublisher _publisher;
    private readonly AmqpTopology _topology;
    private readonly AmqpDirectory _directory;
    private readonly HeldDeliveries _held;
    private readonly ReceiveChannel[] _channels;
    private readonly ConcurrentDictionary<string, Lane> _lanes = new();
    private readonly ConcurrentDictionary<string, QueueGauge> _gauges = new();
    private readonly ConcurrentDictionary<string, DelayedGauge> _delayed = new();
    private readonly ConcurrentDictionary<Task, Lane> _fetching = new();
    private readonly PeriodicTimer _sweepTimer;
    private readonly Task _sweeping;

    // Handles of one process mean nothing to another.
    private readonly string _instance = Convert.ToHexStringLower(BitConverter.GetBytes(Random.Shared.NextInt64()));
    private long _handles;
    private int _laneCount;
    private volatile bool _disposed;

    /// <summary>A queue adapter; connects when it is used.</summary>
    /// <exception cref="ArgumentException">The address, the prefix or a limit makes no sense.</exception>
    public AmqpQueue(AmqpQueueOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxUnconfirmed, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxReceiveChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxDeclarations, 1);
        _options = options;
        _time = time;
        _logger = logger;
        _names = new AmqpQueueNames(options.Prefix);
        var factory = AmqpConnections.Factory(options);
        _sendLink = new AmqpLink(factory, options.ConnectionName + "-send", options, time, logger);
        _receiveLink = new AmqpLink(factory, options.ConnectionName + "-receive", options, time, logger);
        _publisher = new AmqpPublisher(_sendLink, options, time);
        _topology = new AmqpTopology(_receiveLink, _names, options, logger);
        _directory = new AmqpDirectory(_receiveLink, _topology, _publisher, _names, options, time);
        _held = new HeldDeliveries(options, time);
        _channels = [.. Enumerable.Range(0, options.MaxReceiveChannels).Select(_ => new ReceiveChannel(_receiveLink, _held, logger))];
        var sweep = TimeSpan.FromTicks(Math.Clamp(options.Visibility.Ticks / 20, ShortestSweep.Ticks, LongestSweep.Ticks));
        _sweepTimer = new PeriodicTimer(sweep, time);
        _sweeping = Task.Run(SweepAsync);
    }

    /// <inheritdoc/>
    public TimeSpan Visibility => _options.Visibility;

    /// <inheritdoc/>
    public async Task EnsureQueueAsync(string queue, CancellationToken ct)
    {
        try
        {
            if (!await _topology.EnsureAsync(queue, ct).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (Exception e) when (IsOfTheBroker(e, ct))
        {
            throw AmqpErrors.Wrap("Declaring", queue, e);
        }
        try
        {
            await _directory.AddAsync(queue, ct).ConfigureAwait(false);
            await _directory.AddAsync(DeadLetters.QueueFor(queue), ct).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheBroker(e, ct))
        {
            // The queue is there, and works: it is entered when it is next made sure of, over the next connection or by another process.
            _logger.NotListed(queue, e);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken ct)
    {
        try
        {
            return await _directory.ListAsync(ct).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheBroker(e, ct))
        {
            throw AmqpErrors.Wrap("Listing", "all", e);
        }
    }

    /// <summary>
    /// The broker tells how many envelopes are ready; messages are reckoned from what this process saw of the queue. In flight and
    /// delayed is what this process holds and delayed, exactly; of other processes it is not known. The age is reckoned.
    /// </summary>
    public async Task<QueueDepth> DepthAsync(string queue, CancellationToken ct)
    {
        try
        {
            // Asking must not make a queue, nor close a channel for each that is not there.
            var isKnown = _gauges.ContainsKey(queue) || (await _directory.ListAsync(ct).ConfigureAwait(false)).Contains(queue);
            if (!isKnown || await _topology.ReadyAsync(queue, ct).ConfigureAwait(false) is not { } ready)
            {
                return default;
            }
            var (held, oldest) = _held.Of(queue);
            var arrived = _lanes.TryGetValue(queue, out var lane) ? lane.Inbox.Items() : 0;
            var depth = GaugeOf(queue).Depth(ready, 0, 0);
            var heldAge = oldest is { } since ? _time.GetUtcNow() - since : TimeSpan.Zero;
            return new QueueDepth(
                depth.Ready + arrived,
                held,
                _delayed.TryGetValue(queue, out var delayed) ? delayed.Items() : 0,
                depth.OldestAge > heldAge ? depth.OldestAge : heldAge
            );
        }
        catch (Exception e) when (IsOfTheBroker(e, ct))
        {
            throw AmqpErrors.Wrap("Counting", queue, e);
        }
    }

    /// <summary>
    /// Waits for sends and settlements under way, 5 s at most, gives back what nobody took, and closes the connections. What receivers
    /// still hold is the broker's again.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        _sweepTimer.Dispose();
        await _sweeping.ConfigureAwait(false);
        await Task.WhenAll(_fetching.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _publisher.DisposeAsync().ConfigureAwait(false);
        await _sendLink.DisposeAsync().ConfigureAwait(false);
        await _receiveLink.DisposeAsync().ConfigureAwait(false);
        _topology.Dispose();
        _directory.Dispose();
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }

    /// <summary>The queue turned out to be gone: it is made again when it is used.</summary>
    internal void Forget(string queue) => _topology.Forget(queue);

    private static bool IsOfTheBroker(Exception e, CancellationToken ct) =>
        AmqpErrors.IsOfTheBroker(e) && !(e is OperationCanceledException && ct.IsCancellationRequested);

    private QueueGauge GaugeOf(string queue) => _gauges.GetOrAdd(queue, static (_, time) => new QueueGauge(time), _time);

    private DelayedGauge DelayedOf(string queue) => _delayed.GetOrAdd(queue, static (_, time) => new DelayedGauge(time), _time);

    // Every so often: what is hidden too long, and what came for nobody, is the broker's again.
    private async Task SweepAsync()
    {
        while (await _sweepTimer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
        {
            foreach (var delivery in _held.TakeExpired())
            {
                AmqpTelemetry.Expired.Count(delivery.Envelope.Queue);
                await GiveBackAsync(delivery).ConfigureAwait(false);
            }
            foreach (var lane in _lanes.Values)
            {
                foreach (var delivery in lane.Inbox.TakeLeft(_options.HandOver))
                {
                    await GiveBackAsync(delivery).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task GiveBackAsync(Delivery delivery)
    {
        try
        {
            using var deadline = new CancellationTokenSource(_options.CallTimeout, _time);
            await delivery.GiveBackAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
        {
            // Kept, past its deadline, for the next sweep; unless its channel is gone, and the broker has it back.
            _held.PutBack(delivery);
            _logger.SettledInVain("Giving back", delivery.Envelope.Queue, e);
        }
    }
}
