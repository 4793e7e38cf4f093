using Smpp.Sessions;
using Xunit;

namespace Smpp.Tests.Sessions;

public class OperationMatrixTests
{
    // SMPP 5.0 section 2.4, line by line, responses too: who may send it in which state.
    // O open, B outbound, T bound_tx, R bound_rx, X bound_trx, U unbound. Closed: nothing.
    const string Matrix = """
        command                   | ESME   | MC
        alert_notification        |        | RX
        bind_receiver             | OB     |
        bind_receiver_resp        |        | OB
        bind_transceiver          | OB     |
        bind_transceiver_resp     |        | OB
        bind_transmitter          | O      |
        bind_transmitter_resp     |        | O
        broadcast_sm              | TX     |
        broadcast_sm_resp         |        | TX
        cancel_broadcast_sm       | TX     |
        cancel_broadcast_sm_resp  |        | TX
        cancel_sm                 | TX     |
        cancel_sm_resp            |        | TX
        data_sm                   | TX     | RX
        data_sm_resp              | RX     | TX
        deliver_sm                |        | RX
        deliver_sm_resp           | RX     |
        enquire_link              | OBTRXU | OBTRXU
        enquire_link_resp         | OBTRXU | OBTRXU
        generic_nack              | OBTRXU | OBTRXU
        outbind                   |        | O
        query_broadcast_sm        | TX     |
        query_broadcast_sm_resp   |        | TX
        query_sm                  | TX     |
        query_sm_resp             |        | TX
        replace_sm                | TX     |
        replace_sm_resp           |        | TX
        submit_multi              | TX     |
        submit_multi_resp         |        | TX
        submit_sm                 | TX     |
        submit_sm_resp            |        | TX
        unbind                    | TRX    | TRX
        unbind_resp               | TRX    | TRX
        """;

    static readonly Dictionary<SessionState, char> letters = new()
    {
        [SessionState.Open] = 'O',
        [SessionState.Outbound] = 'B',
        [SessionState.BoundTx] = 'T',
        [SessionState.BoundRx] = 'R',
        [SessionState.BoundTrx] = 'X',
        [SessionState.Unbound] = 'U',
        [SessionState.Closed] = '-',
    };

    static readonly Dictionary<CommandId, (string Esme, string Smsc)> rows = Matrix
        .Split('\n')
        .Skip(1)
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(
            cells => Enum.Parse<CommandId>(cells[0].Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
            cells => (cells[1], cells[2])
        );

    public static TheoryData<CommandId> Commands => new(Enum.GetValues<CommandId>());

    [Theory]
    [MemberData(nameof(Commands))]
    public void In_every_state_and_role_a_command_is_legal_exactly_as_the_specification_says(CommandId command)
    {
        foreach (var (state, letter) in letters)
        {
            Assert.Equal(rows[command].Esme.Contains(letter), SessionStates.Allows(state, SessionRole.Esme, command));
            Assert.Equal(rows[command].Smsc.Contains(letter), SessionStates.Allows(state, SessionRole.Smsc, command));
        }
    }

    [Fact]
    public void The_matrix_has_every_state_and_every_command_and_an_unknown_command_is_never_legal()
    {
        Assert.Equal(Enum.GetValues<SessionState>().Order(), letters.Keys.Order());
        Assert.Equal(Enum.GetValues<CommandId>().Order(), rows.Keys.Order());
        foreach (var state in letters.Keys)
        {
            Assert.False(SessionStates.Allows(state, SessionRole.Esme, (CommandId)0x00000099));
            Assert.False(SessionStates.Allows(state, SessionRole.Smsc, (CommandId)0x80000099));
        }
    }
}
