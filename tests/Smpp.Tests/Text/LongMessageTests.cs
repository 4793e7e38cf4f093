using FsCheck.Fluent;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;
using Xunit;

namespace Smpp.Tests.Text;

public class LongMessageTests
{
    [Theory]
    [InlineData(LongMessageMethod.Header8, 161, "050003CD0201", 159)]
    [InlineData(LongMessageMethod.Header16, 161, "060804ABCD0201", 159)]
    public void A_header_names_the_part(LongMessageMethod method, int length, string firstHeader, int firstLength)
    {
        var parts = Split(new string('a', length), method).Parts;
        Assert.Equal(2, parts.Count);
        Assert.StartsWith(firstHeader, Convert.ToHexString(parts[0].ShortMessage.Span), StringComparison.Ordinal);
        Assert.Equal(firstLength, parts[0].ShortMessage.Length);
        Assert.All(parts, part => Assert.True(part.HasUserDataHeader && part.Sar is null && part.Payload is null));
    }

    [Theory]
    [InlineData(LongMessageMethod.Header8, 0x00, 160, 153)]
    [InlineData(LongMessageMethod.Header16, 0x00, 160, 152)]
    [InlineData(LongMessageMethod.Sar, 0x00, 160, 153)]
    [InlineData(LongMessageMethod.Header8, 0x08, 140, 134)]
    [InlineData(LongMessageMethod.Header16, 0x08, 140, 132)]
    [InlineData(LongMessageMethod.Header8, 0x04, 140, 134)]
    [InlineData(LongMessageMethod.Header16, 0x04, 140, 133)]
    [InlineData(LongMessageMethod.Header8, 0x18, 140, 134)]
    [InlineData(LongMessageMethod.Header8, 0xF0, 160, 153)]
    public void A_part_carries_what_the_air_does(LongMessageMethod method, byte dataCoding, int alone, int ofSeveral)
    {
        var options = new SplitOptions { Method = method };
        Assert.Single(LongMessage.Split(new byte[alone], dataCoding, 1, options).Parts);
        Assert.Equal(2, LongMessage.Split(new byte[alone + 1], dataCoding, 1, options).Parts.Count);
        Assert.Equal(2, LongMessage.Split(new byte[2 * ofSeveral], dataCoding, 1, options).Parts.Count);
        Assert.Equal(3, LongMessage.Split(new byte[2 * ofSeveral + 1], dataCoding, 1, options).Parts.Count);
    }

    // 3 octets for each table beside a header of 6: 131 and 128 octets of text are 149 and 146 septets; alone 136 and 133: 155 and 152.
    [Theory]
    [InlineData(NationalLanguage.Default, 155, 149)]
    [InlineData(NationalLanguage.Turkish, 152, 146)]
    public void National_tables_take_their_room_and_are_announced_in_every_part(NationalLanguage locking, int alone, int ofSeveral)
    {
        var alphabet = Gsm7Alphabet.Get(locking, NationalLanguage.Turkish);
        foreach (var length in new[] { 1, alone, alone + 1, 2 * ofSeveral, 2 * ofSeveral + 1 })
        {
            var text = new string('a', length);
            var parts = Split(text, LongMessageMethod.Header8, alphabet).Parts;
            Assert.Equal(
                length <= alone ? 1
                    : length <= 2 * ofSeveral ? 2
                    : 3,
                parts.Count
            );
            Assert.Equal(parts.Count, Segmentation.CountParts(text, alphabet));
            Assert.All(parts, part => Assert.Same(alphabet, ReceivedPart.Of(part.ApplyTo(new SubmitSm())).Header!.Alphabet));
        }
    }

    [Fact]
    public void A_message_that_fits_alone_is_passed_as_it_is()
    {
        ReadOnlyMemory<byte> content = "hello"u8.ToArray();
        var part = Assert.Single(LongMessage.Split(content, 0, 1).Parts);
        Assert.Equal(content, part.ShortMessage);
        Assert.False(part.HasUserDataHeader);
    }

    [Fact]
    public void Sar_and_payload_are_tlvs_and_other_fields_stay()
    {
        var pdu = new SubmitSm { EsmClass = 0x03, Tlvs = TlvList.Empty.WithUInt16(TlvTag.UserMessageReference, 9) };
        var sar = Split(new string('a', 200), LongMessageMethod.Sar).Parts[1].ApplyTo(pdu);
        Assert.Equal(new Concatenation(0xABCD, 2, 2), Concatenation.FromSar(sar.Tlvs));
        Assert.Equal((0x03, 47), (sar.EsmClass, sar.ShortMessage.Length));
        Assert.True(sar.Tlvs.Contains(TlvTag.UserMessageReference));

        var payload = Assert.Single(Split(new string('a', 60_000), LongMessageMethod.Payload).Parts).ApplyTo(pdu);
        Assert.True(payload.ShortMessage.IsEmpty);
        Assert.Equal(60_000, payload.Content.Length);
        // And split again by headers, the payload is gone.
        var part = Split(new string('a', 200), LongMessageMethod.Header8).Parts[0].ApplyTo(payload);
        Assert.Equal((0x43, false), (part.EsmClass, part.Tlvs.Contains(TlvTag.MessagePayload)));
    }

    [Fact]
    public void What_cannot_be_split_says_why()
    {
        Assert.Equal(255, Split(new string('a', 153 * 255), LongMessageMethod.Header8).Parts.Count);
        var tooMany = Split(new string('a', 153 * 255 + 1), LongMessageMethod.Header8);
        Assert.Equal((SplitFault.TooManyParts, 0), (tooMany.Fault, tooMany.Parts.Count));
        Assert.Equal(SplitFault.TooManyParts, LongMessage.Split(new byte[400], 0, 1, new SplitOptions { MaxParts = 2 }).Fault);
        Assert.Equal(SplitFault.HeaderTooLong, LongMessage.Split(new byte[1], 0, 1, new SplitOptions { Elements = new byte[64] }).Fault);
        Assert.Equal(SplitFault.PayloadTooLong, Split(new string('a', 65_536), LongMessageMethod.Payload).Fault);
    }

    [Fact]
    public void What_is_split_in_any_way_joins_to_the_text_in_any_order()
    {
        var alphabets = new[]
        {
            Gsm7Alphabet.Default,
            Gsm7Alphabet.Get(NationalLanguage.Default, NationalLanguage.Turkish),
            Gsm7Alphabet.Get(NationalLanguage.Hindi, NationalLanguage.Hindi),
            null, // UCS-2
        };
        var cases =
            from text in Texts.Of("a", "b", "@", "€", "1", " ", "क", "ş", "😀").Generator
            from alphabet in Gen.Elements(alphabets)
            from method in Gen.Elements(Enum.GetValues<LongMessageMethod>())
            from seed in Gen.Choose(0, 1000)
            select (text, alphabet, method, seed);
        Texts.Hold(
            cases.ToArbitrary(),
            one =>
            {
                var text = one.alphabet is null ? one.text : string.Concat(one.text.Where(c => one.alphabet.SeptetsOf(c) > 0));
                var parts = Split(text, one.method, one.alphabet).Parts;
                if (one is { alphabet: not null, method: LongMessageMethod.Header8 })
                {
                    Assert.Equal(Segmentation.CountParts(text, one.alphabet), parts.Count);
                }
                var joiner = new MessageJoiner(new JoinOptions(), TimeProvider.System);
                var received = parts.Select(part => ReceivedPart.Of(part.ApplyTo(Empty(one.alphabet)))).ToArray();
                // Each part is text of its own: nothing was cut.
                Assert.Equal(text, string.Concat(received.Select(part => part.Text(SmppEncoding.Latin1))));
                new Random(one.seed).Shuffle(received);
                JoinResult last = default;
                foreach (var part in received)
                {
                    Assert.NotEqual(JoinOutcome.Complete, last.Message is null ? JoinOutcome.Waiting : last.Outcome);
                    last = joiner.Add(Address.None, Address.None, part);
                }
                Assert.Equal(0, joiner.Count);
                return last.Message!.Text(SmppEncoding.Latin1) == text;
            }
        );
    }

    // 0xF0: GSM 7-bit whatever the link's default alphabet is.
    static SubmitSm Empty(Gsm7Alphabet? alphabet) => new() { DataCoding = alphabet is null ? (byte)0x08 : (byte)0xF0 };

    static SplitMessage Split(string text, LongMessageMethod method) => Split(text, method, Gsm7Alphabet.Default);

    static SplitMessage Split(string text, LongMessageMethod method, Gsm7Alphabet? alphabet) =>
        LongMessage.Split(
            alphabet?.Encode(text) ?? SmppEncoding.Ucs2.Encode(text),
            Empty(alphabet).DataCoding,
            0xABCD,
            new SplitOptions { Method = method, Elements = alphabet?.Header ?? default }
        );
}
