using Smpp.Sessions;

namespace Workers;

/// <summary>One bind of a slot, one session after the other: we call the operator (<see cref="DialledLink"/>) or it calls us (<see cref="CalledLink"/>).</summary>
internal interface IOperatorLink
{
    /// <summary>Raised after something below changed: it must not block.</summary>
    event Action<IOperatorLink>? Changed;

    /// <summary>The bound session; null while there is none.</summary>
    SmppSession? Session { get; }

    /// <summary>Between two sessions: nothing is under way.</summary>
    bool IsWaiting { get; }

    /// <summary>What it is doing while it is not bound, for people.</summary>
    string Doing { get; }

    /// <summary>Why it last failed or ended, for people; null when it never did.</summary>
    string? LastFailure { get; }

    /// <summary>Who is at the other end, for people: address and port.</summary>
    string Peer { get; }

    /// <summary>Its slot goes: no new session may begin. What is bound goes on until <see cref="StopAsync"/>.</summary>
    void Close();

    /// <summary>Unbinds in order and ends for good.</summary>
    Task StopAsync();
}
