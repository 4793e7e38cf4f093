using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>
/// A message on its way: through an exchange ("" leads to the queue of the routing key's name), which is that of a delay where there is a step.
/// </summary>
internal readonly record struct Publication(
    string Exchange,
    string RoutingKey,
    BasicProperties Properties,
    ReadOnlyMemory<byte> Body,
    TimeSpan Step = default
);

/// <summary>Sends in confirm mode over a connection of its own: when the broker stops reading from it, receiving goes on.</summary>
internal sealed class AmqpPublisher : IAsyncDisposable
{
    private readonly AmqpLink _link;
    private readonly AmqpQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _room;
    private volatile ConfirmChannel? _channel;
    private Task<ConfirmChannel>? _opening;
    private int _sending;
    private volatile TaskCompletionSource? _drained;

    public AmqpPublisher(AmqpLink link, AmqpQueueOptions options, TimeProvider time)
    {
        _link = link;
        _options = options;
        _time = time;
        _room = new SemaphoreSlim(options.MaxUnconfirmed, options.MaxUnconfirmed);
        // What the broker has not confirmed by then may wait in its socket until the alarm is over.
        link.WasBlocked += _ => _channel?.Break();
    }

    /// <summary>
    /// What became of each, and of all together what went wrong first. Never takes longer than <see cref="AmqpQueueOptions.CallTimeout"/>.
    /// </summary>
    public async Task<(Confirmation[] Outcomes, Exception? Error)> PublishAsync(
        string queue,
        IReadOnlyList<Publication> messages,
        CancellationToken ct
    )
    {
        var outcomes = new Confirmation[messages.Count];
        Array.Fill(outcomes, Confirmation.Refused);
        Interlocked.Increment(ref _sending);
        try
        {
            using var deadline = new CancellationTokenSource(_options.CallTimeout, _time);
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
            var error = await PublishAsync(queue, messages, outcomes, deadline.Token, cut.Token).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            return (outcomes, error);
        }
        finally
        {
            if (Interlocked.Decrement(ref _sending) == 0)
            {
                _drained?.TrySetResult();
            }
        }
    }

    /// <summary>Waits for what is under way, then closes the channel.</summary>
    public async ValueTask DisposeAsync()
    {
        _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Volatile.Read(ref _sending) == 0)
        {
            _drained.TrySetResult();
        }
        // Bounded by the deadline of each send.
        await _drained.Task.ConfigureAwait(false);
        if (_channel is { } channel)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<Exception?> PublishAsync(
        string queue,
        IReadOnlyList<Publication> messages,
        Confirmation[] outcomes,
        CancellationToken deadline,
        CancellationToken cut
    )
    {
        ConfirmChannel channel;
        try
        {
            channel = await OpenAsync(cut).ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
        {
            return e;
        }
        var answers = new Task<Confirmation>?[messages.Count];
        var confirmed = Task.CompletedTask;
        var began = _time.GetTimestamp();
        var answersBefore = channel.Answers;
        try
        {
            for (var i = 0; i < messages.Count; i++)
            {
                await _room.WaitAsync(cut).ConfigureAwait(false);
                try
                {
                    var (exchange, key, properties, body, _) = messages[i];
                    answers[i] = await channel.PublishAsync(exchange, key, properties, body, cut).ConfigureAwait(false);
                }
                finally
                {
                    ReleaseWith(answers[i]);
                }
            }
            AmqpTelemetry.Calls.Count("publish", queue, messages.Count);
            await Task.WhenAll(answers!).WaitAsync(cut).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            // Some may yet be confirmed; nobody waits for that any more.
            channel.GiveUp(answers.OfType<Task<Confirmation>>().ToHashSet());
            if (
                deadline.IsCancellationRequested
                && channel.Answers == answersBefore
                && _time.GetElapsedTime(began) > _options.CallTimeout / 2
            )
            {
                // Nothing was answered to anybody: a connection whose end the client missed looks like this, too.
                channel.Break();
            }
            confirmed = Task.FromException(new TimeoutException("The broker did not confirm in time.", e));
        }
        for (var i = 0; i < answers.Length; i++)
        {
            outcomes[i] = answers[i] is { } answer ? await answer.ConfigureAwait(false) : Confirmation.Refused;
        }
        return confirmed.Exception?.InnerException ?? (_link.BlockedReason is { } reason ? Blocked(reason) : null);
    }

    private void ReleaseWith(Task<Confirmation>? answer)
    {
        if (answer is null)
        {
            _room.Release();
            return;
        }
        answer.ContinueWith(
            static (_, room) => ((SemaphoreSlim)room!).Release(),
            _room,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private async ValueTask<ConfirmChannel> OpenAsync(CancellationToken ct)
    {
        if (_link.BlockedReason is { } reason)
        {
            throw Blocked(reason);
        }
        Task<ConfirmChannel> opening;
        lock (_gate)
        {
            if (_channel is { IsOpen: true } open)
            {
                return open;
            }
            if (_opening is not { IsCompleted: false })
            {
                _opening = Task.Run(OpenAnewAsync, CancellationToken.None);
            }
            opening = _opening;
        }
        return await opening.WaitAsync(ct).ConfigureAwait(false);
    }

    // One attempt for all who need it. It is not cancelled, only waited for: the client bounds each call (ContinuationTimeout).
    private async Task<ConfirmChannel> OpenAnewAsync()
    {
        if (_channel is { } broken)
        {
            _channel = null;
            broken.LetGo();
        }
        return _channel = await ConfirmChannel.OpenAsync(_link).ConfigureAwait(false);
    }

    private static IOException Blocked(string reason) => new($"The broker takes no messages now: {reason}.");
}
