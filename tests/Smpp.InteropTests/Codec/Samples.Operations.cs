using Smpp.Pdus;

namespace Smpp.InteropTests.Codec;

/// <content>What is delivered, asked about, changed, cancelled and broadcast.</content>
internal static partial class Samples
{
    static readonly byte[] receiptText =
        "id:0193a5b2 sub:001 dlvrd:001 submit date:2611210543 done date:2611210544 stat:DELIVRD err:000 text:Hello"u8.ToArray();

    static IEnumerable<Sample> Delivery() =>
        [
            new(
                "deliver_sm, a receipt",
                new DeliverSm
                {
                    Source = new Address(1, 1, "491700000001"),
                    Destination = new Address(5, 0, "Bank"),
                    EsmClass = 4,
                    DataCoding = 4,
                    ShortMessage = receiptText,
                    Tlvs = Sample.TlvsOf(("receipted_message_id", "0193a5b2"), ("message_state", 2)),
                },
                ("source_addr_ton", 1),
                ("source_addr_npi", 1),
                ("source_addr", "491700000001"),
                ("dest_addr_ton", 5),
                ("dest_addr_npi", 0),
                ("destination_addr", "Bank"),
                ("esm_class", 4),
                ("data_coding", 4),
                ("short_message", receiptText),
                ("receipted_message_id", "0193a5b2"),
                ("message_state", 2)
            ),
            new("deliver_sm_resp", DeliverSmResp.Ok, ("message_id", "")),
            new("deliver_sm refused", DeliverSmResp.Rejected(CommandStatus.RxTAppn)),
        ];

    static IEnumerable<Sample> Ancillary() =>
        [
            new(
                "query_sm",
                new QuerySm { MessageId = "0193a5b2", Source = new Address(5, 0, "Bank") },
                ("message_id", "0193a5b2"),
                ("source_addr_ton", 5),
                ("source_addr_npi", 0),
                ("source_addr", "Bank")
            ),
            new(
                "query_sm_resp",
                new QuerySmResp
                {
                    MessageId = "0193a5b2",
                    FinalDate = Absolute,
                    MessageState = 2,
                    ErrorCode = 7,
                },
                ("message_id", "0193a5b2"),
                ("final_date", Absolute),
                ("message_state", 2),
                ("error_code", 7)
            ),
            new("query_sm refused", QuerySmResp.Rejected(CommandStatus.QueryFail)),
            new(
                "cancel_sm",
                new CancelSm
                {
                    ServiceType = "CMT",
                    MessageId = "0193a5b2",
                    Source = new Address(5, 0, "Bank"),
                    Destination = new Address(1, 1, "491700000001"),
                },
                ("service_type", "CMT"),
                ("message_id", "0193a5b2"),
                ("source_addr_ton", 5),
                ("source_addr_npi", 0),
                ("source_addr", "Bank"),
                ("dest_addr_ton", 1),
                ("dest_addr_npi", 1),
                ("destination_addr", "491700000001")
            ),
            new("cancel_sm_resp", CancelSmResp.Ok),
            new(
                "replace_sm",
                new ReplaceSm
                {
                    MessageId = "0193a5b2",
                    Source = new Address(5, 0, "Bank"),
                    ScheduleDeliveryTime = Relative,
                    ValidityPeriod = Absolute,
                    RegisteredDelivery = 1,
                    SmDefaultMsgId = 9,
                    ShortMessage = hello,
                },
                ("message_id", "0193a5b2"),
                ("source_addr_ton", 5),
                ("source_addr_npi", 0),
                ("source_addr", "Bank"),
                ("schedule_delivery_time", Relative),
                ("validity_period", Absolute),
                ("registered_delivery", 1),
                ("sm_default_msg_id", 9),
                ("short_message", hello)
            ),
            new("replace_sm_resp", ReplaceSmResp.Ok),
        ];

    static IEnumerable<Sample> Broadcast() =>
        [
            BroadcastSample("broadcast_sm"),
            BroadcastSample("broadcast_sm with its repetitions", ("broadcast_rep_num", 3)),
            new(
                "broadcast_sm_resp",
                BroadcastSmResp.Accepted("b-1") with
                {
                    Tlvs = Sample.TlvsOf(("broadcast_error_status", 0x109), ("broadcast_area_identifier", new byte[] { 1, 0x43 })),
                },
                ("message_id", "b-1"),
                ("broadcast_error_status", 0x109),
                ("broadcast_area_identifier", new byte[] { 1, 0x43 })
            ),
            new(
                "query_broadcast_sm",
                new QueryBroadcastSm
                {
                    MessageId = "b-1",
                    Source = new Address(5, 0, "Weather"),
                    Tlvs = Sample.TlvsOf(("user_message_reference", 7)),
                },
                ("message_id", "b-1"),
                ("source_addr_ton", 5),
                ("source_addr_npi", 0),
                ("source_addr", "Weather"),
                ("user_message_reference", 7)
            ),
            new(
                "query_broadcast_sm_resp",
                new QueryBroadcastSmResp
                {
                    MessageId = "b-1",
                    Tlvs = Sample.TlvsOf(
                        ("message_state", 2),
                        ("broadcast_area_identifier", new byte[] { 1, 0x43 }),
                        ("broadcast_area_success", 95)
                    ),
                },
                ("message_id", "b-1"),
                ("message_state", 2),
                ("broadcast_area_identifier", new byte[] { 1, 0x43 }),
                ("broadcast_area_success", 95)
            ),
            new(
                "cancel_broadcast_sm",
                new CancelBroadcastSm
                {
                    ServiceType = "CBS",
                    MessageId = "b-1",
                    Source = new Address(5, 0, "Weather"),
                    Tlvs = Sample.TlvsOf(("broadcast_content_type", new byte[] { 1, 0, 0x20 })),
                },
                ("service_type", "CBS"),
                ("message_id", "b-1"),
                ("source_addr_ton", 5),
                ("source_addr_npi", 0),
                ("source_addr", "Weather"),
                ("broadcast_content_type", new byte[] { 1, 0, 0x20 })
            ),
            new("cancel_broadcast_sm_resp", CancelBroadcastSmResp.Ok),
        ];

    static Sample BroadcastSample(string name, params (string Name, object Value)[] more)
    {
        (string Name, object Value)[] tlvs =
        [
            ("broadcast_area_identifier", new byte[] { 0, 0x41, 0x42 }),
            ("broadcast_area_identifier", new byte[] { 1, 0x43 }),
            ("broadcast_content_type", new byte[] { 1, 0, 0x20 }),
            ("broadcast_frequency_interval", new byte[] { 9, 0, 5 }),
            .. more,
        ];
        return new(
            name,
            new BroadcastSm
            {
                ServiceType = "CBS",
                Source = new Address(5, 0, "Weather"),
                MessageId = "b-1",
                PriorityFlag = 1,
                ScheduleDeliveryTime = Absolute,
                ValidityPeriod = Relative,
                ReplaceIfPresentFlag = 1,
                DataCoding = 4,
                SmDefaultMsgId = 9,
                Tlvs = Sample.TlvsOf(tlvs),
            },
            [
                ("service_type", "CBS"),
                ("source_addr_ton", 5),
                ("source_addr_npi", 0),
                ("source_addr", "Weather"),
                ("message_id", "b-1"),
                ("priority_flag", 1),
                ("schedule_delivery_time", Absolute),
                ("validity_period", Relative),
                ("replace_if_present_flag", 1),
                ("data_coding", 4),
                ("sm_default_msg_id", 9),
                .. tlvs,
            ]
        );
    }
}
