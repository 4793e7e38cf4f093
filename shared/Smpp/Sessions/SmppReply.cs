using Smpp.Pdus;

namespace Smpp.Sessions;

/// <summary>What became of a request.</summary>
public enum ReplyOutcome
{
    /// <summary>A response came, with any status.</summary>
    Answered,

    /// <summary>It was sent, and no response came in time.</summary>
    Timeout,

    /// <summary>It was sent, or may have been, and the session ended without a response.</summary>
    Closed,

    /// <summary>A response came and could not be read.</summary>
    Malformed,

    /// <summary>
    /// Certainly no octet of it left: the session was not in a state for it, ended before, its window stayed full, or a field did not fit the
    /// specification.
    /// </summary>
    NotSent,
}

/// <summary>A reply: a value for every way a request can end.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Response">The response; null unless answered, and when the answer was generic_nack.</param>
/// <param name="Status">
/// The response's status. When not sent: <see cref="CommandStatus.InvBndSts"/>, <see cref="CommandStatus.Throttled"/> for the full window, or the
/// field's status.
/// </param>
public readonly record struct SmppReply<TResponse>(ReplyOutcome Outcome, TResponse? Response, CommandStatus Status)
    where TResponse : class, IResponse
{
    /// <summary>Answered with status ok.</summary>
    public bool IsOk => Outcome == ReplyOutcome.Answered && Status == CommandStatus.Ok;
}
