using Smpp.Sessions;
using Xunit;

namespace Smpp.Tests.Sessions;

public class OperationMatrixTests
{
    // SMPP 5.0 section 2.4. Per request: who may send it in which state (O open, B outbound, T, R, X bound, U unbound). Its response goes
    // the other way in the same states.
    static readonly Dictionary<CommandId, (string Esme, string Smsc)> matrix = new()
    {
        [CommandId.BindTransmitter] = ("O", ""),
        [CommandId.BindReceiver] = ("OB", ""),
        [CommandId.BindTransceiver] = ("OB", ""),
        [CommandId.Outbind] = ("", "O"),
        [CommandId.Unbind] = ("TRX", "TRX"),
        [CommandId.EnquireLink] = ("OBTRXU", "OBTRXU"),
        [CommandId.SubmitSm] = ("TX", ""),
        [CommandId.SubmitMulti] = ("TX", ""),
        [CommandId.QuerySm] = ("TX", ""),
        [CommandId.CancelSm] = ("TX", ""),
        [CommandId.ReplaceSm] = ("TX", ""),
        [CommandId.BroadcastSm] = ("TX", ""),
        [CommandId.QueryBroadcastSm] = ("TX", ""),
        [CommandId.CancelBroadcastSm] = ("TX", ""),
        [CommandId.DeliverSm] = ("", "RX"),
        [CommandId.AlertNotification] = ("", "RX"),
        [CommandId.DataSm] = ("TX", "RX"),
    };

    [Fact]
    public void Every_state_role_and_command_is_as_in_the_specification()
    {
        foreach (var state in Enum.GetValues<SessionState>())
        {
            foreach (var role in Enum.GetValues<SessionRole>())
            {
                foreach (var command in Enum.GetValues<CommandId>())
                {
                    Assert.True(
                        Expected(state, role, command) == SessionStates.Allows(state, role, command),
                        $"{command} by {role} in {state}: expected {Expected(state, role, command)}"
                    );
                }
                Assert.False(SessionStates.Allows(state, role, (CommandId)0x00000099));
            }
        }
    }

    static bool Expected(SessionState state, SessionRole sender, CommandId command)
    {
        if (state == SessionState.Closed)
        {
            return false;
        }
        if (command == CommandId.GenericNack)
        {
            return true;
        }
        var request = (CommandId)((uint)command & 0x7FFFFFFF);
        var (esme, smsc) = matrix[request];
        var states = (sender == SessionRole.Esme) ^ command.IsResponse() ? esme : smsc;
        var letter = state switch
        {
            SessionState.Open => 'O',
            SessionState.Outbound => 'B',
            SessionState.BoundTx => 'T',
            SessionState.BoundRx => 'R',
            SessionState.BoundTrx => 'X',
            _ => 'U',
        };
        return states.Contains(letter, StringComparison.Ordinal);
    }
}
