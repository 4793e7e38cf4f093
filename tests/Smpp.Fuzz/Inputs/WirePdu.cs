using System.Buffers.Binary;

namespace Smpp.Fuzz.Inputs;

/// <summary>A PDU in the making: fields that become octets. Starts legal.</summary>
sealed class WirePdu
{
    const int HeaderSize = 16;

    static readonly string[] texts =
    [
        "hello",
        "code 4711, valid until tomorrow",
        "id:0123456789 sub:001 dlvrd:001 submit date:2611210543 done date:2611210544 stat:DELIVRD err:000 text:hello",
        "",
    ];

    static readonly ushort[] tags =
    [
        0x0005,
        0x001D,
        0x001E,
        0x0204,
        0x020A,
        0x020C,
        0x020E,
        0x020F,
        0x0210,
        0x0420,
        0x0423,
        0x0424,
        0x0427,
        0x0428,
        0x0601,
        0x0604,
        0x0606,
        0x1400,
        0x1501,
    ];

    public required CommandId Command { get; set; }
    public uint Status { get; set; }
    public required uint Sequence { get; set; }

    /// <summary>Added to the true command_length.</summary>
    public long LengthError { get; set; }

    public List<WireField> Fields { get; } = [];

    /// <summary>A legal PDU of this command.</summary>
    public static WirePdu Make(CommandId command, uint sequence, Random random)
    {
        var pdu = new WirePdu { Command = command, Sequence = sequence };
        if (((uint)command & 0x80000000) != 0 && random.Next(4) == 0)
        {
            pdu.Status = (uint)random.Next(1, 0x110);
            if (random.Next(2) == 0)
            {
                return pdu; // an error response has no body
            }
        }
        foreach (var code in PduShape.Of(command))
        {
            pdu.Add(code, random);
        }
        return pdu;
    }

    public byte[] ToOctets()
    {
        var length = HeaderSize;
        foreach (var field in Fields)
        {
            length += field.Octets.Length;
        }
        var octets = new byte[length];
        BinaryPrimitives.WriteUInt32BigEndian(octets, (uint)(length + LengthError));
        BinaryPrimitives.WriteUInt32BigEndian(octets.AsSpan(4), (uint)Command);
        BinaryPrimitives.WriteUInt32BigEndian(octets.AsSpan(8), Status);
        BinaryPrimitives.WriteUInt32BigEndian(octets.AsSpan(12), Sequence);
        var position = HeaderSize;
        foreach (var field in Fields)
        {
            field.Octets.CopyTo(octets, position);
            position += field.Octets.Length;
        }
        return octets;
    }

    /// <summary>A legal string of at most so many octets, NUL included.</summary>
    public static byte[] Text(int limit, Random random)
    {
        var octets = new byte[
            random.Next(4) switch
            {
                0 => 1,
                1 => limit,
                _ => random.Next(1, limit + 1),
            }
        ];
        for (var i = 0; i < octets.Length - 1; i++)
        {
            octets[i] = (byte)('0' + random.Next(10));
        }
        return octets;
    }

    /// <summary>A well-formed TLV.</summary>
    public static WireField Tlv(Random random)
    {
        var tag = random.Next(8) == 0 ? random.Next(0x10000) : tags[random.Next(tags.Length)];
        var length = random.Next(10) == 0 ? random.Next(300) : random.Next(6);
        var octets = new byte[4 + length];
        BinaryPrimitives.WriteUInt16BigEndian(octets, (ushort)tag);
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(2), (ushort)length);
        random.NextBytes(octets.AsSpan(4));
        return new WireField(FieldKind.Tlv, 0, octets);
    }

    void Add(string code, Random random)
    {
        var limit = code.Length > 1 ? int.Parse(code.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) : 0;
        switch (code[0])
        {
            case '1':
                AddOctet(FieldKind.Integer, random.Next(3) == 0 ? random.Next(256) : random.Next(5));
                break;
            case 'c':
                Fields.Add(new WireField(FieldKind.CString, limit, Text(limit, random)));
                break;
            case 'a':
                AddAddress(limit, random);
                break;
            case 't':
                AddTime(random);
                break;
            case 'm':
                AddMessage(random);
                break;
            case 'D':
                AddDestinations(random);
                break;
            case 'U':
                AddUnsuccessful(random);
                break;
            case 'v':
                for (var i = random.Next(3); i > 0; i--)
                {
                    Fields.Add(Tlv(random));
                }
                break;
            default:
                throw new ArgumentException($"There is no field code {code}.", nameof(code));
        }
    }

    void AddOctet(FieldKind kind, int value) => Fields.Add(new WireField(kind, 0, [(byte)value]));

    void AddAddress(int limit, Random random)
    {
        AddOctet(FieldKind.Integer, random.Next(7));
        AddOctet(FieldKind.Integer, random.Next(3));
        Fields.Add(new WireField(FieldKind.CString, limit, Text(limit, random)));
    }

    void AddTime(Random random)
    {
        byte[] time = random.Next(3) switch
        {
            0 => [.. "261121120000004+"u8, 0],
            1 => [.. "000002000000000R"u8, 0],
            _ => [0],
        };
        Fields.Add(new WireField(FieldKind.Time, 17, time));
    }

    void AddMessage(Random random)
    {
        byte[] content = random.Next(5) == 0 ? new byte[random.Next(256)] : [.. texts[random.Next(texts.Length)].Select(c => (byte)c)];
        AddOctet(FieldKind.SmLength, content.Length);
        Fields.Add(new WireField(FieldKind.ShortMessage, 0, content));
    }

    void AddDestinations(Random random)
    {
        var count = random.Next(8) == 0 ? random.Next(1, 256) : random.Next(1, 4);
        AddOctet(FieldKind.NumberOfDests, count);
        for (var i = 0; i < count; i++)
        {
            var list = random.Next(4) == 0;
            AddOctet(FieldKind.DestFlag, list ? 2 : 1);
            if (list)
            {
                Fields.Add(new WireField(FieldKind.CString, 21, Text(21, random)));
            }
            else
            {
                AddAddress(21, random);
            }
        }
    }

    void AddUnsuccessful(Random random)
    {
        var count = random.Next(3);
        AddOctet(FieldKind.NoUnsuccess, count);
        for (var i = 0; i < count; i++)
        {
            AddAddress(21, random);
            Fields.Add(new WireField(FieldKind.Integer, 0, [0, 0, 0, 11]));
        }
    }
}
