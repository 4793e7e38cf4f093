using System.Buffers.Binary;

namespace Smpp.Fuzz.Inputs;

/// <summary>Breaks a PDU in the ways in which peers break them: by field, then by octet.</summary>
static class PduMutator
{
    static readonly byte[] boundaries = [0x00, 0x01, 0x02, 0x7F, 0x80, 0xFE, 0xFF];
    static readonly long[] lengthErrors = [-16, -15, -4, -1, 1, 4, 16, 70 * 1024, 0x7FFFFFFF, 0xFFFFFFF0];

    /// <summary>A PDU, mutated; one in ten has only its octets changed, and a few are left as they are.</summary>
    public static byte[] Make(CommandId command, uint sequence, bool keepLength, Random random)
    {
        var pdu = WirePdu.Make(command, sequence, random);
        for (var i = random.Next(4); i > 0; i--)
        {
            MutateField(pdu, random);
        }
        if (!keepLength && random.Next(12) == 0)
        {
            pdu.LengthError = lengthErrors[random.Next(lengthErrors.Length)];
        }
        var octets = pdu.ToOctets();
        for (var i = random.Next(3); i > 0; i--)
        {
            octets = MutateOctets(octets, keepLength, random);
        }
        return octets;
    }

    /// <summary>Octets of any kind, changed in one place.</summary>
    public static byte[] MutateAny(byte[] octets, Random random)
    {
        if (octets.Length == 0)
        {
            return [(byte)random.Next(256)];
        }
        var at = random.Next(octets.Length);
        switch (random.Next(6))
        {
            case 0:
                octets[at] ^= (byte)(1 << random.Next(8));
                return octets;
            case 1:
                octets[at] = boundaries[random.Next(boundaries.Length)];
                return octets;
            case 2:
                octets[at] = (byte)random.Next(256);
                return octets;
            case 3:
                return octets[..at];
            case 4:
                var more = new byte[random.Next(1, 20)];
                random.NextBytes(more);
                return [.. octets.AsSpan(0, at), .. more, .. octets.AsSpan(at)];
            default:
                return [.. octets.AsSpan(0, at), .. octets.AsSpan(at + random.Next(octets.Length - at))];
        }
    }

    static byte[] MutateOctets(byte[] octets, bool keepLength, Random random)
    {
        var header = octets[..16];
        var mutated = random.Next(4) == 0 ? MutateAny(octets, random) : [.. header, .. MutateAny(octets[16..], random)];
        // Most of the time the frame still fits, so that the fault is met in the body and not before it.
        if (mutated.Length >= 4 && (keepLength || random.Next(8) != 0))
        {
            if (mutated.Length < 16)
            {
                mutated = [.. mutated, .. new byte[16 - mutated.Length]];
            }
            BinaryPrimitives.WriteUInt32BigEndian(mutated, (uint)mutated.Length);
        }
        return mutated.Length >= 16 ? mutated : header;
    }

    static void MutateField(WirePdu pdu, Random random)
    {
        if (random.Next(10) == 0 || pdu.Fields.Count == 0)
        {
            MutateHeader(pdu, random);
            return;
        }
        var at = random.Next(pdu.Fields.Count);
        var field = pdu.Fields[at];
        switch (random.Next(8))
        {
            case 0:
                pdu.Fields.RemoveAt(at);
                break;
            case 1:
                pdu.Fields.Insert(at, field);
                break;
            case 2:
                var other = random.Next(pdu.Fields.Count);
                (pdu.Fields[at], pdu.Fields[other]) = (pdu.Fields[other], field);
                break;
            case 3:
                Splice(pdu, at, random);
                break;
            case 4:
                for (var i = random.Next(10) == 0 ? random.Next(300) : 1; i > 0; i--)
                {
                    pdu.Fields.Add(WirePdu.Tlv(random));
                }
                break;
            default:
                pdu.Fields[at] = field with { Octets = Broken(field, random) };
                break;
        }
    }

    // The beginning of this PDU and the end of another one.
    static void Splice(WirePdu pdu, int at, Random random)
    {
        var other = WirePdu.Make(PduShape.Commands[random.Next(PduShape.Commands.Count)], pdu.Sequence, random);
        pdu.Fields.RemoveRange(at, pdu.Fields.Count - at);
        if (other.Fields.Count > 0)
        {
            pdu.Fields.AddRange(other.Fields.Skip(random.Next(other.Fields.Count)));
        }
    }

    static void MutateHeader(WirePdu pdu, Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                pdu.Command = PduShape.Commands[random.Next(PduShape.Commands.Count)];
                break;
            case 1:
                pdu.Command ^= (CommandId)0x80000000;
                break;
            case 2:
                pdu.Command = (CommandId)random.NextInt64(0x100000000);
                break;
            case 3:
                pdu.Status = (uint)random.NextInt64(0x100000000);
                break;
            default:
                pdu.Sequence = random.Next(3) switch
                {
                    0 => 0,
                    1 => 0xFFFFFFFF,
                    _ => (uint)random.NextInt64(0x100000000),
                };
                break;
        }
    }

    static byte[] Broken(WireField field, Random random)
    {
        var octets = field.Octets;
        if (octets.Length == 0)
        {
            return [(byte)random.Next(256)]; // broken before, and empty since
        }
        switch (field.Kind)
        {
            case FieldKind.CString or FieldKind.Time:
                return random.Next(4) switch
                {
                    0 => octets[..^1], // no terminator
                    1 => [.. new byte[field.Limit - 1 + random.Next(20)].Select(_ => (byte)'7'), 0], // around the limit, and beyond
                    2 => [.. octets.AsSpan(0, octets.Length / 2), 0, .. octets.AsSpan(octets.Length / 2)], // ends early
                    _ => [.. octets.AsSpan(0, octets.Length - 1), (byte)random.Next(128, 256), 0],
                };
            case FieldKind.Tlv when octets.Length >= 4:
                var length = BinaryPrimitives.ReadUInt16BigEndian(octets.AsSpan(2));
                int[] lengths = [0, length - 1, length + 1, length + 4, 0xFFFF, random.Next(0x10000)];
                octets = [.. octets];
                BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(2), (ushort)lengths[random.Next(lengths.Length)]);
                return octets;
            case FieldKind.ShortMessage:
                return random.Next(2) == 0 ? octets[..(octets.Length / 2)] : [.. octets, .. octets];
            default:
                // Lengths, counts, flags and all other integers: one off, or a boundary.
                return
                [
                    .. octets.AsSpan(0, octets.Length - 1),
                    random.Next(3) switch
                    {
                        0 => (byte)(octets[^1] + 1),
                        1 => (byte)(octets[^1] - 1),
                        _ => boundaries[random.Next(boundaries.Length)],
                    },
                ];
        }
    }
}
