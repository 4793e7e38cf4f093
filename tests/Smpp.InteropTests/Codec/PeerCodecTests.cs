using System.Globalization;
using System.Text.Json;
using Smpp.Tlvs;
using Smpp.Wire;
using Testing;
using Xunit;

namespace Smpp.InteropTests.Codec;

/// <summary>The npm package smpp reads what we write, and writes what we read.</summary>
public sealed class PeerCodecTests(PeerCodecTests.Answers answers) : IClassFixture<PeerCodecTests.Answers>
{
    // It reads and writes two octets of source_telematics_id, which has one (section 4.8.4.58), and keeps one TLV of a tag it does not know.
    static readonly Sample[] samples =
    [
        .. Samples.All.Where(sample => !sample.Fields.Any(field => field.Name == "source_telematics_id" || char.IsDigit(field.Name[0]))),
    ];

    public static TheoryData<string> Names => new(samples.Select(sample => sample.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void It_reads_what_we_write_field_by_field(string name)
    {
        var (sample, sequence) = Find(name);
        var pdu = answers.Decoded[(int)sequence - 1];

        Assert.Equal(sample.Command, pdu.GetProperty("command").GetString());
        Assert.Equal((uint)sample.Status, pdu.GetProperty("status").GetUInt32());
        Assert.Equal(sequence, pdu.GetProperty("sequence").GetUInt32());
        var fields = pdu.GetProperty("fields").EnumerateArray().ToLookup(pair => pair[0].GetString()!, pair => pair[1]);
        var seen = new Dictionary<string, int>();
        foreach (var (field, value) in sample.Fields)
        {
            var nth = seen[field] = seen.GetValueOrDefault(field) + 1;
            Assert.Equal(Form(value), Form(fields[field].ElementAt(nth - 1), value));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void We_read_what_it_writes_and_would_have_written_the_same(string name)
    {
        var (sample, sequence) = Find(name);
        var octets = Convert.FromHexString(answers.Encoded[(int)sequence - 1].GetProperty("octets").GetString()!["hex:".Length..]);
        var header = new PduHeader((uint)octets.Length, sample.Pdu.CommandId, sample.Status, sequence);

        Assert.True(PduCodec.TryRead(header, octets.AsSpan(PduHeader.Size), 256, out var pdu, out var fault), $"{fault}");
        var ours = RawPeer.Bytes(sample.Pdu, sequence);
        if (sample.Fields is [.., ("broadcast_end_time", string time)])
        {
            // It leaves out the NUL, which we add, and understand without.
            Assert.Equal(ours.Length - 1, octets.Length);
            Assert.Equal(time, Assert.IsType<Pdus.DataSm>(pdu).Tlvs.GetString(TlvTag.BroadcastEndTime));
            return;
        }
        Assert.Equal(Convert.ToHexString(ours), Convert.ToHexString(octets));
        Assert.Equal(ours, RawPeer.Bytes(pdu!, sequence));
    }

    [Fact]
    public void Every_command_is_among_the_samples()
    {
        Assert.Equal(Enum.GetValues<CommandId>().Order(), samples.Select(sample => sample.Pdu.CommandId).Distinct().Order());
    }

    static (Sample Sample, uint Sequence) Find(string name)
    {
        var index = Array.FindIndex(samples, sample => sample.Name == name);
        return (samples[index], (uint)(index + 1));
    }

    static string Form(object value) =>
        value switch
        {
            byte[] octets => Convert.ToHexStringLower(octets),
            int number => number.ToString(CultureInfo.InvariantCulture),
            _ => (string)value,
        };

    // It holds some octet strings as numbers or as text; a string of a TLV may come with its NUL.
    static string Form(JsonElement answer, object expected) =>
        (answer.ValueKind, expected) switch
        {
            (JsonValueKind.Number, byte[] octets) => answer.GetInt64().ToString($"x{octets.Length * 2}", CultureInfo.InvariantCulture),
            (JsonValueKind.Number, _) => answer.GetInt64().ToString(CultureInfo.InvariantCulture),
            (_, byte[]) when answer.GetString() is { } text && !text.StartsWith("hex:", StringComparison.Ordinal) =>
                Convert.ToHexStringLower(System.Text.Encoding.Latin1.GetBytes(text)),
            (_, byte[]) => answer.GetString()!["hex:".Length..],
            _ => answer.GetString()!.TrimEnd('\0'),
        };

    /// <summary>Its answers about every sample.</summary>
    public sealed class Answers : IAsyncLifetime
    {
        internal IReadOnlyList<JsonElement> Decoded { get; private set; } = [];

        internal IReadOnlyList<JsonElement> Encoded { get; private set; } = [];

        public async Task InitializeAsync()
        {
            Decoded = await PeerCodec.AskAsync(
                samples.Select((sample, i) => new { op = "decode", octets = Hex(RawPeer.Bytes(sample.Pdu, (uint)(i + 1))) })
            );
            Encoded = await PeerCodec.AskAsync(
                samples.Select(
                    (sample, i) =>
                        new
                        {
                            op = "encode",
                            command = sample.Command,
                            status = (uint)sample.Status,
                            sequence = i + 1,
                            fields = sample.Fields.Select(field =>
                                new[] { field.Name, field.Value is byte[] octets ? Hex(octets) : field.Value }
                            ),
                        }
                )
            );
        }

        public Task DisposeAsync() => Task.CompletedTask;

        static string Hex(byte[] octets) => $"hex:{Convert.ToHexStringLower(octets)}";
    }
}
