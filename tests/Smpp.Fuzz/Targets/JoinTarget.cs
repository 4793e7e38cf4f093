using System.Buffers.Binary;
using Smpp.Fuzz.Inputs;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;
using Testing;

namespace Smpp.Fuzz.Targets;

/// <summary>
/// Joining of parts: bounded, and no octet is lost or handed out twice, whatever comes in whatever order. An input is parts behind each
/// other: sender, esm_class, data_coding, length of the content, number of the sar_ octets (reference, total, sequence), these, the content.
/// </summary>
sealed class JoinTarget : FuzzTarget
{
    const int MostParts = 6;

    static readonly JoinOptions options = new() { MaxMessages = 4, MaxOctets = 2000 };
    static readonly LongMessageMethod[] methods = [LongMessageMethod.Header8, LongMessageMethod.Header16, LongMessageMethod.Sar];
    static readonly Address destination = new(1, 1, "12345");

    public override string Name => "join";
    public override int Weight => 4;

    public override FuzzInput Make(Random random)
    {
        var parts = new List<byte[]>();
        for (var messages = random.Next(1, 4); messages > 0; messages--)
        {
            var coding = (byte)(random.Next(2) * 8);
            var content = new byte[random.Next(1, 134 * MostParts)];
            random.NextBytes(content);
            var split = LongMessage.Split(
                content,
                coding,
                (ushort)random.Next(3),
                new SplitOptions { Method = methods[random.Next(methods.Length)] }
            );
            parts.AddRange(split.Parts.Select(part => Octets((byte)random.Next(2), coding, part)));
        }
        if (random.Next(3) == 0)
        {
            parts.AddRange(parts[..random.Next(parts.Count)]); // some come twice
        }
        var shuffled = parts.ToArray();
        random.Shuffle(shuffled);
        byte[] octets = [.. shuffled.SelectMany(part => part)];
        for (var i = random.Next(3); i > 0; i--)
        {
            octets = PduMutator.MutateAny(octets, random);
        }
        return new FuzzInput(octets, 0);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        var time = new FakeTime();
        var joiner = new MessageJoiner(options, time);
        var (kept, handedOut, joined) = (0L, 0L, false);
        foreach (var (sender, part) in PartsOf(octets))
        {
            var result = joiner.Add(new Address(1, 1, $"{sender}"), destination, part);
            FuzzFailure.Unless(result.Outcome == JoinOutcome.Complete == result.Message is not null, "complete is where a message is");
            FuzzFailure.Unless(joiner.Count <= options.MaxMessages, "more messages wait than may");
            kept += result.Outcome is JoinOutcome.Complete or JoinOutcome.Waiting ? part.Body.Length : 0;
            handedOut += OctetsOf(result.Message) + OctetsOf(result.Displaced);
            FuzzFailure.Unless(kept - handedOut <= options.MaxOctets, "more octets wait than may");
            if (result.Message is { } message)
            {
                FuzzFailure.Unless(message.Missing == 0, "complete, and yet something is missing");
                joined |= message.Parts.Count > 1;
            }
        }
        time.Advance(options.Timeout);
        handedOut += joiner.TakeExpired().Sum(OctetsOf);
        FuzzFailure.Unless(joiner.Count == 0 && kept == handedOut, $"{kept} octets were kept and {handedOut} handed out");
        return Verdict(joined);
    }

    static long OctetsOf(JoinedMessage? message)
    {
        FuzzFailure.Unless(message?.Text(SmppEncoding.Gsm7Bit) is not null || message is null, "a message without a text");
        return message?.Content().Length ?? 0;
    }

    static byte[] Octets(byte sender, byte coding, MessagePart part)
    {
        byte[] sar = part.Sar is { } known ? [(byte)(known.Reference >> 8), (byte)known.Reference, known.Total, known.Sequence] : [];
        var esmClass = (byte)(part.HasUserDataHeader ? 0x40 : 0);
        return [sender, esmClass, coding, (byte)part.ShortMessage.Length, (byte)sar.Length, .. sar, .. part.ShortMessage.Span];
    }

    static IEnumerable<(byte Sender, ReceivedPart Part)> PartsOf(byte[] octets)
    {
        for (var at = 0; at + 5 <= octets.Length; )
        {
            var (sender, esmClass, coding, length, sar) = (octets[at], octets[at + 1], octets[at + 2], octets[at + 3], octets[at + 4]);
            at += 5;
            var tlvs = TlvList.Empty;
            if (sar >= 4 && at + 4 <= octets.Length)
            {
                tlvs = tlvs.WithUInt16(TlvTag.SarMsgRefNum, BinaryPrimitives.ReadUInt16BigEndian(octets.AsSpan(at)))
                    .WithByte(TlvTag.SarTotalSegments, octets[at + 2])
                    .WithByte(TlvTag.SarSegmentSeqnum, octets[at + 3]);
                at += 4;
            }
            var content = octets.AsMemory(at, Math.Min(length, octets.Length - at));
            at += content.Length;
            yield return (sender, ReceivedPart.Of(esmClass, coding, content, tlvs));
        }
    }
}
