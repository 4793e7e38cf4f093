using System.Xml.Linq;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;
using Xunit;

namespace Smpp.InteropTests.Codec;

/// <summary>What we write, sent over loopback and captured there, as Wireshark's dissector reads it.</summary>
public sealed class DissectorTests(DissectorTests.Exchange exchange) : IClassFixture<DissectorTests.Exchange>
{
    // Wireshark (4.0) takes broadcast_rep_num for one octet, and calls what follows malformed. Section 4.8.4.13 has two, and so has the
    // npm package smpp, which reads these PDUs in PeerCodecTests.
    static readonly Sample[] samples = [.. Samples.All.Where(sample => !sample.Fields.Any(field => field.Name == "broadcast_rep_num"))];

    // Not shown by the dissector: the empty message_id of a deliver_sm_resp, and the parts of two TLVs, of which it tells the tag only.
    static readonly string[] untold = ["deliver_sm_resp message_id", "data_sm callback_num", "data_sm callback_num_atag"];

    public static TheoryData<string> Names => new(samples.Select(sample => sample.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pdu_is_dissected_field_by_field_as_it_was_written(string name)
    {
        var (sample, sequence) = Find(name);
        var pdu = exchange.Dissection.Pdus[sequence];

        Assert.Equal((uint)sample.Pdu.CommandId, pdu.Number("smpp.command_id"));
        if (sample.Pdu is IResponse response)
        {
            Assert.Equal((uint)response.Status, pdu.Number("smpp.command_status")); // of a request it is not shown
        }
        Assert.Equal(RawPeer.Bytes(sample.Pdu, sequence).Length, pdu.Number("smpp.command_length"));
        var seen = new Dictionary<string, int>();
        foreach (var (field, value) in sample.Fields)
        {
            var nth = seen[field] = seen.GetValueOrDefault(field) + 1;
            if (!untold.Contains($"{sample.Command} {field}"))
            {
                AssertField(pdu, field, nth - 1, value);
            }
        }
        Assert.Equal(sample.Fields.Count(IsVendors), pdu.All("smpp.vendor_op").Count());
    }

    [Fact]
    public void Nothing_is_malformed_and_every_pdu_is_there()
    {
        Assert.Empty(exchange.Dissection.Malformed);
        Assert.Equal(samples.Length, exchange.Dissection.Pdus.Count);
    }

    [Fact]
    public void Every_command_is_among_the_samples()
    {
        Assert.Equal(Enum.GetValues<CommandId>().Order(), samples.Select(sample => sample.Pdu.CommandId).Distinct().Order());
    }

    [Fact]
    public async Task The_capture_that_we_write_where_we_may_not_capture_says_the_same()
    {
        var written = await Tshark.DissectAsync(exchange.Octets.Written, exchange.Octets.Port);
        Assert.Empty(written.Malformed);
        Assert.Equal(exchange.Dissection.Pdus.Keys.Order(), written.Pdus.Keys.Order());
        Assert.All(written.Pdus, pdu => Assert.Equal(Shown(exchange.Dissection.Pdus[pdu.Key]), Shown(pdu.Value)));
    }

    static IEnumerable<string> Shown(DissectedPdu pdu) =>
        pdu.Fields.Select(field => $"{(string?)field.Attribute("name")} {(string?)field.Attribute("show")}");

    static (Sample Sample, uint Sequence) Find(string name)
    {
        var index = Array.FindIndex(samples, sample => sample.Name == name);
        return (samples[index], (uint)(index + 1));
    }

    static bool IsVendors((string Name, object Value) field) => char.IsDigit(field.Name[0]);

    static void AssertField(DissectedPdu pdu, string name, int nth, object value)
    {
        switch (value)
        {
            case int number:
                Assert.Equal(number, DissectedPdu.Number(Field(pdu, NamesOf(name)[0], nth)));
                break;
            case string { Length: 16 } time when time is Samples.Absolute or Samples.Relative:
                // 18:30 an hour ahead of UTC, and two days.
                Assert.Equal(
                    time == Samples.Absolute ? "Dec 24, 2026 17:30:00.000000000 UTC" : "172800.000000000",
                    (string?)Field(pdu, $"smpp.{name}{(time == Samples.Absolute ? "" : "_r")}", nth).Attribute("show")
                );
                break;
            case string text:
                Assert.Equal(text, (string?)Field(pdu, NamesOf(name)[0], nth).Attribute("show"));
                break;
            case byte[] octets when name == "short_message":
                Assert.Equal(octets.Length, pdu.Number("smpp.sm_length"));
                Assert.Equal(
                    Convert.ToHexStringLower(octets),
                    octets.Length == 0 ? "" : DissectedPdu.Octets(Field(pdu, "smpp.message", 0))
                );
                break;
            case byte[] octets when IsVendors((name, value)):
                Assert.Contains(pdu.All("smpp.vendor_op"), field => DissectedPdu.Octets(field) == Convert.ToHexStringLower(octets));
                break;
            case byte[] octets:
                Assert.Equal(
                    Convert.ToHexStringLower(octets),
                    string.Concat(NamesOf(name).Select(part => DissectedPdu.Octets(Field(pdu, part, nth))))
                );
                break;
        }
    }

    static XElement Field(DissectedPdu pdu, string name, int nth)
    {
        var fields = pdu.All(name).ToArray();
        Assert.True(fields.Length > nth, $"{name} ({nth}) is not among {string.Join(' ', Shown(pdu))}");
        return fields[nth];
    }

    // The dissector's names, where they are not "smpp." and the specification's; several where it takes a value apart.
    static string[] NamesOf(string name) =>
        name switch
        {
            "esm_class" => ["smpp.esm.submit.msg_mode"],
            "registered_delivery" => ["smpp.regdel.receipt"],
            "sc_interface_version" => ["smpp.SC_interface_version"],
            "ms_msg_wait_facilities" => ["smpp.msg_wait.ind"],
            "callback_num_pres_ind" => ["smpp.callback_num.pres"],
            "network_error_code" => ["smpp.network_error.type", "smpp.network_error.code"],
            "broadcast_content_type" => ["smpp.broadcast_content_type.nw", "smpp.broadcast_content_type.type"],
            "broadcast_content_type_info" => ["smpp.broadcast_content_type.info"],
            "broadcast_frequency_interval" => ["smpp.broadcast_frequency_interval.unit", "smpp.broadcast_frequency_interval.value"],
            "billing_identification" => ["smpp.billing_id"],
            "dest_addr_np_information" => ["smpp.dest_addr_np_info"],
            "alert_on_message_delivery" => ["smpp.alert_on_message_delivery_type"],
            "its_session_info" => ["smpp.its_session.number", "smpp.its_session.sequence"],
            _ => [$"smpp.{name}"],
        };

    /// <summary>Every sample sent by the side that may send it, captured and dissected once for all tests.</summary>
    public sealed class Exchange : IAsyncLifetime
    {
        internal LoopbackExchange Octets { get; private set; } = null!;

        internal Dissection Dissection { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            var sides = samples
                .Select((sample, i) => (sample.Pdu.CommandId, Octets: RawPeer.Bytes(sample.Pdu, (uint)(i + 1))))
                .ToLookup(pdu => MaySend(SessionRole.Esme, pdu.CommandId), pdu => pdu.Octets);
            Octets = await LoopbackExchange.RunAsync(
                [.. sides[true].SelectMany(octets => octets)],
                [.. sides[false].SelectMany(octets => octets)]
            );
            Dissection = await Tshark.DissectAsync(Octets.Captured ?? Octets.Written, Octets.Port);
        }

        public Task DisposeAsync() => Task.CompletedTask;

        static bool MaySend(SessionRole role, CommandId command) =>
            Enum.GetValues<SessionState>().Any(state => SessionStates.Allows(state, role, command));
    }
}
