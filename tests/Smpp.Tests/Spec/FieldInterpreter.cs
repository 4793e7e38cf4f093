using System.Text;

namespace Smpp.Tests.Spec;

/// <summary>Reads and makes bodies by the tables, one octet at a time: slow and plain.</summary>
internal static class FieldInterpreter
{
    public const int MaxTlvs = 256;

    /// <summary>The fields of a body by name; null when the tables do not allow it.</summary>
    public static Dictionary<string, object>? Parse(CommandId command, byte[] body) => Parse(command, body, out _);

    /// <summary>The fields of a body by name; null when the tables do not allow it: <paramref name="wrong"/> is then the first that is wrong.</summary>
    public static Dictionary<string, object>? Parse(CommandId command, byte[] body, out Field? wrong)
    {
        wrong = null;
        var values = new Dictionary<string, object>();
        var octets = new Queue<byte>(body);
        if (command.IsResponse() && body.Length == 0)
        {
            return values; // a response may come without a body
        }
        foreach (var field in FieldTables.All[command])
        {
            if (!TryParse(field, octets, values))
            {
                wrong = field;
                return null;
            }
        }
        return values; // octets behind a PDU without TLVs are ignored
    }

    public static byte[] Generate(CommandId command, Random random)
    {
        var body = new List<byte>();
        foreach (var field in FieldTables.All[command])
        {
            switch (field.Kind)
            {
                case FieldKind.Integer:
                    body.AddRange(Some(random, 1));
                    break;
                case FieldKind.CString:
                    AddString(
                        body,
                        random,
                        random.Next(3) switch
                        {
                            0 => 0,
                            1 => field.Size - 1,
                            _ => random.Next(field.Size),
                        }
                    );
                    break;
                case FieldKind.Time:
                    AddString(body, random, random.Next(2) * 16);
                    break;
                case FieldKind.Message:
                    var message = Some(random, random.Next(256));
                    body.Add((byte)message.Length);
                    body.AddRange(message);
                    break;
                case FieldKind.Destinations:
                    AddDestinations(body, random);
                    break;
                case FieldKind.Unsuccessful:
                    var count = random.Next(4);
                    body.Add((byte)count);
                    for (var i = 0; i < count; i++)
                    {
                        body.AddRange(Some(random, 2));
                        AddString(body, random, random.Next(21));
                        body.AddRange(Some(random, 4));
                    }
                    break;
                case FieldKind.Tlvs:
                    for (var i = random.Next(5); i > 0; i--)
                    {
                        var value = Some(random, random.Next(20));
                        body.AddRange(Some(random, 2));
                        body.AddRange([0, (byte)value.Length]);
                        body.AddRange(value);
                    }
                    break;
            }
        }
        return [.. body];
    }

    static bool TryParse(Field field, Queue<byte> octets, Dictionary<string, object> values)
    {
        switch (field.Kind)
        {
            case FieldKind.Integer:
                return octets.TryDequeue(out var integer) && values.TryAdd(field.Name, integer);
            case FieldKind.CString:
                return TakeString(octets, field.Size) is { } text && values.TryAdd(field.Name, text);
            case FieldKind.Time:
                return TakeString(octets, field.Size) is { Length: 0 or 16 } time && values.TryAdd(field.Name, time);
            case FieldKind.Message:
                return octets.TryDequeue(out var length) && Take(octets, length) is { } message && values.TryAdd(field.Name, message);
            case FieldKind.Destinations:
                return TakeDestinations(octets) is { } destinations && values.TryAdd(field.Name, destinations);
            case FieldKind.Unsuccessful:
                return TakeUnsuccessful(octets) is { } unsuccessful && values.TryAdd(field.Name, unsuccessful);
            default:
                values[field.Name] = octets.ToArray();
                return TakeTlvs(octets);
        }
    }

    // As "ton/npi/address" or "list name", for comparison.
    static string[]? TakeDestinations(Queue<byte> octets)
    {
        if (!octets.TryDequeue(out var count) || count == 0)
        {
            return null;
        }
        var taken = new string[count];
        for (var i = 0; i < count; i++)
        {
            var destination = !octets.TryDequeue(out var flag)
                ? null
                : flag switch
                {
                    1 => TakeAddress(octets),
                    2 => TakeString(octets, 21),
                    _ => null,
                };
            if (destination is null)
            {
                return null;
            }
            taken[i] = destination;
        }
        return taken;
    }

    // As "ton/npi/address status".
    static string[]? TakeUnsuccessful(Queue<byte> octets)
    {
        if (!octets.TryDequeue(out var count))
        {
            return null;
        }
        var taken = new string[count];
        for (var i = 0; i < count; i++)
        {
            if (TakeAddress(octets) is not { } address || Take(octets, 4) is not { } status)
            {
                return null;
            }
            taken[i] = $"{address} {Convert.ToHexString(status)}";
        }
        return taken;
    }

    static string? TakeAddress(Queue<byte> octets) =>
        Take(octets, 2) is { } kind && TakeString(octets, 21) is { } digits ? $"{kind[0]}/{kind[1]}/{digits}" : null;

    static bool TakeTlvs(Queue<byte> octets)
    {
        for (var count = 0; octets.Count > 0; count++)
        {
            if (count == MaxTlvs || Take(octets, 4) is not { } header || Take(octets, (header[2] << 8) + header[3]) is null)
            {
                return false;
            }
        }
        return true;
    }

    static byte[]? Take(Queue<byte> octets, int count)
    {
        var taken = new byte[count];
        for (var i = 0; i < count; i++)
        {
            if (!octets.TryDequeue(out taken[i]))
            {
                return null;
            }
        }
        return taken;
    }

    static string? TakeString(Queue<byte> octets, int size)
    {
        var taken = new StringBuilder();
        while (taken.Length < size && octets.TryDequeue(out var octet))
        {
            if (octet == 0)
            {
                return taken.ToString();
            }
            taken.Append((char)octet);
        }
        return null;
    }

    static void AddDestinations(List<byte> body, Random random)
    {
        var count = random.Next(1, 5);
        body.Add((byte)count);
        for (var i = 0; i < count; i++)
        {
            var list = random.Next(2) == 1;
            body.AddRange(list ? [2] : [1, .. Some(random, 2)]);
            AddString(body, random, random.Next(21));
        }
    }

    static void AddString(List<byte> body, Random random, int length)
    {
        for (var i = 0; i < length; i++)
        {
            body.Add((byte)random.Next(1, 256)); // any octet but NUL: Latin-1 must round-trip
        }
        body.Add(0);
    }

    static byte[] Some(Random random, int count)
    {
        var octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }
}
