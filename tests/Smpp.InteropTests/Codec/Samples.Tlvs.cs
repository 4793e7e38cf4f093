using Smpp.Pdus;
using Smpp.Tlvs;

namespace Smpp.InteropTests.Codec;

/// <content>A PDU for each TLV of the specification, and one with what the specification does not know.</content>
internal static partial class Samples
{
    static readonly (string Name, object Value)[] everyTlv =
    [
        ("dest_addr_subunit", 1),
        ("dest_network_type", 2),
        ("dest_bearer_type", 3),
        ("dest_telematics_id", 0x1234),
        ("source_addr_subunit", 4),
        ("source_network_type", 5),
        ("source_bearer_type", 6),
        ("source_telematics_id", 7),
        ("qos_time_to_live", 86400),
        ("payload_type", 1),
        ("additional_status_info_text", "because"),
        ("receipted_message_id", "0193a5b2"),
        ("ms_msg_wait_facilities", 0x82),
        ("privacy_indicator", 2),
        ("source_subaddress", new byte[] { 0x80, 1, 2 }),
        ("dest_subaddress", new byte[] { 0xA0, 3, 4 }),
        ("user_message_reference", 0xABCD),
        ("user_response_code", 8),
        ("source_port", 9200),
        ("destination_port", 2948),
        ("sar_msg_ref_num", 0x2A),
        ("language_indicator", 4),
        ("sar_total_segments", 3),
        ("sar_segment_seqnum", 2),
        ("sc_interface_version", 0x34),
        ("callback_num_pres_ind", 5),
        ("callback_num_atag", new byte[] { 0, 0x41, 0x42 }),
        ("number_of_messages", 9),
        ("callback_num", new byte[] { 1, 2, 8, 0x34, 0x32 }),
        ("dpf_result", 1),
        ("set_dpf", 1),
        ("ms_availability_status", 2),
        ("network_error_code", new byte[] { 3, 1, 2 }),
        ("message_payload", hello),
        ("delivery_failure_reason", 2),
        ("more_messages_to_send", 1),
        ("message_state", 5),
        ("congestion_state", 80),
        ("ussd_service_op", 2),
        ("broadcast_channel_indicator", 1),
        ("broadcast_content_type", new byte[] { 1, 0, 0x20 }),
        ("broadcast_content_type_info", new byte[] { 7, 8 }),
        ("broadcast_message_class", 2),
        ("broadcast_rep_num", 300),
        ("broadcast_frequency_interval", new byte[] { 9, 1, 5 }),
        ("broadcast_area_identifier", new byte[] { 1, 0x43 }),
        ("broadcast_error_status", 0x109),
        ("broadcast_area_success", 95),
        ("broadcast_end_time", Absolute),
        ("broadcast_service_group", new byte[] { 0x47, 0x48 }),
        ("billing_identification", new byte[] { 0x80, 9, 9 }),
        ("source_network_id", "2320101"),
        ("dest_network_id", "2320102"),
        ("source_node_id", "123456"u8.ToArray()),
        ("dest_node_id", "654321"u8.ToArray()),
        ("dest_addr_np_resolution", 2),
        ("dest_addr_np_information", "0123456789"u8.ToArray()),
        ("dest_addr_np_country", new byte[] { 0, 0, 0, 49 }),
        ("display_time", 1),
        ("sms_signal", 0x0102),
        ("ms_validity", new byte[] { 3 }),
        ("alert_on_message_delivery", new byte[] { 2 }),
        ("its_reply_type", 4),
        ("its_session_info", new byte[] { 9, 0x0B }),
    ];

    static IEnumerable<Sample> Tlvs() =>
        [
            .. from tlv in everyTlv
            select new Sample($"the TLV {tlv.Name}", new DataSm { DataCoding = 4, Tlvs = Sample.TlvsOf(tlv) }, ("data_coding", 4), tlv),
            new(
                "a vendor's TLVs",
                new DataSm { Tlvs = TlvList.Empty.Add((TlvTag)0x1400, "entity"u8).Add((TlvTag)0x1401, []).Add((TlvTag)0x1400, [0, 1]) },
                ("5120", "entity"u8.ToArray()),
                ("5121", Array.Empty<byte>()),
                ("5120", new byte[] { 0, 1 })
            ),
        ];
}
