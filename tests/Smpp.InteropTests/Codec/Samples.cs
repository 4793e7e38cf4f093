using Smpp.Pdus;

namespace Smpp.InteropTests.Codec;

/// <summary>At least one PDU of every kind that the codec writes.</summary>
internal static partial class Samples
{
    public const string Absolute = "261224183000004+"; // 2026-12-24 18:30:00, one hour ahead of UTC
    public const string Relative = "000002000000000R"; // two days

    static readonly byte[] hello = "Hello, world"u8.ToArray();

    // Concatenated: part 1 of 2, reference 0x2A (3GPP TS 23.040, 9.2.3.24.1).
    static readonly byte[] firstPart = [5, 0, 3, 0x2A, 2, 1, .. "part"u8];

    // Made on first use: the other parts of this class hold values of theirs.
    static readonly Lazy<IReadOnlyList<Sample>> all = new(() =>
        [.. Session(), .. Submission(), .. Delivery(), .. Ancillary(), .. Broadcast(), .. Tlvs()]
    );

    public static IReadOnlyList<Sample> All => all.Value;

    static IEnumerable<Sample> Session() =>
        [
            .. from mode in Enum.GetValues<BindMode>() select BindSample(mode),
            .. from mode in Enum.GetValues<BindMode>() select BindRespSample(mode),
            new("bind refused", BindResp.Rejected(CommandStatus.InvPaswd) with { Mode = BindMode.Transceiver }),
            new("outbind", new Outbind { SystemId = "smsc", Password = "secret" }, ("system_id", "smsc"), ("password", "secret")),
            new("unbind", Unbind.Instance),
            new("unbind_resp", UnbindResp.Ok),
            new("enquire_link", EnquireLink.Instance),
            new("enquire_link_resp", EnquireLinkResp.Ok),
            new("generic_nack", GenericNack.Rejected(CommandStatus.InvCmdId)),
            new(
                "alert_notification",
                new AlertNotification
                {
                    Source = new Address(1, 1, "491700000001"),
                    Esme = new Address(5, 0, "esme"),
                    Tlvs = Sample.TlvsOf(("ms_availability_status", 0)),
                },
                ("source_addr_ton", 1),
                ("source_addr_npi", 1),
                ("source_addr", "491700000001"),
                ("esme_addr_ton", 5),
                ("esme_addr_npi", 0),
                ("esme_addr", "esme"),
                ("ms_availability_status", 0)
            ),
        ];

    static Sample BindSample(BindMode mode) =>
        new(
            $"bind {mode}",
            new Bind
            {
                Mode = mode,
                SystemId = "esme",
                Password = "pass1234",
                SystemType = "VMA",
                InterfaceVersion = 0x50,
                AddressRange = new Address(1, 2, "^49"),
            },
            ("system_id", "esme"),
            ("password", "pass1234"),
            ("system_type", "VMA"),
            ("interface_version", 0x50),
            ("addr_ton", 1),
            ("addr_npi", 2),
            ("address_range", "^49")
        );

    static Sample BindRespSample(BindMode mode) =>
        new(
            $"bind_resp {mode}",
            BindResp.Accepted("smsc", 0x50) with
            {
                Mode = mode,
            },
            ("system_id", "smsc"),
            ("sc_interface_version", 0x50)
        );

    static IEnumerable<Sample> Submission() =>
        [
            new(
                "submit_sm",
                new SubmitSm
                {
                    ServiceType = "CMT",
                    Source = new Address(5, 0, "Bank"),
                    Destination = new Address(1, 1, "491700000001"),
                    EsmClass = 3,
                    ProtocolId = 0x41,
                    PriorityFlag = 2,
                    ScheduleDeliveryTime = Absolute,
                    ValidityPeriod = Relative,
                    RegisteredDelivery = 0x11,
                    ReplaceIfPresentFlag = 1,
                    DataCoding = 4,
                    SmDefaultMsgId = 9,
                    ShortMessage = hello,
                    Tlvs = Sample.TlvsOf(("user_message_reference", 0x1234)),
                },
                ("service_type", "CMT"),
                ("source_addr_ton", 5),
                ("source_addr_npi", 0),
                ("source_addr", "Bank"),
                ("dest_addr_ton", 1),
                ("dest_addr_npi", 1),
                ("destination_addr", "491700000001"),
                ("esm_class", 3),
                ("protocol_id", 0x41),
                ("priority_flag", 2),
                ("schedule_delivery_time", Absolute),
                ("validity_period", Relative),
                ("registered_delivery", 0x11),
                ("replace_if_present_flag", 1),
                ("data_coding", 4),
                ("sm_default_msg_id", 9),
                ("short_message", hello),
                ("user_message_reference", 0x1234)
            ),
            new(
                "submit_sm with a user data header",
                new SubmitSm
                {
                    Destination = new Address(1, 1, "491700000001"),
                    EsmClass = 0x40,
                    DataCoding = 4,
                    ShortMessage = firstPart,
                },
                ("source_addr", ""),
                ("dest_addr_ton", 1),
                ("dest_addr_npi", 1),
                ("destination_addr", "491700000001"),
                ("esm_class", 0x40),
                ("data_coding", 4),
                ("short_message", firstPart)
            ),
            new(
                "submit_sm with message_payload",
                new SubmitSm { DataCoding = 4, Tlvs = Sample.TlvsOf(("message_payload", new byte[3000])) },
                ("data_coding", 4),
                ("short_message", Array.Empty<byte>()),
                ("message_payload", new byte[3000])
            ),
            new("submit_sm_resp", SubmitSmResp.Accepted("0193a5b2c4d67e8f"), ("message_id", "0193a5b2c4d67e8f")),
            new("submit_sm refused", SubmitSmResp.Rejected(CommandStatus.Throttled)),
            new(
                "data_sm",
                new DataSm
                {
                    ServiceType = "WAP",
                    Source = new Address(1, 1, new string('4', 64)),
                    Destination = new Address(3, 8, new string('5', 64)),
                    EsmClass = 2,
                    RegisteredDelivery = 1,
                    DataCoding = 4,
                    Tlvs = Sample.TlvsOf(("message_payload", hello), ("source_port", 9200), ("destination_port", 2948)),
                },
                ("service_type", "WAP"),
                ("source_addr_ton", 1),
                ("source_addr_npi", 1),
                ("source_addr", new string('4', 64)),
                ("dest_addr_ton", 3),
                ("dest_addr_npi", 8),
                ("destination_addr", new string('5', 64)),
                ("esm_class", 2),
                ("registered_delivery", 1),
                ("data_coding", 4),
                ("message_payload", hello),
                ("source_port", 9200),
                ("destination_port", 2948)
            ),
            new(
                "data_sm_resp",
                DataSmResp.Accepted("77") with
                {
                    Tlvs = Sample.TlvsOf(("delivery_failure_reason", 3), ("network_error_code", new byte[] { 3, 0, 42 })),
                },
                ("message_id", "77"),
                ("delivery_failure_reason", 3),
                ("network_error_code", new byte[] { 3, 0, 42 })
            ),
            new(
                "submit_multi",
                new SubmitMulti
                {
                    Source = new Address(5, 0, "Bank"),
                    Destinations =
                    [
                        new(new Address(1, 1, "491700000001")),
                        new(default, "customers"),
                        new(new Address(2, 1, "1700000002")),
                    ],
                    RegisteredDelivery = 1,
                    DataCoding = 4,
                    ShortMessage = hello,
                },
                ("source_addr_ton", 5),
                ("source_addr", "Bank"),
                ("dest_addr_ton", 1),
                ("dest_addr_npi", 1),
                ("destination_addr", "491700000001"),
                ("dl_name", "customers"),
                ("dest_addr_ton", 2),
                ("dest_addr_npi", 1),
                ("destination_addr", "1700000002"),
                ("registered_delivery", 1),
                ("data_coding", 4),
                ("short_message", hello)
            ),
            new(
                "submit_multi_resp",
                SubmitMultiResp.Accepted(
                    "group-1",
                    new UnsuccessfulDestination(new Address(1, 1, "491700000001"), CommandStatus.InvDstAdr),
                    new UnsuccessfulDestination(new Address(2, 1, "1700000002"), CommandStatus.Throttled)
                ),
                ("message_id", "group-1"),
                ("dest_addr_ton", 1),
                ("dest_addr_npi", 1),
                ("destination_addr", "491700000001"),
                ("error_status_code", 0x0B),
                ("dest_addr_ton", 2),
                ("dest_addr_npi", 1),
                ("destination_addr", "1700000002"),
                ("error_status_code", 0x58)
            ),
        ];
}
