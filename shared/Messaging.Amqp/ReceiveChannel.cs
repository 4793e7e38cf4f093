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
    private volatile IChannel? _channel;
    private int _prefetch;

    public void Add(Lane lane) => _lanes.Add(lane);

    /// <summary>The message at the head of the queue, and how many are behind it.</summary>
    public async Task<(IChannel Channel, BasicGetResult? Message)> GetAsync(string name)
    {
        var channel = await OpenAsync().ConfigureAwait(false);
        return (channel, await channel.AskAsync(c => c.BasicGetAsync(name, autoAck: false)).ConfigureAwait(false));
    }

    /// <summary>
    /// Starts a consumer that the broker may hold out so many messages to, and no more. Not cancellable: a consumer that nobody knows
    /// of would hide messages. The client bounds each call (ContinuationTimeout).
    /// </summary>
    public async Task ConsumeAsync(string name, int most, Receiver receiver)
    {
        var channel = await OpenAsync().ConfigureAwait(false);
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            receiver.Channel = channel;
            if (_prefetch != most)
            {
                // Of a consumer, not of the channel: it counts for those that come after (RabbitMQ, "Consumer Prefetch").
                await channel.AskAsync(c => c.BasicQosAsync(0, (ushort)most, global: false)).ConfigureAwait(false);
                _prefetch = most;
            }
            await channel.AskAsync(c => c.BasicConsumeAsync(name, autoAck: false, receiver.Tag, receiver)).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends a consumer; afterwards all that it brought is in the inbox.</summary>
    public static Task CancelAsync(BatchReceiver receiver) =>
        receiver.Channel!.AskAsync(async channel =>
        {
            await channel.BasicCancelAsync(receiver.Tag).ConfigureAwait(false);
            await receiver.Ended.WaitAsync(channel.ContinuationTimeout).ConfigureAwait(false);
        });

    public void Dispose() => _gate.Dispose();

    private async Task<IChannel> OpenAsync()
    {
        if (_channel is { IsOpen: true } open)
        {
            return open;
        }
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            return _channel is { IsOpen: true } meanwhile ? meanwhile : await OpenAnewAsync().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<IChannel> OpenAnewAsync()
    {
        var channel = await link.OpenChannelAsync().ConfigureAwait(false);
        channel.ChannelShutdownAsync += OnShutdownAsync;
        _prefetch = 0;
        _channel = channel;
        return channel;
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
