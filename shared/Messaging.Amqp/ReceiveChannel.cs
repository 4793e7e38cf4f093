using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Messaging.Amqp;

/// <summary>A channel that consumers of one queue, or of several, share. Opened again after a loss, with the next consumer.</summary>
internal sealed class ReceiveChannel(AmqpLink link, HeldDeliveries held, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentBag<Lane> _lanes = [];
    private IChannel? _channel;
    private int _prefetch;

    public void Add(Lane lane) => _lanes.Add(lane);

    /// <summary>
    /// Starts a consumer that the broker may hold out so many messages to, and no more. Not cancellable: a consumer that nobody knows
    /// of would hide messages. The client bounds each call (ContinuationTimeout).
    /// </summary>
    public async Task<IChannel> ConsumeAsync(string name, int most, Receiver receiver)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            var channel = await OpenAsync().ConfigureAwait(false);
            receiver.Channel = channel;
            try
            {
                if (_prefetch != most)
                {
                    // Of a consumer, not of the channel: it counts for those that come after (RabbitMQ, "Consumer Prefetch").
                    await channel.BasicQosAsync(0, (ushort)most, global: false).ConfigureAwait(false);
                    _prefetch = most;
                }
                await channel
                    .BasicConsumeAsync(name, autoAck: false, receiver.Tag, noLocal: false, exclusive: false, arguments: null, receiver)
                    .ConfigureAwait(false);
                return channel;
            }
            catch (OperationCanceledException)
            {
                // Not answered in time: whether the consumer is there is not known, so its channel goes.
                await channel.AbortAsync().ConfigureAwait(false);
                throw;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<IChannel> OpenAsync()
    {
        if (_channel is { IsOpen: true } open)
        {
            return open;
        }
        var connection = await link.GetAsync(CancellationToken.None).ConfigureAwait(false);
        if (_channel is { } lost)
        {
            await lost.DisposeAsync().ConfigureAwait(false);
        }
        _channel = await connection.CreateChannelAsync().ConfigureAwait(false);
        _prefetch = 0;
        _channel.ChannelShutdownAsync += OnShutdownAsync;
        return _channel;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        var channel = (IChannel)sender;
        var lost = held.Lose(channel);
        var error = new IOException($"The channel to the broker is lost: {reason.ReplyText}", reason.Exception);
        foreach (var lane in _lanes)
        {
            lost += lane.Inbox.Lose(channel, error);
        }
        if (reason.Initiator != ShutdownInitiator.Application || lost > 0)
        {
            logger.ChannelLost(reason.ReplyText, lost);
        }
        return Task.CompletedTask;
    }
}
