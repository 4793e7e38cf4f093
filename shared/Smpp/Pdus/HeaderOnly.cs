using Smpp.Wire;

namespace Smpp.Pdus;

// PDUs that are a header and nothing else. Octets behind the header of one are ignored.

/// <summary>enquire_link: section 4.1.2.1.</summary>
public sealed record EnquireLink : IRequest<EnquireLinkResp>
{
    /// <summary>The one value.</summary>
    public static EnquireLink Instance { get; } = new();

    /// <inheritdoc />
    public CommandId CommandId => CommandId.EnquireLink;

    int IPdu.BodyBound => 0;

    void IPdu.WriteTo(ref PduWriter writer) { }
}

/// <summary>enquire_link_resp: section 4.1.2.2.</summary>
public sealed record EnquireLinkResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.EnquireLinkResp;

    /// <summary>Status ok.</summary>
    public static EnquireLinkResp Ok { get; } = new();

    /// <summary>Refused.</summary>
    public static EnquireLinkResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => 0;

    void IPdu.WriteTo(ref PduWriter writer) { }
}

/// <summary>unbind: section 4.1.1.8.</summary>
public sealed record Unbind : IRequest<UnbindResp>
{
    /// <summary>The one value.</summary>
    public static Unbind Instance { get; } = new();

    /// <inheritdoc />
    public CommandId CommandId => CommandId.Unbind;

    int IPdu.BodyBound => 0;

    void IPdu.WriteTo(ref PduWriter writer) { }
}

/// <summary>unbind_resp: section 4.1.1.9.</summary>
public sealed record UnbindResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.UnbindResp;

    /// <summary>Status ok.</summary>
    public static UnbindResp Ok { get; } = new();

    /// <summary>Refused.</summary>
    public static UnbindResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => 0;

    void IPdu.WriteTo(ref PduWriter writer) { }
}

/// <summary>cancel_sm_resp: section 4.5.2.2.</summary>
public sealed record CancelSmResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.CancelSmResp;

    /// <summary>Status ok.</summary>
    public static CancelSmResp Ok { get; } = new();

    /// <summary>Refused.</summary>
    public static CancelSmResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => 0;

    void IPdu.WriteTo(ref PduWriter writer) { }
}

/// <summary>replace_sm_resp: section 4.5.3.2.</summary>
public sealed record ReplaceSmResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.ReplaceSmResp;

    /// <summary>Status ok.</summary>
    public static ReplaceSmResp Ok { get; } = new();

    /// <summary>Refused.</summary>
    public static ReplaceSmResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => 0;

    void IPdu.WriteTo(ref PduWriter writer) { }
}

/// <summary>generic_nack: section 4.1.4.1.</summary>
public sealed record GenericNack : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.GenericNack;

    /// <summary>Refused.</summary>
    public static GenericNack Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => 0;

    void IPdu.WriteTo(ref PduWriter writer) { }
}
