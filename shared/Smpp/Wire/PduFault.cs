namespace Smpp.Wire;

/// <summary>Why a PDU could not be read or written: the status that names it and the specification's name of the field.</summary>
/// <param name="Status">The status a response to it carries; <see cref="CommandStatus.Ok"/> means no fault.</param>
/// <param name="Field">The field, for the log.</param>
public readonly record struct PduFault(CommandStatus Status, string Field)
{
    /// <summary>Whether there is a fault at all.</summary>
    public bool IsFault => Status != CommandStatus.Ok;
}
