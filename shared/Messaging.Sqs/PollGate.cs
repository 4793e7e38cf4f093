namespace Messaging.Sqs;

/// <summary>
/// How many long polls a queue gets: one while little comes, one more for each that came back full, up to a limit, and one less for each
/// that came back less than half full. Receivers beyond that wait their turn. Thread-safe.
/// </summary>
internal sealed class PollGate(int limit, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private int _allowed = 1;
    private int _polling;

    /// <summary>Polls under way; for tests.</summary>
    public int Polling
    {
        get
        {
            lock (_gate)
            {
                return _polling;
            }
        }
    }

    /// <summary>True once a poll may begin, to be ended by <see cref="Leave"/>; false when <paramref name="wait"/> passed before.</summary>
    public async ValueTask<bool> EnterAsync(TimeSpan wait, CancellationToken ct)
    {
        LinkedListNode<TaskCompletionSource> turn;
        lock (_gate)
        {
            if (_polling < _allowed && _waiting.Count == 0)
            {
                _polling++;
                return true;
            }
            turn = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        try
        {
            await turn.Value.Task.WaitAsync(wait, time, ct).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // Given a turn at the last moment: it is taken.
            return !TryGiveUp(turn);
        }
        catch (OperationCanceledException)
        {
            if (!TryGiveUp(turn))
            {
                Leave(more: null);
            }
            throw;
        }
    }

    /// <summary>Whether another poll would find something: it would after a full one, hardly after one less than half full.</summary>
    public static bool? More(int received, int asked) =>
        received >= asked ? true
        : received * 2 < asked ? false
        : null;

    /// <summary>A poll ended: one more, or one less, from now on; null: as many (it was half full, it failed, or never began).</summary>
    public void Leave(bool? more)
    {
        lock (_gate)
        {
            _polling--;
            _allowed = more switch
            {
                true => Math.Min(_allowed + 1, limit),
                false => Math.Max(_allowed - 1, 1),
                null => _allowed,
            };
            while (_polling < _allowed && _waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                _polling++;
                next.Value.SetResult();
            }
        }
    }

    private bool TryGiveUp(LinkedListNode<TaskCompletionSource> turn)
    {
        lock (_gate)
        {
            if (turn.List is null)
            {
                return false;
            }
            _waiting.Remove(turn);
            return true;
        }
    }
}
