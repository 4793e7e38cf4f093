using Smpp.Pdus;
using Smpp.Wire;
using Testing;
using Xunit;

namespace Smpp.Tests.Spec;

public class CodecAgainstTablesTests
{
    public static TheoryData<CommandId> Commands => new(FieldTables.All.Keys);

    public static TheoryData<CommandId> WithStrings => With(FieldKind.CString);

    public static TheoryData<CommandId> WithTimes => With(FieldKind.Time);

    public static TheoryData<CommandId> WithMessages => With(FieldKind.Message);

    static TheoryData<CommandId> With(FieldKind kind) =>
        new(FieldTables.All.Where(table => table.Value.Any(field => field.Kind == kind)).Select(table => table.Key));

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_field_is_read_as_the_table_says_and_written_back_byte_for_byte(CommandId command)
    {
        var random = new Random((int)command);
        for (var round = 0; round < 200; round++)
        {
            var body = FieldInterpreter.Generate(command, random);
            var expected = FieldInterpreter.Parse(command, body);
            Assert.NotNull(expected);

            Assert.True(TryRead(command, body, out var pdu, out var fault), $"{fault}");
            Assert.Equal(command, pdu!.CommandId);
            foreach (var field in FieldTables.All[command])
            {
                Assert.Equal(expected[field.Name], PropertyPath.Get(pdu, field.Property));
            }
            Assert.Equal(body, RawPeer.Bytes(pdu, 7)[PduHeader.Size..]);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_body_cut_at_any_octet_is_accepted_exactly_where_the_table_accepts_it_and_the_fault_is_of_the_cut_field(CommandId command)
    {
        var random = new Random((int)command + 1);
        for (var round = 0; round < 20; round++)
        {
            var body = FieldInterpreter.Generate(command, random);
            for (var length = 0; length <= body.Length; length++)
            {
                AssertSameVerdict(command, body[..length]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Mutated_bodies_get_the_verdict_of_the_table(CommandId command)
    {
        var random = new Random((int)command + 2);
        for (var round = 0; round < 1000; round++)
        {
            AssertSameVerdict(command, Mutations.Mutate(FieldInterpreter.Generate(command, random), random));
        }
    }

    [Theory]
    [MemberData(nameof(WithStrings))]
    public void A_string_may_be_empty_or_as_long_as_the_table_says_but_not_longer_nor_without_its_end(CommandId command)
    {
        foreach (var (field, before, after) in Fields(command, FieldKind.CString))
        {
            var longest = new string('1', field.Size - 1);

            Assert.Equal("", PropertyPath.Get(Read(command, [.. before, 0, .. after]), field.Property));
            Assert.Equal(longest, PropertyPath.Get(Read(command, [.. before, .. Octets(longest), 0, .. after]), field.Property));
            AssertFault(field, command, [.. before, .. Octets(longest), (byte)'1', 0, .. after]);
            AssertFault(field, command, [.. before, .. Octets(longest)]);
            AssertFault(field, command, [.. before, (byte)'1']);
        }
    }

    [Theory]
    [MemberData(nameof(WithTimes))]
    public void A_time_has_no_or_sixteen_characters(CommandId command)
    {
        foreach (var (field, before, after) in Fields(command, FieldKind.Time))
        {
            foreach (var length in Enumerable.Range(0, 20))
            {
                byte[] body = [.. before, .. Octets(new string('0', length)), 0, .. after];
                if (length is 0 or 16)
                {
                    Assert.Equal(new string('0', length), PropertyPath.Get(Read(command, body), field.Property));
                }
                else
                {
                    AssertFault(field, command, body);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(WithMessages))]
    public void A_message_has_as_many_octets_as_sm_length_says(CommandId command)
    {
        foreach (var (field, before, _) in Fields(command, FieldKind.Message))
        {
            foreach (var length in (int[])[0, 1, 254, 255])
            {
                var message = new byte[length];
                Assert.Equal(message, PropertyPath.Get(Read(command, [.. before, (byte)length, .. message]), field.Property));
                if (length > 0)
                {
                    AssertFault(field, command, [.. before, (byte)length, .. message[1..]]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(WithStrings))]
    public void A_string_that_the_table_does_not_allow_is_not_written(CommandId command)
    {
        foreach (var (field, before, after) in Fields(command, FieldKind.CString).Concat(Fields(command, FieldKind.Time)))
        {
            var empty = Read(command, [.. before, 0, .. after]);
            var longest = new string('1', field.Size - 1);
            Assert.Equal(
                [.. before, .. Octets(longest), 0, .. after],
                RawPeer.Bytes(PropertyPath.With(empty, field.Property, longest), 7)[PduHeader.Size..]
            );
            foreach (var wrong in (string[])[longest + "1", "1\0", "\u0416"])
            {
                AssertNotWritten(field, PropertyPath.With(empty, field.Property, wrong));
            }
        }
    }

    [Theory]
    [MemberData(nameof(WithMessages))]
    public void A_message_of_256_octets_is_not_written(CommandId command)
    {
        foreach (var (field, before, after) in Fields(command, FieldKind.Message))
        {
            var empty = Read(command, [.. before, 0, .. after]);
            foreach (var length in (int[])[0, 1, 254, 255])
            {
                var pdu = PropertyPath.With(empty, field.Property, new ReadOnlyMemory<byte>(new byte[length]));
                Assert.Equal([.. before, (byte)length, .. new byte[length], .. after], RawPeer.Bytes(pdu, 7)[PduHeader.Size..]);
            }
            AssertNotWritten(field, PropertyPath.With(empty, field.Property, new ReadOnlyMemory<byte>(new byte[256])));
        }
    }

    [Fact]
    public void The_tables_cover_every_command_the_codec_knows_and_the_codec_every_command_there_is()
    {
        Assert.Equal(Enum.GetValues<CommandId>().Order(), FieldTables.All.Keys.Order());
        Assert.All(Enum.GetValues<CommandId>(), command => Assert.True(PduCodec.Knows(command)));
        Assert.False(PduCodec.Knows((CommandId)0x00000010));
        Assert.False(PduCodec.Knows((CommandId)0x8000000B)); // outbind has no response
    }

    // Each field of a kind, with a body of empty fields around it.
    static IEnumerable<(Field Field, byte[] Before, byte[] After)> Fields(CommandId command, FieldKind kind)
    {
        var fields = FieldTables.All[command];
        for (var index = 0; index < fields.Length; index++)
        {
            if (fields[index].Kind == kind)
            {
                yield return (fields[index], [.. fields[..index].SelectMany(Empty)], [.. fields[(index + 1)..].SelectMany(Empty)]);
            }
        }
    }

    static IEnumerable<byte> Empty(Field field) =>
        field.Kind switch
        {
            FieldKind.Tlvs => [],
            FieldKind.Destinations => [1, 2, 0],
            _ => [0],
        };

    static byte[] Octets(string text) => System.Text.Encoding.Latin1.GetBytes(text);

    static void AssertSameVerdict(CommandId command, byte[] body)
    {
        var expected = FieldInterpreter.Parse(command, body, out var wrong) is not null;
        var actual = TryRead(command, body, out _, out var fault);
        Assert.True(expected == actual, $"{command} {Convert.ToHexString(body)}: table {expected}, codec {actual} {fault}");
        // Within a list of destinations there are faults of their own; one of a field is the table's.
        if (wrong is not null && wrong.Kind is not (FieldKind.Destinations or FieldKind.Unsuccessful))
        {
            Assert.True(wrong.Fault == fault.Status, $"{command} {Convert.ToHexString(body)}: {wrong} but {fault}");
        }
    }

    static void AssertFault(Field field, CommandId command, byte[] body)
    {
        Assert.False(TryRead(command, body, out var pdu, out var fault));
        Assert.Null(pdu);
        Assert.Equal(field.Fault, fault.Status);
        Assert.Contains(fault.Field, field.Name, StringComparison.Ordinal); // "addr" of "source_addr"
    }

    static void AssertNotWritten(Field field, IPdu pdu)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.False(PduCodec.TryWrite(output, pdu, 7, out var fault));
        Assert.Equal(field.Fault, fault.Status);
        Assert.Equal(0, output.WrittenCount);
    }

    static IPdu Read(CommandId command, byte[] body)
    {
        Assert.True(TryRead(command, body, out var pdu, out var fault), $"{command} {Convert.ToHexString(body)}: {fault}");
        return pdu!;
    }

    static bool TryRead(CommandId command, byte[] body, out IPdu? pdu, out PduFault fault)
    {
        var header = new PduHeader((uint)(PduHeader.Size + body.Length), command, CommandStatus.Ok, 7);
        return PduCodec.TryRead(header, body, FieldInterpreter.MaxTlvs, out pdu, out fault);
    }
}
