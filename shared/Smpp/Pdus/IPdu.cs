using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>
/// A PDU: owned, immutable, without a sequence number (that is the session's). The set is closed: the members that put it on the wire are
/// internal.
/// </summary>
public interface IPdu
{
    /// <summary>command_id.</summary>
    CommandId CommandId { get; }

    /// <summary>No smaller than the body on the wire.</summary>
    internal int BodyBound { get; }

    internal void WriteTo(ref PduWriter writer);
}

/// <summary>A PDU that is answered by a <typeparamref name="TResponse"/>.</summary>
public interface IRequest<TResponse> : IPdu
    where TResponse : class, IResponse;

/// <summary>An answer.</summary>
public interface IResponse : IPdu
{
    /// <summary>command_status.</summary>
    CommandStatus Status { get; }
}
