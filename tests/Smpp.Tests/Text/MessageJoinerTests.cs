using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;
using Testing;
using Xunit;

namespace Smpp.Tests.Text;

public class MessageJoinerTests
{
    static readonly Address from = new(1, 1, "43664");
    static readonly Address to = new(0, 0, "1234");

    readonly FakeTime time = new();

    [Fact]
    public void A_message_of_its_own_is_complete_at_once()
    {
        var result = Joiner().Add(from, to, ReceivedPart.Of(new DeliverSm { ShortMessage = "hi"u8.ToArray() }));
        Assert.Equal((JoinOutcome.Complete, "hi"), (result.Outcome, result.Message!.Text(SmppEncoding.Gsm7Bit)));
        Assert.Equal((from, to), (result.Message.Source, result.Message.Destination));
    }

    [Fact]
    public void Parts_join_out_of_order_and_a_duplicate_changes_nothing()
    {
        var joiner = Joiner();
        Assert.Equal(JoinOutcome.Waiting, joiner.Add(from, to, Part(7, 3, 3, "!")).Outcome);
        Assert.Equal(JoinOutcome.Waiting, joiner.Add(from, to, Part(7, 3, 1, "hello ")).Outcome);
        Assert.Equal(JoinOutcome.Duplicate, joiner.Add(from, to, Part(7, 3, 1, "hello ")).Outcome);
        var last = joiner.Add(from, to, Part(7, 3, 2, "world"));
        Assert.Equal((JoinOutcome.Complete, "hello world!"), (last.Outcome, last.Message!.Text(SmppEncoding.Gsm7Bit)));
        Assert.Equal(0, joiner.Count);
    }

    [Fact]
    public void References_count_per_sender_recipient_and_number_of_parts()
    {
        var joiner = Joiner();
        joiner.Add(from, to, Part(7, 2, 1, "a"));
        Assert.Equal(JoinOutcome.Waiting, joiner.Add(to, from, Part(7, 2, 2, "b")).Outcome);
        Assert.Equal(JoinOutcome.Waiting, joiner.Add(from, to, Part(7, 3, 2, "c")).Outcome);
        Assert.Equal(JoinOutcome.Waiting, joiner.Add(from, to, Part(8, 2, 2, "d")).Outcome);
        Assert.Equal(4, joiner.Count);
    }

    [Fact]
    public void A_reference_that_comes_round_gives_the_old_message_up_and_hands_it_out()
    {
        var joiner = Joiner();
        joiner.Add(from, to, Part(7, 2, 1, "old"));
        var result = joiner.Add(from, to, Part(7, 2, 1, "new"));
        Assert.Equal(
            (JoinOutcome.Waiting, "old", 1),
            (result.Outcome, result.Displaced!.Text(SmppEncoding.Gsm7Bit), result.Displaced.Missing)
        );
        Assert.Equal("new!", joiner.Add(from, to, Part(7, 2, 2, "!")).Message!.Text(SmppEncoding.Gsm7Bit));
    }

    [Fact]
    public void What_never_becomes_whole_is_handed_out_when_its_time_is_over()
    {
        var joiner = Joiner();
        joiner.Add(from, to, Part(1, 3, 3, "c"));
        joiner.Add(from, to, Part(1, 3, 1, "a"));
        time.Advance(TimeSpan.FromMinutes(29));
        joiner.Add(from, to, Part(2, 2, 1, "x"));
        Assert.Empty(joiner.TakeExpired());
        time.Advance(TimeSpan.FromMinutes(1));
        var expired = Assert.Single(joiner.TakeExpired());
        Assert.Equal(("ac", 1), (expired.Text(SmppEncoding.Gsm7Bit), expired.Missing));
        Assert.Null(expired.Parts[1]);
        Assert.Equal(1, joiner.Count);
    }

    [Fact]
    public void Nothing_is_kept_beyond_the_bounds_and_there_is_room_again_when_something_leaves()
    {
        var few = new MessageJoiner(new JoinOptions { MaxMessages = 1 }, time);
        few.Add(from, to, Part(1, 2, 1, "a"));
        Assert.Equal(JoinOutcome.Full, few.Add(from, to, Part(2, 2, 1, "b")).Outcome);
        Assert.Equal(JoinOutcome.Complete, few.Add(from, to, Part(1, 2, 2, "c")).Outcome);
        Assert.Equal(JoinOutcome.Waiting, few.Add(from, to, Part(2, 2, 1, "b")).Outcome);

        var small = new MessageJoiner(new JoinOptions { MaxOctets = 4 }, time);
        small.Add(from, to, Part(1, 3, 1, "abc"));
        Assert.Equal(JoinOutcome.Full, small.Add(from, to, Part(1, 3, 2, "de")).Outcome);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Single(small.TakeExpired());
        Assert.Equal(JoinOutcome.Waiting, small.Add(from, to, Part(1, 3, 2, "de")).Outcome);
    }

    [Fact]
    public void A_pair_that_the_sender_cut_is_whole_again()
    {
        var octets = SmppEncoding.Ucs2.Encode("😀");
        var joiner = Joiner();
        joiner.Add(from, to, Sar(1, 2, 1, octets[..2]));
        Assert.Equal("😀", joiner.Add(from, to, Sar(1, 2, 2, octets[2..])).Message!.Text(SmppEncoding.Gsm7Bit));
    }

    [Fact]
    public void Parts_in_different_encodings_are_decoded_each_for_itself()
    {
        var joiner = Joiner();
        joiner.Add(from, to, Sar(1, 2, 1, SmppEncoding.Ucs2.Encode("Ж")));
        Assert.Equal("Жa", joiner.Add(from, to, Part(1, 2, 2, "a")).Message!.Text(SmppEncoding.Gsm7Bit));
    }

    [Fact]
    public void Any_parts_keep_to_the_bounds_and_none_is_lost()
    {
        var parts = Texts.Octets;
        Texts.Hold(
            parts,
            octets =>
            {
                var joiner = new MessageJoiner(new JoinOptions { MaxMessages = 5, MaxOctets = 12 }, time);
                var (put, got) = (0, 0);
                foreach (var octet in octets)
                {
                    var total = (octet >> 4 & 3) + 1;
                    var part = Part((byte)(octet & 3), (byte)total, (byte)((octet >> 2) % total + 1), octet > 0x7F ? "xy" : "x");
                    var result = joiner.Add(from, to, part);
                    put += result.Outcome is JoinOutcome.Duplicate or JoinOutcome.Full ? 0 : 1;
                    got += Present(result.Message) + Present(result.Displaced);
                    Assert.InRange(joiner.Count, 0, 5);
                }
                time.Advance(TimeSpan.FromHours(1));
                got += joiner.TakeExpired().Sum(Present);
                return put == got && joiner.Count == 0;
            }
        );
    }

    static int Present(JoinedMessage? message) => message is null ? 0 : message.Parts.Count - message.Missing;

    MessageJoiner Joiner() => new(new JoinOptions(), time);

    static ReceivedPart Part(byte reference, byte total, byte sequence, string text) =>
        ReceivedPart.Of(
            new DeliverSm
            {
                EsmClass = 0x40,
                ShortMessage = (byte[])[.. UserDataHeader.Concatenate8(reference, total, sequence), .. Gsm7.Encode(text)],
            }
        );

    static ReceivedPart Sar(byte reference, byte total, byte sequence, byte[] octets) =>
        ReceivedPart.Of(
            new DeliverSm
            {
                DataCoding = 8,
                ShortMessage = octets,
                Tlvs = TlvList
                    .Empty.WithUInt16(TlvTag.SarMsgRefNum, reference)
                    .WithByte(TlvTag.SarTotalSegments, total)
                    .WithByte(TlvTag.SarSegmentSeqnum, sequence),
            }
        );
}
