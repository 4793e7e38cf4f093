using System.Text;
using Smpp.Fuzz.Inputs;
using Smpp.Text;

namespace Smpp.Fuzz.Targets;

/// <summary>Times: a moment or none, and an absolute one comes back when it is written.</summary>
sealed class TimeTarget : FuzzTarget
{
    static readonly DateTimeOffset now = new(2026, 11, 21, 5, 43, 0, TimeSpan.Zero);
    static readonly byte[][] times =
    [
        [.. "261121120000004+"u8],
        [.. "991231235959948-"u8],
        [.. "000002000000000R"u8],
        [.. "991199995959900R"u8],
    ];

    public override string Name => "time";
    public override int Weight => 4;

    public override FuzzInput Make(Random random)
    {
        byte[] octets = [.. times[random.Next(times.Length)]];
        for (var i = random.Next(4); i > 0; i--)
        {
            if (random.Next(3) == 0)
            {
                octets = PduMutator.MutateAny(octets, random);
            }
            else if (octets.Length > 0)
            {
                octets[random.Next(octets.Length)] = (byte)('0' + random.Next(10));
            }
        }
        return new FuzzInput(octets, 0);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        var value = Encoding.Latin1.GetString(octets);
        if (!SmppTime.TryParse(value, now, out var moment))
        {
            FuzzFailure.Unless(moment is null, "a refused time has a moment");
            return Verdict(taken: false);
        }
        FuzzFailure.Unless(moment is null == (value.Length == 0), "no time and yet a moment, or the other way round");
        // Two digits hold a year of a century around now: a moment far from it is written as another.
        if (moment is { } known && known.UtcDateTime.Year / 100 == now.Year / 100 && known.UtcDateTime.Year - now.Year is > -25 and < 49)
        {
            FuzzFailure.Unless(SmppTime.TryParse(SmppTime.FormatAbsolute(known), now, out var again), "what was written is no time");
            FuzzFailure.Unless((known - again!.Value).Duration() < TimeSpan.FromMilliseconds(100), "written and read it has moved");
        }
        return Verdict(taken: true);
    }
}
