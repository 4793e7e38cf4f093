using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Smpp;

/// <summary>What a link is doing.</summary>
public enum SmppLinkState
{
    /// <summary>It connects and binds.</summary>
    Connecting,

    /// <summary>There is a bound session.</summary>
    Bound,

    /// <summary>It waits before it tries again.</summary>
    Waiting,

    /// <summary>It was stopped; for good.</summary>
    Stopped,
}

/// <summary>
/// A bind that is kept: connects and binds, and does so again, with exponential back-off and jitter, whenever that fails or the session ends,
/// until it is stopped. What was unanswered in a session that ended goes to <see cref="SmppSessionHandler.OnClosedAsync"/> and to its
/// senders: it is never sent again by the link, as only its owner knows whether twice is worse than never.
/// </summary>
public sealed class SmppLink : IAsyncDisposable
{
    readonly SmppLinkOptions options;
    readonly SmppSessionHandler handler;
    readonly ILogger logger;
    readonly TimeProvider time;
    readonly CancellationTokenSource stopping = new();
    readonly Lock gate = new();
    readonly Task running;

    TaskCompletionSource<SmppSession> bound = NewWait();
    SmppLinkState state = SmppLinkState.Connecting;
    SmppSession? session;
    string? lastFailure;
    string? refusedPassword;
    int failures;
    bool isTaken;
    long binds;

    SmppLink(SmppLinkOptions options, SmppSessionHandler handler, ILogger logger, TimeProvider time)
    {
        this.options = options;
        this.handler = handler;
        this.logger = logger;
        this.time = time;
        running = RunAsync();
    }

    /// <summary>Raised after <see cref="State"/> changed, on the link's own loop: it must not block. What it throws is logged.</summary>
    public event Action<SmppLink>? Changed;

    /// <summary>What it is doing.</summary>
    public SmppLinkState State
    {
        get
        {
            lock (gate)
            {
                return state;
            }
        }
    }

    /// <summary>The bound session; null while there is none.</summary>
    public SmppSession? Session => Volatile.Read(ref session);

    /// <summary>Why it last failed or ended, for people; null when it never did.</summary>
    public string? LastFailure => Volatile.Read(ref lastFailure);

    /// <summary>Failures in a row; 0 once a session lasted <see cref="SmppLinkOptions.StableAfter"/>.</summary>
    public int Failures => Volatile.Read(ref failures);

    /// <summary>Successful binds so far.</summary>
    public long Binds => Interlocked.Read(ref binds);

    /// <summary>Starts one; it returns before the first connection is made. One handler serves all its sessions, one after the other.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A delay or the jitter is out of its range.</exception>
    public static SmppLink Start(SmppLinkOptions options, SmppSessionHandler handler, ILogger logger, TimeProvider time)
    {
        options.Check();
        return new SmppLink(options, handler, logger, time);
    }

    /// <summary>Waits until there is a bound session.</summary>
    /// <exception cref="SmppException">The link was stopped.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<SmppSession> WaitBoundAsync(CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            return bound.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Sends a request over the session there is, or the next one, see <see cref="SmppSession.SendAsync"/>. Without a bind within
    /// <see cref="SmppLinkOptions.BindWaitTimeout"/>, or once stopped, the outcome is <see cref="ReplyOutcome.NotSent"/>. A request that certainly did
    /// not leave a session that ended waits for the next; one that may have left does not.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled while the request waited: it did not leave.</exception>
    public async ValueTask<SmppReply<TResponse>> SendAsync<TResponse>(
        IRequest<TResponse> request,
        CancellationToken cancellationToken = default
    )
        where TResponse : class, IResponse
    {
        var started = time.GetTimestamp();
        while (true)
        {
            if (Session is not { } current)
            {
                if (await WaitBoundAsync(started, cancellationToken).ConfigureAwait(false) is not { } next)
                {
                    return new(ReplyOutcome.NotSent, null, CommandStatus.InvBndSts);
                }
                current = next;
            }
            var reply = await current.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (reply.Outcome != ReplyOutcome.NotSent || current.State.IsBound())
            {
                return reply;
            }
            // The session is over, or the peer's unbind is being answered: its end comes before the link looks for another.
            await current.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
            Leave(current);
        }
    }

    /// <summary>Stops: unbinds in order when bound, ends every wait, and returns when all is closed. Calling it again waits for the same end.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    async Task<SmppSession?> WaitBoundAsync(long started, CancellationToken cancellationToken)
    {
        var left = options.BindWaitTimeout;
        if (left != Timeout.InfiniteTimeSpan)
        {
            left -= time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }
        }
        try
        {
            return await WaitBoundAsync(CancellationToken.None).WaitAsync(left, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or SmppException)
        {
            return null; // no bind in time, or stopped: the reply says that it did not leave
        }
    }

    async Task RunAsync()
    {
        // The constructor returns before anything is told to an owner that does not have the link yet.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!stopping.IsCancellationRequested)
        {
            if (options.MayBind?.Invoke() == false)
            {
                if (State != SmppLinkState.Waiting)
                {
                    Move(SmppLinkState.Waiting);
                }
                await Task.Delay(options.FirstDelay, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }
            Move(SmppLinkState.Connecting);
            var isTransient = await BindOnceAsync().ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
            {
                break;
            }
            var delay = options.Delay(Failures, isTransient, Random.Shared.NextDouble(), isTaken);
            SmppLog.LinkWaiting(logger, options.Client, LastFailure ?? "", delay);
            Move(SmppLinkState.Waiting);
            await Task.Delay(delay, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        Move(SmppLinkState.Stopped);
    }

    // One session from connecting to its end. False: trying again soon is of no use.
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A link that dies of a surprise is worse than one that tries again; the surprise is logged as an error."
    )]
    async Task<bool> BindOnceAsync()
    {
        isTaken = false;
        string? password = null;
        try
        {
            var target = options.Client;
            if (options.Password is { } ask)
            {
                password = await ask(refusedPassword, stopping.Token).ConfigureAwait(false);
                target = target with { Password = password };
            }
            await using var client = await SmppClient.ConnectAsync(target, handler, logger, time, stopping.Token).ConfigureAwait(false);
            refusedPassword = null;
            var since = time.GetTimestamp();
            Interlocked.Increment(ref binds);
            Move(SmppLinkState.Bound, client.Session);
            await Task.WhenAny(client.Session.Completion, Stopping()).ConfigureAwait(false);
            if (!client.Session.Completion.IsCompleted)
            {
                await client.Session.UnbindAsync(options.UnbindTimeout).ConfigureAwait(false);
            }
            Leave(client.Session);
            var lasted = time.GetElapsedTime(since);
            Fail($"the session ended: {client.Session.CloseReason}", startOver: lasted >= options.StableAfter);
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return true; // stopped while connecting
        }
        catch (SmppBindException exception) when (exception.Status == CommandStatus.InvPaswd && password is not null)
        {
            Fail(exception.Message);
            return await HasAnotherPasswordAsync(password).ConfigureAwait(false);
        }
        catch (SmppException exception)
        {
            Fail(exception.Message);
            isTaken = exception is SmppBindException { Status: CommandStatus.AlyBnd or CommandStatus.BindFail };
            return exception.IsTransient;
        }
        catch (Exception exception)
        {
            SmppLog.LinkFailed(logger, exception, options.Client);
            Fail(exception.Message);
            return false;
        }
    }

    // Whether the refused password has been changed meanwhile: then the next try is not hopeless.
    async Task<bool> HasAnotherPasswordAsync(string refused)
    {
        refusedPassword = refused;
        try
        {
            return await options.Password!(refused, stopping.Token).ConfigureAwait(false) != refused;
        }
        catch (Exception exception) when (exception is SmppException or OperationCanceledException)
        {
            return false; // asked again before the next try
        }
    }

    Task Stopping()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stopping.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        return stopped.Task;
    }

    void Fail(string reason, bool startOver = false)
    {
        Volatile.Write(ref lastFailure, reason);
        Volatile.Write(ref failures, startOver ? 1 : failures + 1);
    }

    // Nobody gets a session that is over, not even in the moment until the loop has noticed.
    void Leave(SmppSession ended)
    {
        lock (gate)
        {
            if (session == ended)
            {
                Volatile.Write(ref session, null);
                bound = NewWait();
            }
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "What an owner's callback throws is logged.")]
    void Move(SmppLinkState next, SmppSession? with = null)
    {
        lock (gate)
        {
            state = next;
            if (with is not null)
            {
                Volatile.Write(ref session, with);
                bound.SetResult(with);
            }
            if (next == SmppLinkState.Stopped)
            {
                bound.TrySetException(new SmppException($"{options.Client}: the link was stopped.", isTransient: false));
            }
        }
        try
        {
            Changed?.Invoke(this);
        }
        catch (Exception exception)
        {
            SmppLog.LinkFailed(logger, exception, options.Client);
        }
    }

    static TaskCompletionSource<SmppSession> NewWait()
    {
        var wait = new TaskCompletionSource<SmppSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        // Nobody need wait for it: a stop that nobody waits on is no unobserved exception.
        _ = wait.Task.ContinueWith(
            static task => task.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return wait;
    }
}
