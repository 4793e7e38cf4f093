using Smpp.Tests.Spec;
using Smpp.Text;
using Smpp.Wire;
using Xunit;

namespace Smpp.Tests.Wire;

public class GarbageTests
{
    const int Seed = 20261121;

    [Fact]
    public void Mutated_pdus_never_throw_and_what_is_read_can_be_written()
    {
        var random = new Random(Seed);
        var commands = FieldTables.All.Keys.ToArray();
        var read = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var command = random.Next(20) == 0 ? (CommandId)(uint)random.NextInt64(uint.MaxValue) : commands[random.Next(commands.Length)];
            var body = FieldTables.All.ContainsKey(command) ? FieldInterpreter.Generate(command, random) : new byte[random.Next(50)];
            body = Mutations.Mutate(body, random);
            var header = new PduHeader((uint)(16 + body.Length), command, 0, 1);
            if (PduCodec.TryRead(header, body, 256, out var pdu, out var fault))
            {
                read++;
                Assert.InRange(Testing.RawPeer.Bytes(pdu!, 1).Length, PduHeader.Size, PduHeader.Size + pdu!.BodyBound);
            }
            else
            {
                Assert.NotEqual(CommandStatus.Ok, fault.Status);
            }
        }
        Assert.InRange(read, 1_000, 49_000); // both ways were taken
    }

    [Fact]
    public void Text_of_any_bytes_never_throws()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 20_000; round++)
        {
            var octets = new byte[random.Next(200)];
            random.NextBytes(octets);
            var coding = (byte)random.Next(256);
            Assert.NotNull(SmppEncoding.FromDataCoding(coding, SmppEncoding.Gsm7Bit).Decode(octets));
            Assert.True(Segmentation.CountParts(octets, coding, hasUdh: false) >= 1);
            if (UserDataHeader.TryParse(octets, out var header))
            {
                Assert.InRange(header!.Length, 1, octets.Length);
            }
            if (ReceiptText.TryParse(octets, out var receipt))
            {
                Assert.NotNull(receipt!.ToString());
            }
        }
    }

    [Fact]
    public void A_bomb_of_empty_tlvs_is_refused_at_the_limit()
    {
        byte[] fixedPart = [.. FieldTables.All[CommandId.SubmitSm].Where(field => field.Kind != FieldKind.Tlvs).Select(_ => (byte)0)];
        var header = new PduHeader(0, CommandId.SubmitSm, 0, 1);
        Assert.True(PduCodec.TryRead(header, (byte[])[.. fixedPart, .. new byte[4 * 256]], 256, out _, out _));
        Assert.False(PduCodec.TryRead(header, (byte[])[.. fixedPart, .. new byte[4 * 10_000]], 256, out _, out var fault));
        Assert.Equal(CommandStatus.InvTlvStream, fault.Status);
    }
}
