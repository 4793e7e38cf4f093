using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Messaging.Amqp;

/// <summary>What became of a message sent.</summary>
internal enum Confirmation
{
    /// <summary>A majority of the queue's nodes has it on disk.</summary>
    Stored,

    /// <summary>There is no such queue: certainly not stored.</summary>
    Returned,

    /// <summary>Not sent, or refused: certainly not stored.</summary>
    Refused,

    /// <summary>May be stored.</summary>
    Unknown,
}

/// <summary>
/// A channel in confirm mode (RabbitMQ, "Publisher Confirms"). The confirmations are matched here: the client's own tracking lets
/// a cancelled publish disturb another's number.
/// </summary>
internal sealed class ConfirmChannel : IAsyncDisposable
{
    private readonly IChannel _channel;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Dictionary<ulong, Pending> _pending = [];
    private ulong _next = 1;
    private ulong _oldest = 1;
    private long _answers;
    private volatile bool _broken;

    private ConfirmChannel(IChannel channel) => _channel = channel;

    public bool IsOpen => !_broken && _channel.IsOpen;

    /// <summary>How many confirmations and refusals came, for any message.</summary>
    public long Answers => Volatile.Read(ref _answers);

    public static async Task<ConfirmChannel> OpenAsync(AmqpLink link)
    {
        var channel = await link.OpenChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false)
            )
            .ConfigureAwait(false);
        var confirms = new ConfirmChannel(channel);
        channel.BasicAcksAsync += confirms.OnAckAsync;
        channel.BasicNacksAsync += confirms.OnNackAsync;
        channel.BasicReturnAsync += confirms.OnReturnAsync;
        channel.ChannelShutdownAsync += confirms.OnShutdownAsync;
        return confirms;
    }

    /// <summary>
    /// Writes one message; the answer's task ends with what became of it. A write that fails or is cancelled spoils the channel: how
    /// much of it went out is not known, and the numbers no longer fit the broker's.
    /// </summary>
    public async Task<Task<Confirmation>> PublishAsync(
        string exchange,
        string routingKey,
        BasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken ct
    )
    {
        await _writing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            var pending = new Pending(properties.MessageId);
            lock (_gate)
            {
                if (_broken)
                {
                    return Task.FromResult(Confirmation.Refused);
                }
                _pending.Add(_next++, pending);
            }
            try
            {
                await _channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, body, ct).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Break();
                if (!AmqpErrors.IsOfTheBroker(e))
                {
                    throw;
                }
            }
            return pending.Outcome.Task;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>
    /// Nobody waits for these any more: what is not confirmed has an unknown outcome from now on, and makes room for others. A queue that answers
    /// nothing, as one without a leader, must not hold up those that do.
    /// </summary>
    public void GiveUp(IReadOnlySet<Task<Confirmation>> answers) => Lose(pending => answers.Contains(pending.Outcome.Task));

    /// <summary>Everything not confirmed has an unknown outcome from now on, and nothing more is sent here.</summary>
    public void Break()
    {
        lock (_gate)
        {
            _broken = true;
        }
        Lose(static _ => true);
    }

    public async ValueTask DisposeAsync()
    {
        Break();
        await _channel.AbortAsync().ConfigureAwait(false);
        await _channel.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Breaks and closes it, waited for by nobody.</summary>
    public void LetGo()
    {
        Break();
        _channel.LetGo();
    }

    private Task OnAckAsync(object sender, BasicAckEventArgs ack) => Answer(ack.DeliveryTag, ack.Multiple, Confirmation.Stored);

    // The broker says only that it failed; some of a quorum may have it.
    private Task OnNackAsync(object sender, BasicNackEventArgs nack) => Answer(nack.DeliveryTag, nack.Multiple, Confirmation.Unknown);

    private Task Answer(ulong tag, bool multiple, Confirmation outcome)
    {
        lock (_gate)
        {
            _answers++;
            for (var number = multiple ? Math.Min(_oldest, tag) : tag; number <= tag; number++)
            {
                if (_pending.Remove(number, out var pending))
                {
                    pending.Outcome.TrySetResult(pending.WasReturned ? Confirmation.Returned : outcome);
                }
            }
            while (_oldest < _next && !_pending.ContainsKey(_oldest))
            {
                _oldest++;
            }
        }
        return Task.CompletedTask;
    }

    private void Lose(Predicate<Pending> which)
    {
        lock (_gate)
        {
            foreach (var (number, pending) in _pending)
            {
                if (which(pending))
                {
                    _pending.Remove(number);
                    pending.Outcome.TrySetResult(Confirmation.Unknown);
                }
            }
        }
    }

    // Comes before the message's own confirmation. The same id may be under way twice: to the same queue, then.
    private Task OnReturnAsync(object sender, BasicReturnEventArgs returned)
    {
        lock (_gate)
        {
            foreach (var pending in _pending.Values)
            {
                if (pending.MessageId == returned.BasicProperties.MessageId)
                {
                    pending.WasReturned = true;
                }
            }
        }
        return Task.CompletedTask;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        Break();
        return Task.CompletedTask;
    }

    private sealed class Pending(string? messageId)
    {
        public string? MessageId => messageId;

        public bool WasReturned { get; set; }

        public TaskCompletionSource<Confirmation> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
