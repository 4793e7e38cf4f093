using System.Text;
using Contracts;
using Persistence.Configuration;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;
using Xunit;

namespace Workers.Tests;

public sealed class SubmitPartsTests
{
    private const byte Ucs2 = 8;
    private static readonly TlvList CustomerTlvs = TlvList.Empty.WithByte(TlvTag.LanguageIndicator, 3);

    [Fact]
    public void A_short_message_goes_out_as_it_came()
    {
        var message = Message("hello"u8.ToArray()) with
        {
            ServiceType = "CMT",
            EsmClass = 0x80,
            ProtocolId = 0x41,
            PriorityFlag = 2,
            DataCoding = 0xF0,
            Tlvs = CustomerTlvs.Encoded,
        };

        var pdu = Assert.Single(Of(message, Connector()));

        Assert.Equal((new Address(5, 0, "Acme"), new Address(1, 1, "491700000001")), (pdu.Source, pdu.Destination));
        Assert.Equal(
            ("CMT", (byte)0x80, (byte)0x41, (byte)2, (byte)0xF0),
            (pdu.ServiceType, pdu.EsmClass, pdu.ProtocolId, pdu.PriorityFlag, pdu.DataCoding)
        );
        Assert.Equal("hello"u8.ToArray(), pdu.ShortMessage.ToArray());
        Assert.Equal(CustomerTlvs.Encoded.ToArray(), pdu.Tlvs.Encoded.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(0x10)]
    public void The_operator_is_always_asked_for_the_final_receipt(byte asked)
    {
        var one = Message("hello"u8.ToArray()) with { RegisteredDelivery = asked };
        var long1 = Message(Septets(400)) with { RegisteredDelivery = asked };

        foreach (var how in Enum.GetValues<LongMessages>())
        {
            Assert.All(Of(one, Connector(how)), pdu => Assert.Equal(1 | (asked & 0x1C), pdu.RegisteredDelivery));
            Assert.All(Of(long1, Connector(how)), pdu => Assert.Equal(1 | (asked & 0x1C), pdu.RegisteredDelivery));
        }
    }

    [Fact]
    public void Content_that_came_as_a_payload_and_fits_goes_out_as_a_payload()
    {
        var message = Message("hello"u8.ToArray()) with { IsPayload = true, Tlvs = CustomerTlvs.Encoded };

        var pdu = Assert.Single(Of(message, Connector()));

        Assert.True(pdu.ShortMessage.IsEmpty);
        Assert.Equal("hello"u8.ToArray(), pdu.Tlvs.MessagePayload?.ToArray());
        Assert.Equal<byte?>(3, pdu.Tlvs.GetByte(TlvTag.LanguageIndicator));
    }

    [Fact]
    public void A_customers_own_part_is_not_touched()
    {
        byte[] content = [.. UserDataHeader.Concatenate8(7, 3, 2), .. Septets(153)];
        var message = Message(content) with { EsmClass = 0x40 };

        foreach (var how in Enum.GetValues<LongMessages>())
        {
            var pdu = Assert.Single(Of(message, Connector(how)));
            Assert.Equal(content, pdu.ShortMessage.ToArray());
            Assert.Equal(0x40, pdu.EsmClass);
            Assert.True(pdu.Tlvs.IsEmpty);
        }
    }

    [Fact]
    public void A_long_GSM_message_is_split_with_headers_and_no_escape_sequence_is_cut()
    {
        // A euro sign (escape, 0x65) across the 153rd septet: the escape moves to the next part with its code.
        var content = Septets(400);
        content[152] = 0x1B;
        content[153] = 0x65;
        var parts = Of(Message(content), Connector());

        Assert.Equal(3, parts.Length);
        Assert.Equal([152, 153, 95], parts.Select(pdu => pdu.ShortMessage.Length - 6));
        AssertHeaders(parts);
        Assert.Equal(content, Joined(parts));
    }

    [Fact]
    public void A_long_UCS_2_message_is_split_with_headers_and_no_surrogate_pair_is_cut()
    {
        // The pair begins at the 67th unit.
        var text = new string('ä', 66) + "\U0001F600" + new string('ö', 60);
        var content = Encoding.BigEndianUnicode.GetBytes(text);
        var parts = Of(Message(content, Ucs2), Connector());

        Assert.Equal([132, 124], parts.Select(pdu => pdu.ShortMessage.Length - 6));
        AssertHeaders(parts);
        Assert.Equal(content, Joined(parts));
        Assert.All(parts, pdu => Assert.Equal(Ucs2, pdu.DataCoding));
    }

    [Fact]
    public void A_long_message_is_split_with_sar_TLVs_where_the_connector_wants_them()
    {
        var content = Septets(400);
        var message = Message(content) with { Tlvs = CustomerTlvs.Encoded };

        var parts = Of(message, Connector(LongMessages.Sar));

        Assert.Equal(3, parts.Length);
        Assert.Equal(content, parts.SelectMany(pdu => pdu.ShortMessage.ToArray()));
        Assert.Single(parts.Select(pdu => pdu.Tlvs.SarMsgRefNum).Distinct());
        Assert.NotNull(parts[0].Tlvs.SarMsgRefNum);
        for (var i = 0; i < parts.Length; i++)
        {
            Assert.Equal<byte?>(3, parts[i].Tlvs.SarTotalSegments);
            Assert.Equal((byte?)(i + 1), parts[i].Tlvs.SarSegmentSeqnum);
            Assert.Equal<byte?>(3, parts[i].Tlvs.GetByte(TlvTag.LanguageIndicator));
            Assert.False(parts[i].HasUserDataHeader);
        }
    }

    [Fact]
    public void A_long_message_goes_out_whole_where_the_connector_wants_payloads()
    {
        var content = Septets(400);

        var pdu = Assert.Single(Of(Message(content), Connector(LongMessages.Payload)));

        Assert.True(pdu.ShortMessage.IsEmpty);
        Assert.Equal(content, pdu.Tlvs.MessagePayload?.ToArray());
    }

    [Theory]
    [InlineData(LongMessages.Udh)]
    [InlineData(LongMessages.Sar)]
    public void A_long_message_that_came_as_a_payload_is_split_too(LongMessages how)
    {
        var message = Message(Septets(400)) with { IsPayload = true };

        var parts = Of(message, Connector(how));

        Assert.Equal(3, parts.Length);
        Assert.All(parts, pdu => Assert.Null(pdu.Tlvs.MessagePayload));
    }

    [Theory]
    [InlineData(LongMessages.Udh)]
    [InlineData(LongMessages.Sar)]
    public void The_same_message_makes_the_same_parts_every_time(LongMessages how)
    {
        var message = Message(Septets(1000));

        var first = Of(message, Connector(how));
        var second = Of(message, Connector(how));

        Assert.Equal(first.Select(Octets), second.Select(Octets));

        static string Octets(SubmitSm pdu) =>
            $"{pdu.EsmClass:X2} {Convert.ToHexString(pdu.ShortMessage.Span)} {Convert.ToHexString(pdu.Tlvs.Encoded.Span)}";
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_two_of_256_messages_in_a_row_to_one_handset_have_the_same_reference(bool isLong)
    {
        var references = Enumerable
            .Range(0, 256)
            .Select(_ =>
            {
                var connector = Connector();
                connector.Rewrites = new Rewrites { LongReferences = isLong };
                var pdu = Of(Message(Septets(400)), connector)[0];
                Assert.True(UserDataHeader.TryParse(pdu.ShortMessage, out var header));
                Assert.Equal(isLong ? 7 : 6, header!.Length);
                return header.Concatenation!.Value.Reference;
            })
            .Distinct()
            .Count();

        Assert.Equal(256, references);
    }

    private static SubmitSm[] Of(MessageSubmitted message, Connector connector)
    {
        var pdus = SubmitParts.Of(message, connector, out var fault);
        Assert.Null(fault);
        return pdus;
    }

    private static void AssertHeaders(SubmitSm[] parts)
    {
        var references = new HashSet<ushort>();
        for (var i = 0; i < parts.Length; i++)
        {
            Assert.True(parts[i].HasUserDataHeader);
            Assert.True(UserDataHeader.TryParse(parts[i].ShortMessage, out var header));
            var concatenation = header!.Concatenation!.Value;
            Assert.Equal((parts.Length, i + 1), (concatenation.Total, concatenation.Sequence));
            references.Add(concatenation.Reference);
        }

        Assert.Single(references);
    }

    private static IEnumerable<byte> Joined(SubmitSm[] parts) => parts.SelectMany(pdu => pdu.ShortMessage[6..].ToArray());

    private static byte[] Septets(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)('A' + i % 26))];

    private static MessageSubmitted Message(byte[] content, byte dataCoding = 0)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new MessageSubmitted
        {
            Id = MessageId.New(now, new Party(1, 1, "491700000001")),
            Account = "acme",
            Source = new Party(5, 0, "Acme"),
            Destination = new Party(1, 1, "491700000001"),
            DataCoding = dataCoding,
            Content = content,
            // As the gateway counts them; a part of the customer's own is one.
            Parts = Segmentation.CountParts(content, dataCoding, hasUdh: content[0] == 5),
            AcceptedAt = now,
            ValidUntil = now + TimeSpan.FromHours(48),
        };
    }

    private static Connector Connector(LongMessages how = LongMessages.Udh) =>
        new()
        {
            Id = "one",
            Operator = "op",
            Host = "127.0.0.1",
            SystemId = "us",
            LongMessages = how,
        };
}
