using Smpp.Pdus;
using Smpp.Tlvs;

namespace Smpp.InteropTests.Codec;

/// <summary>A PDU of ours beside its fields by the specification's names, stated once more for those who decode it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Pdu">The PDU.</param>
/// <param name="Fields">
/// Its fields and TLVs in the order of the octets. A number, a string (times too), or octets; a name may come more than once.
/// </param>
internal sealed record Sample(string Name, IPdu Pdu, params (string Name, object Value)[] Fields)
{
    /// <summary>The specification's name of the command.</summary>
    public string Command =>
        string.Concat(Pdu.CommandId.ToString().Select((letter, i) => i > 0 && char.IsUpper(letter) ? $"_{letter}" : letter.ToString()))
            .ToLowerInvariant();

    public CommandStatus Status => Pdu is IResponse response ? response.Status : CommandStatus.Ok;

    public override string ToString() => Name;

    /// <summary>The TLVs as the codec takes them, from the fields that are named as TLVs.</summary>
    public static TlvList TlvsOf(params (string Name, object Value)[] fields)
    {
        var tlvs = TlvList.Empty;
        foreach (var (name, value) in fields)
        {
            var format = KnownTlvs.All.Single(format => format.Name == name);
            tlvs = (value, format.Max) switch
            {
                (byte[] octets, _) => tlvs.Add(format.Tag, octets),
                (string text, _) => tlvs.WithCString(format.Tag, text),
                (int number, 1) => tlvs.Add(format.Tag, [(byte)number]),
                (int number, 2) => tlvs.Add(format.Tag, [(byte)(number >> 8), (byte)number]),
                (int number, _) => tlvs.Add(format.Tag, [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]),
                _ => throw new ArgumentException(name, nameof(fields)),
            };
        }
        return tlvs;
    }
}
