using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>
/// What the broker held out for receivers of one queue, until one of them takes it. Never more than they asked for together.
/// Thread-safe.
/// </summary>
internal sealed class Inbox(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Delivery> _waiting = new();
    private readonly LinkedList<TaskCompletionSource> _receivers = new();

    public void Add(Delivery delivery)
    {
        lock (_gate)
        {
            _waiting.AddLast(delivery);
            WakeNext();
        }
    }

    /// <summary>The oldest, up to so many; an empty list when there is none.</summary>
    public List<Delivery> Take(int most)
    {
        var taken = new List<Delivery>(Math.Min(most, _waiting.Count));
        lock (_gate)
        {
            while (taken.Count < most && _waiting.First is { } first)
            {
                _waiting.RemoveFirst();
                taken.Add(first.Value);
            }
            WakeNext();
        }
        return taken;
    }

    /// <summary>Ends when something may be here, or after <paramref name="wait"/>.</summary>
    /// <exception cref="IOException">The channel is lost.</exception>
    public async Task WaitAsync(TimeSpan wait, CancellationToken ct)
    {
        LinkedListNode<TaskCompletionSource> turn;
        lock (_gate)
        {
            if (_waiting.Count > 0)
            {
                return;
            }
            turn = _receivers.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        try
        {
            await turn.Value.Task.WaitAsync(wait, time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            GiveUp(turn);
        }
        catch (OperationCanceledException)
        {
            GiveUp(turn);
            throw;
        }
    }

    /// <summary>Takes what has been here for longer, so that the broker has it back.</summary>
    public List<Delivery> TakeLeft(TimeSpan longer)
    {
        var left = new List<Delivery>();
        lock (_gate)
        {
            while (_waiting.First is { } first && time.GetElapsedTime(first.Value.ArrivedAt) >= longer)
            {
                _waiting.RemoveFirst();
                left.Add(first.Value);
            }
        }
        return left;
    }

    /// <summary>The channel is gone: what came by it is the broker's again, and who waits for more is told.</summary>
    public int Lose(IChannel channel, Exception error)
    {
        lock (_gate)
        {
            var lost = 0;
            for (var node = _waiting.First; node is not null; )
            {
                var next = node.Next;
                if (ReferenceEquals(node.Value.Channel, channel))
                {
                    _waiting.Remove(node);
                    lost++;
                }
                node = next;
            }
            Fail(error);
            return lost;
        }
    }

    /// <summary>Who waits is told.</summary>
    public void Fail(Exception error)
    {
        lock (_gate)
        {
            foreach (var receiver in _receivers)
            {
                receiver.SetException(error);
            }
            _receivers.Clear();
        }
    }

    /// <summary>Messages here.</summary>
    public long Items()
    {
        lock (_gate)
        {
            return _waiting.Sum(d => (long)d.Envelope.Items);
        }
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> turn)
    {
        lock (_gate)
        {
            if (turn.List is not null)
            {
                _receivers.Remove(turn);
            }
            else
            {
                // Woken at the last moment: another may have it.
                WakeNext();
            }
        }
    }

    private void WakeNext()
    {
        if (_waiting.Count > 0 && _receivers.First is { } next)
        {
            _receivers.RemoveFirst();
            next.Value.SetResult();
        }
    }
}
