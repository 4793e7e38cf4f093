namespace Smpp.Sessions;

/// <summary>Why a session ended.</summary>
public enum SmppCloseReason
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The peer closed the connection without unbind.</summary>
    PeerClosed,

    /// <summary>The peer sent unbind.</summary>
    PeerUnbound,

    /// <summary>We sent unbind.</summary>
    Unbound,

    /// <summary>We sent unbind, and no answer came in time.</summary>
    UnbindTimeout,

    /// <summary>Our own side aborted it.</summary>
    Aborted,

    /// <summary>A command_length that cannot be.</summary>
    FramingLost,

    /// <summary>The bind was refused.</summary>
    BindRefused,

    /// <summary>No bind in time.</summary>
    SessionInitTimeout,

    /// <summary>No answer to enquire_link.</summary>
    EnquireLinkTimeout,

    /// <summary>Nothing came for too long.</summary>
    Inactivity,

    /// <summary>A PDU was begun and not completed in time.</summary>
    ReadTimeout,

    /// <summary>The peer did not read in time.</summary>
    WriteTimeout,

    /// <summary>The connection broke.</summary>
    TransportError,

    /// <summary>A bug of ours: an exception that nothing expected, logged with its cause.</summary>
    Failed,
}
