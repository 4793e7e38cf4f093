namespace Smpp;

/// <summary>A connection could not be made. What happens to a message is a value (see SmppReply), never an exception.</summary>
public class SmppException : Exception
{
    /// <summary>Makes one.</summary>
    public SmppException(string message, bool isTransient, Exception? cause = null)
        : base(message, cause) => IsTransient = isTransient;

    /// <summary>Whether trying again later may work.</summary>
    public bool IsTransient { get; }
}

/// <summary>The SMSC refused the bind.</summary>
public sealed class SmppBindException : SmppException
{
    /// <summary>Makes one.</summary>
    public SmppBindException(CommandStatus status)
        : base($"The bind was refused: {status} (0x{(uint)status:X8}).", IsWorthRetrying(status)) => Status = status;

    /// <summary>The status of the bind response.</summary>
    public CommandStatus Status { get; }

    // A full SMSC or one that still holds our last session recovers; wrong credentials do not.
    static bool IsWorthRetrying(CommandStatus status) =>
        status.Classify() is CommandStatusClass.Temporary or CommandStatusClass.Throttling || status == CommandStatus.BindFail;
}
