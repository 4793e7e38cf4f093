using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace Smpp.InteropTests.Codec;

/// <summary>Wireshark's SMPP dissector (Debian's tshark): a decoder that is not ours.</summary>
internal static class Tshark
{
    /// <summary>The PDUs of a capture by their sequence number, and every complaint of the dissector in words.</summary>
    public static async Task<Dissection> DissectAsync(byte[] capture, int port)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, capture);
            var start = new ProcessStartInfo("tshark", ["-n", "-r", file, "-d", $"tcp.port=={port},smpp", "-T", "pdml"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var complaints = process.StandardError.ReadToEndAsync(); // read on the side, so that neither pipe fills up
            var document = XDocument.Parse(await process.StandardOutput.ReadToEndAsync());
            await process.WaitForExitAsync();
            return process.ExitCode == 0
                ? new Dissection(document)
                : throw new InvalidOperationException($"tshark: {process.ExitCode}, {await complaints}");
        }
        finally
        {
            File.Delete(file);
        }
    }
}

/// <summary>What the dissector made of a capture.</summary>
internal sealed class Dissection
{
    public Dissection(XDocument document)
    {
        Pdus = document
            .Descendants("proto")
            .Where(proto => Name(proto) == "smpp")
            .Select(proto => new DissectedPdu([.. proto.Descendants("field")]))
            .ToDictionary(pdu => (uint)pdu.Number("smpp.sequence_number"));
        Malformed =
        [
            .. document
                .Descendants()
                .Where(element => Name(element).StartsWith("_ws.malformed", StringComparison.Ordinal))
                .Select(element => element.ToString()),
        ];
    }

    public IReadOnlyDictionary<uint, DissectedPdu> Pdus { get; }

    public IReadOnlyList<string> Malformed { get; }

    static string Name(XElement element) => (string?)element.Attribute("name") ?? "";
}

/// <summary>One dissected PDU.</summary>
/// <param name="Fields">Its fields in the order of the octets, nested ones behind their parents.</param>
internal sealed record DissectedPdu(IReadOnlyList<XElement> Fields)
{
    public IEnumerable<XElement> All(string name) => Fields.Where(field => (string?)field.Attribute("name") == name);

    /// <summary>The first field of that name as a number.</summary>
    public long Number(string name) => Number(All(name).First());

    /// <summary>A field as a number: of a group of bits, the whole octet that it is in.</summary>
    public static long Number(XElement field)
    {
        if ((string?)field.Attribute("unmaskedvalue") is { } octet)
        {
            return long.Parse(octet, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        var shown = (string)field.Attribute("show")!;
        return shown.StartsWith("0x", StringComparison.Ordinal)
            ? long.Parse(shown.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : long.Parse(shown, CultureInfo.InvariantCulture);
    }

    /// <summary>The octets of a field in hexadecimal digits: of a group of bits, the whole octet that it is in.</summary>
    public static string Octets(XElement field) => (string?)field.Attribute("unmaskedvalue") ?? (string?)field.Attribute("value") ?? "";
}
