using System.Buffers;
using Smpp.Pdus;
using Smpp.Tlvs;
using Smpp.Wire;
using Testing;
using Xunit;

namespace Smpp.Tests.Wire;

public class VersionTests
{
    static readonly TlvList tlvs = TlvList.Empty.WithByte(TlvTag.MessageState, 2).With((TlvTag)0x1400, [1, 2]);

    public static TheoryData<CommandId> CommandsWithTlvs =>
        new(Spec.FieldTables.All.Where(table => table.Value.Any(row => row.Kind == Spec.FieldKind.Tlvs)).Select(table => table.Key));

    [Theory]
    [MemberData(nameof(CommandsWithTlvs))]
    public void A_peer_of_3_3_gets_the_pdu_without_its_tlvs_and_one_of_3_4_with_them(CommandId command)
    {
        var with = Spec.PropertyPath.With(Sample(command), "Tlvs", tlvs);
        var without = RawPeer.Bytes(Sample(command), 7);
        Assert.Equal(without.Length + tlvs.Encoded.Length, Write(with, SmppVersions.V50).Length);
        foreach (var old in (byte[])[0x00, 0x32, SmppVersions.V33])
        {
            if (SmppVersions.Allows(old, command))
            {
                Assert.Equal(without, Write(with, old));
            }
        }
        if (SmppVersions.Allows(SmppVersions.V34, command))
        {
            Assert.Equal(Write(with, SmppVersions.V50), Write(with, SmppVersions.V34));
        }
    }

    [Fact]
    public void A_request_that_is_younger_than_the_peer_is_not_written()
    {
        CommandId[] since34 = [CommandId.DataSm, CommandId.AlertNotification];
        CommandId[] since50 = [CommandId.BroadcastSm, CommandId.QueryBroadcastSm, CommandId.CancelBroadcastSm];
        foreach (var command in Enum.GetValues<CommandId>())
        {
            AssertAllowed(command, SmppVersions.V33, !since34.Contains(command) && !since50.Contains(command));
            AssertAllowed(command, SmppVersions.V34, !since50.Contains(command));
            AssertAllowed(command, SmppVersions.V50, expected: true);
        }
    }

    [Fact]
    public void A_short_message_of_255_octets_is_for_5_0_only()
    {
        var longest = new SubmitSm { ShortMessage = new byte[255] };
        Assert.False(PduCodec.TryWrite(new ArrayBufferWriter<byte>(), longest, 7, SmppVersions.V34, out var fault));
        Assert.Equal(new PduFault(CommandStatus.InvMsgLen, "short_message"), fault);
        Assert.Equal(255, Write(longest, SmppVersions.V50).Length - Write(new SubmitSm(), SmppVersions.V50).Length);
        Assert.Equal(254, Write(new SubmitSm { ShortMessage = new byte[254] }, SmppVersions.V33).Length - Write(new SubmitSm(), 0).Length);
    }

    [Fact]
    public void A_message_id_has_8_characters_up_to_3_3_and_64_from_3_4_on()
    {
        Assert.Equal(8, SmppVersions.MaxMessageIdLength(0));
        Assert.Equal(8, SmppVersions.MaxMessageIdLength(SmppVersions.V33));
        Assert.Equal(64, SmppVersions.MaxMessageIdLength(SmppVersions.V34));
        Assert.Equal(64, SmppVersions.MaxMessageIdLength(SmppVersions.V50));
    }

    static void AssertAllowed(CommandId command, byte version, bool expected)
    {
        Assert.Equal(expected, SmppVersions.Allows(version, command));
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(expected, PduCodec.TryWrite(output, Sample(command), 7, version, out var fault));
        Assert.Equal(expected ? default : new PduFault(CommandStatus.InvCmdId, "command_id"), fault);
        Assert.Equal(expected, output.WrittenCount > 0);
    }

    static IPdu Sample(CommandId command)
    {
        var body = Spec.FieldInterpreter.Generate(command, new Random(1));
        Assert.True(PduCodec.TryRead(new PduHeader(0, command, 0, 7), body, 256, out var pdu, out _));
        if (pdu!.GetType().GetProperty("Tlvs") is not null)
        {
            pdu = Spec.PropertyPath.With(pdu, "Tlvs", TlvList.Empty);
        }
        return pdu.GetType().GetProperty("ShortMessage") is null
            ? pdu
            : Spec.PropertyPath.With(pdu, "ShortMessage", new ReadOnlyMemory<byte>("hello"u8.ToArray()));
    }

    static byte[] Write(IPdu pdu, byte version)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(PduCodec.TryWrite(output, pdu, 7, version, out var fault), $"{fault}");
        return output.WrittenMemory.ToArray();
    }
}
