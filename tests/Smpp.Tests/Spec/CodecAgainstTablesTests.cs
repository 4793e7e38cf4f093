using Smpp.Pdus;
using Smpp.Tlvs;
using Smpp.Wire;
using Testing;
using Xunit;

namespace Smpp.Tests.Spec;

public class CodecAgainstTablesTests
{
    public static TheoryData<CommandId> Commands => new(FieldTables.All.Keys);

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
            foreach (var field in FieldTables.All[command].Where(field => field.Property.Length > 0))
            {
                Assert.Equal(expected[field.Name], Value(pdu, field.Property));
            }
            Assert.Equal(body, RawPeer.Bytes(pdu, 7)[PduHeader.Size..]);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_body_cut_anywhere_is_accepted_exactly_where_the_table_accepts_it(CommandId command)
    {
        var body = FieldInterpreter.Generate(command, new Random((int)command + 1));
        for (var length = 0; length <= body.Length; length++)
        {
            AssertSameVerdict(command, body[..length]);
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
    [MemberData(nameof(Commands))]
    public void A_string_one_octet_too_long_names_its_field(CommandId command)
    {
        var fields = FieldTables.All[command];
        for (var index = 0; index < fields.Length; index++)
        {
            if (fields[index].Kind != FieldKind.CString)
            {
                continue;
            }
            byte[] before = [.. fields[..index].SelectMany(Empty)];
            byte[] after = [.. fields[(index + 1)..].SelectMany(Empty)];
            byte[] longest = [.. Enumerable.Repeat((byte)'1', fields[index].Size - 1), 0];
            byte[] tooLong = [(byte)'1', .. longest];

            Assert.True(TryRead(command, [.. before, .. longest, .. after], out _, out _));
            Assert.False(TryRead(command, [.. before, .. tooLong, .. after], out _, out var fault));
            Assert.NotEqual("", fault.Field);
            Assert.NotEqual(CommandStatus.Ok, fault.Status);
        }
    }

    [Fact]
    public void The_tables_cover_every_command_the_codec_knows()
    {
        Assert.Equal(Enum.GetValues<CommandId>().Where(PduCodec.Knows).Order(), FieldTables.All.Keys.Order());
    }

    static IEnumerable<byte> Empty(Field field) =>
        field.Kind switch
        {
            FieldKind.Tlvs => [],
            FieldKind.Destinations => [1, 2, 0],
            _ => [0],
        };

    static void AssertSameVerdict(CommandId command, byte[] body)
    {
        var expected = FieldInterpreter.Parse(command, body) is not null;
        var actual = TryRead(command, body, out _, out var fault);
        Assert.True(expected == actual, $"{command} {Convert.ToHexString(body)}: table {expected}, codec {actual} {fault}");
    }

    static bool TryRead(CommandId command, byte[] body, out IPdu? pdu, out PduFault fault)
    {
        var header = new PduHeader((uint)(PduHeader.Size + body.Length), command, CommandStatus.Ok, 7);
        return PduCodec.TryRead(header, body, FieldInterpreter.MaxTlvs, out pdu, out fault);
    }

    static object Value(object record, string path)
    {
        foreach (var name in path.Split('.'))
        {
            record = record.GetType().GetProperty(name)!.GetValue(record)!;
        }
        return record switch
        {
            ReadOnlyMemory<byte> memory => memory.ToArray(),
            TlvList tlvs => tlvs.Encoded.ToArray(),
            _ => record,
        };
    }
}
