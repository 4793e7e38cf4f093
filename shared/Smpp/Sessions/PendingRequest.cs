using System.Threading.Tasks.Sources;
using Smpp.Pdus;

namespace Smpp.Sessions;

/// <summary>A request of ours that waits for its response. Whoever takes it out of the window completes it, once.</summary>
internal abstract class PendingRequest(IPdu request, bool holdsSlot)
{
    public IPdu Request { get; } = request;

    /// <summary>enquire_link and unbind take no slot: they must go out when the window is full.</summary>
    public bool HoldsSlot { get; } = holdsSlot;

    public uint Sequence { get; set; }

    public TimeSpan SentAt { get; set; }

    // The write loop and whoever ends the wait race for the request: either it is written, or certainly never will be.
    const int Queued = 0;
    const int Written = 1;
    const int Withdrawn = 2;
    int progress;

    /// <summary>True: its octets go to the transport now, and from here on the peer may have it. False: it was withdrawn.</summary>
    public bool TryMarkWritten() => Interlocked.CompareExchange(ref progress, Written, Queued) == Queued;

    /// <summary>True: it was not written, and never will be.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref progress, Withdrawn, Queued) is Queued or Withdrawn;

    /// <summary>Ends the wait with <paramref name="outcome"/>, or with <see cref="ReplyOutcome.NotSent"/> where that is certain.</summary>
    public void FailUnanswered(ReplyOutcome outcome)
    {
        if (TryWithdraw())
        {
            Fail(ReplyOutcome.NotSent, CommandStatus.InvBndSts);
        }
        else
        {
            Fail(outcome, CommandStatus.Ok);
        }
    }

    public abstract void Answer(IResponse response);

    public abstract void Fail(ReplyOutcome outcome, CommandStatus status);
}

/// <summary>Its own awaitable: one allocation per request.</summary>
internal sealed class PendingRequest<TResponse>(IRequest<TResponse> request, bool holdsSlot)
    : PendingRequest(request, holdsSlot),
        IValueTaskSource<SmppReply<TResponse>>
    where TResponse : class, IResponse
{
    // Asynchronous continuations: the read loop completes requests and must not run the sender's code.
    ManualResetValueTaskSourceCore<SmppReply<TResponse>> core = new() { RunContinuationsAsynchronously = true };

    public ValueTask<SmppReply<TResponse>> Reply => new(this, core.Version);

    public override void Answer(IResponse response)
    {
        switch (response)
        {
            case TResponse expected:
                core.SetResult(new(ReplyOutcome.Answered, expected, expected.Status));
                break;
            case GenericNack nack:
                core.SetResult(new(ReplyOutcome.Answered, null, nack.Status));
                break;
            default:
                Fail(ReplyOutcome.Malformed, CommandStatus.InvCmdId);
                break;
        }
    }

    public override void Fail(ReplyOutcome outcome, CommandStatus status) => core.SetResult(new(outcome, null, status));

    public SmppReply<TResponse> GetResult(short token) => core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}
