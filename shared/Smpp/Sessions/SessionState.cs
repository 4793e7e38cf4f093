namespace Smpp.Sessions;

/// <summary>Which end of the session we are.</summary>
public enum SessionRole
{
    /// <summary>The client of an SMSC.</summary>
    Esme,

    /// <summary>The message centre.</summary>
    Smsc,
}

/// <summary>Session states: SMPP 5.0 section 2.3.</summary>
public enum SessionState
{
    /// <summary>Connected, not bound.</summary>
    Open,

    /// <summary>Connected by the SMSC, which sent outbind.</summary>
    Outbound,

    /// <summary>Bound as transmitter.</summary>
    BoundTx,

    /// <summary>Bound as receiver.</summary>
    BoundRx,

    /// <summary>Bound as transceiver.</summary>
    BoundTrx,

    /// <summary>unbind was answered; the connection is about to go.</summary>
    Unbound,

    /// <summary>The connection is gone.</summary>
    Closed,
}

/// <summary>The operation matrix: SMPP 5.0 section 2.4.</summary>
public static class SessionStates
{
    /// <summary>Whether a session is bound.</summary>
    public static bool IsBound(this SessionState state) => state is SessionState.BoundTx or SessionState.BoundRx or SessionState.BoundTrx;

    /// <summary>The state that a successful bind leads to.</summary>
    public static SessionState Of(Pdus.BindMode mode) =>
        mode switch
        {
            Pdus.BindMode.Receiver => SessionState.BoundRx,
            Pdus.BindMode.Transmitter => SessionState.BoundTx,
            _ => SessionState.BoundTrx,
        };

    /// <summary>
    /// Whether <paramref name="sender"/> may send this PDU in this state. A response goes the other way than its request, in the states
    /// of the request.
    /// </summary>
    public static bool Allows(SessionState state, SessionRole sender, CommandId command)
    {
        if (state == SessionState.Closed)
        {
            return false;
        }
        var esme = sender == SessionRole.Esme;
        return command switch
        {
            CommandId.GenericNack => true,
            CommandId.EnquireLink or CommandId.EnquireLinkResp => true,

            CommandId.BindTransmitter => esme && state is SessionState.Open,
            CommandId.BindTransmitterResp => !esme && state is SessionState.Open,
            CommandId.BindReceiver or CommandId.BindTransceiver => esme && CanBind(state),
            CommandId.BindReceiverResp or CommandId.BindTransceiverResp => !esme && CanBind(state),
            CommandId.Outbind => !esme && state is SessionState.Open,

            CommandId.Unbind => state.IsBound(),
            CommandId.UnbindResp => state.IsBound(),

            CommandId.SubmitSm
            or CommandId.SubmitMulti
            or CommandId.QuerySm
            or CommandId.CancelSm
            or CommandId.ReplaceSm
            or CommandId.BroadcastSm
            or CommandId.QueryBroadcastSm
            or CommandId.CancelBroadcastSm => esme && CanTransmit(state),
            CommandId.SubmitSmResp
            or CommandId.SubmitMultiResp
            or CommandId.QuerySmResp
            or CommandId.CancelSmResp
            or CommandId.ReplaceSmResp
            or CommandId.BroadcastSmResp
            or CommandId.QueryBroadcastSmResp
            or CommandId.CancelBroadcastSmResp => !esme && CanTransmit(state),

            CommandId.DeliverSm or CommandId.AlertNotification => !esme && CanReceive(state),
            CommandId.DeliverSmResp => esme && CanReceive(state),

            // data_sm goes both ways.
            CommandId.DataSm => esme ? CanTransmit(state) : CanReceive(state),
            CommandId.DataSmResp => esme ? CanReceive(state) : CanTransmit(state),

            _ => false,
        };
    }

    // An ESME that was called by outbind is to receive, so it binds as receiver or transceiver.
    static bool CanBind(SessionState state) => state is SessionState.Open or SessionState.Outbound;

    static bool CanTransmit(SessionState state) => state is SessionState.BoundTx or SessionState.BoundTrx;

    static bool CanReceive(SessionState state) => state is SessionState.BoundRx or SessionState.BoundTrx;
}
