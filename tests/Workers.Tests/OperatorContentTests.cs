using System.Text;
using Contracts;
using Persistence.Configuration;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;
using Xunit;

namespace Workers.Tests;

public sealed class OperatorContentTests
{
    private const byte Ucs2 = 8;
    private const byte Latin1 = 3;

    [Theory]
    [InlineData(0, "hello @ £ [x]")]
    [InlineData(1, "hello")]
    [InlineData(3, "h\u00eatre")]
    [InlineData(8, "\u041f\u0440\u0438\u0432\u0435\u0442 \U0001F600")]
    [InlineData(0xF1, "hello @")]
    public void What_the_operator_understands_passes_as_it_came(byte dataCoding, string text)
    {
        var octets = SmppEncoding.FromDataCoding(dataCoding, SmppEncoding.Gsm7Bit).Encode(text);

        var pdu = Assert.Single(Of(Message(octets, dataCoding), Connector()));

        Assert.Equal(dataCoding, pdu.DataCoding);
        Assert.Equal(octets, pdu.ShortMessage.ToArray());
    }

    [Theory]
    [InlineData(Alphabet.Latin1, "@ \u00a3 \u00e4 [x]", 0, "@ \u00a3 \u00e4 [x]")]
    [InlineData(Alphabet.Ascii, "@ [x] {y}", 0, "@ [x] {y}")]
    [InlineData(Alphabet.Ascii, "\u00e4", Latin1, "\u00e4")]
    [InlineData(Alphabet.Latin1, "5 \u20ac", Ucs2, "5 \u20ac")]
    [InlineData(Alphabet.Ascii, "5 \u20ac", Ucs2, "5 \u20ac")]
    public void GSM_text_goes_out_in_what_the_operator_can_show_and_as_UCS_2_else(
        Alphabet alphabet,
        string text,
        byte dataCoding,
        string shown
    )
    {
        var pdu = Assert.Single(Of(Message(Gsm7.Encode(text)), Connector(alphabet)));

        Assert.Equal(dataCoding, pdu.DataCoding);
        Assert.Equal(shown, Shown(pdu, alphabet));
    }

    [Theory]
    [InlineData("caf\u00e9", 0, "caf\u00e9")]
    [InlineData("h\u00eatre", Ucs2, "h\u00eatre")]
    public void Text_in_an_alphabet_that_the_operator_does_not_know_is_re_encoded(string text, byte dataCoding, string shown)
    {
        var connector = Connector(rewrites: new Rewrites { Alphabets = [] });

        var pdu = Assert.Single(Of(Message(Encoding.Latin1.GetBytes(text), Latin1), connector));

        Assert.Equal((dataCoding, shown), (pdu.DataCoding, Shown(pdu, Alphabet.Gsm7)));
    }

    [Fact]
    public void Text_is_transliterated_only_where_the_connector_says_so()
    {
        var message = Message(Encoding.Latin1.GetBytes("h\u00eatre"), Latin1);

        var pdu = Assert.Single(Of(message, Connector(rewrites: new Rewrites { Alphabets = [], Transliterate = true })));

        Assert.Equal((0, "hetre"), (pdu.DataCoding, Shown(pdu, Alphabet.Gsm7)));
    }

    [Fact]
    public void Octets_that_are_no_text_in_the_alphabet_they_claim_pass_as_they_came()
    {
        byte[] latin = [0xE9, 0xE8];

        var pdu = Assert.Single(Of(Message(latin), Connector(Alphabet.Latin1)));

        Assert.Equal(0, pdu.DataCoding);
        Assert.Equal(latin, pdu.ShortMessage.ToArray());
    }

    [Theory]
    [InlineData(LongMessages.Udh)]
    [InlineData(LongMessages.Sar)]
    public void Long_GSM_text_takes_as_many_parts_in_another_eight_bit_alphabet_as_were_charged(LongMessages how)
    {
        // Every bracket is two septets: in Latin-1 it would be one octet, on the air it is two all the same.
        var text = string.Concat(Enumerable.Repeat("[0123456789]", 40));
        var message = Message(Gsm7.Encode(text));

        var pdus = Of(message, Connector(Alphabet.Latin1, how));

        Assert.Equal(message.Parts, pdus.Length);
        Assert.Equal(text, string.Concat(pdus.Select(pdu => Shown(pdu, Alphabet.Latin1))));
        Assert.All(pdus, pdu => Assert.Equal(0, pdu.DataCoding));
    }

    [Fact]
    public void Long_text_that_only_UCS_2_can_show_takes_more_parts_than_were_charged()
    {
        var text = new string('a', 299) + "\u20ac";
        var message = Message(Gsm7.Encode(text));

        var pdus = Of(message, Connector(Alphabet.Latin1));

        Assert.Equal((2, 5), (message.Parts, pdus.Length));
        Assert.Equal(text, string.Concat(pdus.Select(pdu => Shown(pdu, Alphabet.Latin1))));
        Assert.All(pdus, pdu => Assert.Equal(Ucs2, pdu.DataCoding));
    }

    [Fact]
    public void Long_references_take_an_octet_of_each_part()
    {
        var message = Message(Gsm7.Encode(new string('a', 306)));

        var pdus = Of(message, Connector(rewrites: new Rewrites { LongReferences = true }));

        Assert.Equal((2, 3), (message.Parts, pdus.Length));
        Assert.All(pdus, pdu => Assert.Equal(message.Id.PartReference, ReceivedPart.Of(pdu).Concatenation!.Value.Reference));
    }

    [Fact]
    public void A_payload_is_re_encoded_whole()
    {
        var text = new string('a', 299) + "\u20ac";

        var pdu = Assert.Single(Of(Message(Gsm7.Encode(text)), Connector(Alphabet.Latin1, LongMessages.Payload)));

        Assert.Equal((Ucs2, text), (pdu.DataCoding, Shown(pdu, Alphabet.Latin1)));
        Assert.True(pdu.ShortMessage.IsEmpty);
    }

    [Fact]
    public void A_customers_part_is_re_encoded_behind_its_header()
    {
        byte[] content = [.. UserDataHeader.Concatenate8(7, 3, 2), .. Gsm7.Encode(new string('\u00e4', 153))];

        var pdu = Assert.Single(Of(Message(content, esmClass: 0x40), Connector(Alphabet.Latin1)));

        Assert.Equal(content[..6], pdu.ShortMessage[..6].ToArray());
        Assert.Equal((0, new string('\u00e4', 153)), (pdu.DataCoding, Shown(pdu, Alphabet.Latin1)));
        Assert.True(pdu.HasUserDataHeader);
    }

    [Fact]
    public void A_customers_part_in_a_national_alphabet_loses_the_element_that_chose_it()
    {
        // Turkish single shift (1): escape and 0x53 is S with cedilla.
        byte[] content = [9 - 1, 0, 3, 7, 2, 1, 0x24, 1, 1, (byte)'a', 0x1B, 0x53];

        var pdu = Assert.Single(Of(Message(content, esmClass: 0x40), Connector(Alphabet.Latin1)));

        Assert.Equal(UserDataHeader.Concatenate8(7, 2, 1), pdu.ShortMessage[..6].ToArray());
        Assert.Equal((Ucs2, "a\u015e"), (pdu.DataCoding, Shown(pdu, Alphabet.Latin1)));
    }

    [Fact]
    public void A_customers_part_that_has_no_room_in_the_only_alphabet_that_shows_it_is_refused_in_words()
    {
        byte[] content = [.. UserDataHeader.Concatenate8(7, 3, 2), .. Gsm7.Encode(new string('a', 100) + "\u20ac")];

        var pdus = SubmitParts.Of(Message(content, esmClass: 0x40), Connector(Alphabet.Latin1), out var fault);

        Assert.Empty(pdus);
        Assert.Equal("one can show this part as ucs2 only, for which a part has no room: its sender has to split it anew", fault);
    }

    [Fact]
    public void Parts_by_header_become_parts_by_sar_TLVs_only_where_the_connector_demands_it()
    {
        byte[] content = [.. UserDataHeader.Concatenate16(0x1234, 3, 2), .. Gsm7.Encode("hello")];
        var message = Message(content, esmClass: 0x40);

        var kept = Assert.Single(Of(message, Connector(how: LongMessages.Sar)));
        var turned = Assert.Single(Of(message, Connector(how: LongMessages.Sar, rewrites: new Rewrites { ConvertParts = true })));

        Assert.Equal(content, kept.ShortMessage.ToArray());
        Assert.Equal("hello"u8.ToArray(), turned.ShortMessage.ToArray());
        Assert.False(turned.HasUserDataHeader);
        Assert.Equal(new Concatenation(0x1234, 3, 2), Concatenation.FromSar(turned.Tlvs));
    }

    [Fact]
    public void Parts_by_sar_TLVs_become_parts_by_header_where_there_is_room()
    {
        var tlvs = TlvList
            .Empty.WithUInt16(TlvTag.SarMsgRefNum, 0x1234)
            .WithByte(TlvTag.SarTotalSegments, 3)
            .WithByte(TlvTag.SarSegmentSeqnum, 2);
        var convert = Connector(rewrites: new Rewrites { ConvertParts = true });

        var turned = Assert.Single(Of(Message(Gsm7.Encode("hello")) with { Tlvs = tlvs.Encoded }, convert));
        var full = Assert.Single(Of(Message(Gsm7.Encode(new string('a', 160))) with { Tlvs = tlvs.Encoded }, convert));

        Assert.Equal([.. UserDataHeader.Concatenate8(0x34, 3, 2), .. "hello"u8], turned.ShortMessage.ToArray());
        Assert.True(turned.HasUserDataHeader);
        Assert.True(turned.Tlvs.IsEmpty);
        Assert.Equal(160, full.ShortMessage.Length);
        Assert.Equal(tlvs.Encoded.ToArray(), full.Tlvs.Encoded.ToArray());
    }

    [Fact]
    public void Content_behind_a_broken_header_is_nobodys_business()
    {
        byte[] content = [200, 1, 2];

        var pdu = Assert.Single(Of(Message(content, esmClass: 0x40), Connector(Alphabet.Latin1)));

        Assert.Equal(content, pdu.ShortMessage.ToArray());
    }

    private static SubmitSm[] Of(MessageSubmitted message, Connector connector)
    {
        var pdus = SubmitParts.Of(message, connector, out var fault);
        Assert.Null(fault);
        return pdus;
    }

    /// <summary>What the operator reads.</summary>
    private static string Shown(SubmitSm pdu, Alphabet alphabet) =>
        ReceivedPart
            .Of(pdu)
            .Text(
                alphabet switch
                {
                    Alphabet.Latin1 => SmppEncoding.Latin1,
                    Alphabet.Ascii => SmppEncoding.Ascii,
                    _ => SmppEncoding.Gsm7Bit,
                }
            );

    private static MessageSubmitted Message(byte[] content, byte dataCoding = 0, byte esmClass = 0)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new MessageSubmitted
        {
            Id = MessageId.New(now),
            Account = "acme",
            Source = new Party(5, 0, "Acme"),
            Destination = new Party(1, 1, "491700000001"),
            EsmClass = esmClass,
            DataCoding = dataCoding,
            Content = content,
            Parts = Segmentation.CountParts(content, dataCoding, hasUdh: esmClass == 0x40),
            AcceptedAt = now,
            ValidUntil = now + TimeSpan.FromHours(48),
        };
    }

    private static Connector Connector(Alphabet alphabet = Alphabet.Gsm7, LongMessages how = LongMessages.Udh, Rewrites? rewrites = null) =>
        new()
        {
            Id = "one",
            Operator = "op",
            Host = "127.0.0.1",
            SystemId = "us",
            DefaultAlphabet = alphabet,
            LongMessages = how,
            Rewrites = rewrites ?? new Rewrites(),
        };
}
