using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>One queue as this process receives from it: a batch of what waits, or else the next message that comes.</summary>
internal sealed class Lane
{
    private readonly AmqpQueue _owner;
    private readonly ReceiveChannel _channel;
    private readonly Lock _gate = new();
    private int _listening;
    private int _bells;

    public Lane(AmqpQueue owner, string queue, string name, ReceiveChannel channel, TimeProvider time)
    {
        _owner = owner;
        _channel = channel;
        Queue = queue;
        Name = name;
        Inbox = new Inbox(time);
        channel.Add(this);
    }

    /// <summary>Our name.</summary>
    public string Queue { get; }

    /// <summary>The broker's name.</summary>
    public string Name { get; }

    /// <summary>Where everything that comes is put.</summary>
    public Inbox Inbox { get; }

    /// <summary>
    /// Brings up to so many of those that wait, into the inbox. Not cancellable: what is on its way would be hidden for nothing.
    /// </summary>
    public async Task FetchAsync(int most)
    {
        var (channel, first) = await _channel.GetAsync(Name).ConfigureAwait(false);
        if (first is null)
        {
            return;
        }
        Arrived(channel, first.DeliveryTag, first.Redelivered, first.BasicProperties, first.Body.Span);
        var more = (int)Math.Min(most - 1, first.MessageCount);
        if (more > 0)
        {
            var receiver = new BatchReceiver(this);
            await _channel.ConsumeAsync(Name, more, receiver).ConfigureAwait(false);
            await ReceiveChannel.CancelAsync(receiver).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits until something comes, or somebody else's is left over. A doorbell stays when its receiver goes: the next one has it, and
    /// what comes by it for nobody is given back.
    /// </summary>
    public async Task ListenAsync(TimeSpan wait, CancellationToken ct)
    {
        try
        {
            if (NeedsBell())
            {
                await RingLaterAsync().WaitAsync(ct).ConfigureAwait(false);
            }
            await Inbox.WaitAsync(wait, ct).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _listening--;
            }
        }
    }

    public void Arrived(IChannel channel, ulong tag, bool redelivered, IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body) =>
        Inbox.Add(_owner.ToDelivery(Queue, channel, tag, redelivered, properties, body));

    /// <summary>A doorbell is no more.</summary>
    public void Rang()
    {
        lock (_gate)
        {
            _bells--;
        }
    }

    /// <summary>The queue is not there any more; it is made again when it is used.</summary>
    public void Gone()
    {
        _owner.Forget(Queue);
        Inbox.Fail(new IOException($"The queue {Queue} is gone."));
    }

    private bool NeedsBell()
    {
        lock (_gate)
        {
            if (_bells >= ++_listening)
            {
                return false;
            }
            _bells++;
            return true;
        }
    }

    private async Task RingLaterAsync()
    {
        var bell = new Doorbell(this);
        try
        {
            await _channel.ConsumeAsync(Name, 1, bell).ConfigureAwait(false);
        }
        catch
        {
            await bell.HandleBasicCancelOkAsync(bell.Tag).ConfigureAwait(false);
            throw;
        }
    }
}
