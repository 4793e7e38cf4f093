using Smpp.Tlvs;

namespace Smpp.Tests.Spec;

/// <param name="Tag">The tag, section 4.8.1.</param>
/// <param name="Name">The specification's name.</param>
/// <param name="Kind">How the value is written.</param>
/// <param name="Min">Octets of the value, at least.</param>
/// <param name="Max">Octets of the value, at most.</param>
internal sealed record TlvRow(ushort Tag, string Name, TlvKind Kind, int Min, int Max);

/// <summary>
/// The TLVs of SMPP 5.0 in the order of section 4.8.4 (alphabetical there, by tag in the codec), transcribed from the specification and not
/// from the codec. Where 3.4 has another length, both are allowed and it is said.
/// </summary>
internal static class TlvTables
{
    public static IReadOnlyList<TlvRow> All { get; } =
    [
        new(0x001D, "additional_status_info_text", TlvKind.CString, 1, 256),
        new(0x130C, "alert_on_message_delivery", TlvKind.Octets, 0, 1), // 3.4: no value
        new(0x060B, "billing_identification", TlvKind.Octets, 1, 1024),
        new(0x0606, "broadcast_area_identifier", TlvKind.Octets, 1, 100),
        new(0x0608, "broadcast_area_success", TlvKind.Integer, 1, 1),
        new(0x0602, "broadcast_content_type_info", TlvKind.Octets, 0, 255),
        new(0x0600, "broadcast_channel_indicator", TlvKind.Integer, 1, 1),
        new(0x0601, "broadcast_content_type", TlvKind.Octets, 3, 3),
        new(0x0609, "broadcast_end_time", TlvKind.CString, 1, 17),
        new(0x0607, "broadcast_error_status", TlvKind.Integer, 4, 4),
        new(0x0605, "broadcast_frequency_interval", TlvKind.Octets, 3, 3),
        new(0x0603, "broadcast_message_class", TlvKind.Integer, 1, 1),
        new(0x0604, "broadcast_rep_num", TlvKind.Integer, 2, 2),
        new(0x060A, "broadcast_service_group", TlvKind.Octets, 1, 255),
        new(0x0381, "callback_num", TlvKind.Octets, 4, 19),
        new(0x0303, "callback_num_atag", TlvKind.Octets, 0, 65),
        new(0x0302, "callback_num_pres_ind", TlvKind.Integer, 1, 1),
        new(0x0428, "congestion_state", TlvKind.Integer, 1, 1),
        new(0x0425, "delivery_failure_reason", TlvKind.Integer, 1, 1),
        new(0x0613, "dest_addr_np_country", TlvKind.Octets, 1, 5),
        new(0x0612, "dest_addr_np_information", TlvKind.Octets, 10, 10),
        new(0x0611, "dest_addr_np_resolution", TlvKind.Integer, 1, 1),
        new(0x0005, "dest_addr_subunit", TlvKind.Integer, 1, 1),
        new(0x0007, "dest_bearer_type", TlvKind.Integer, 1, 1),
        new(0x060E, "dest_network_id", TlvKind.CString, 7, 65),
        new(0x0006, "dest_network_type", TlvKind.Integer, 1, 1),
        new(0x0610, "dest_node_id", TlvKind.Octets, 6, 6),
        new(0x0203, "dest_subaddress", TlvKind.Octets, 2, 23),
        new(0x0008, "dest_telematics_id", TlvKind.Integer, 2, 2),
        new(0x020B, "destination_port", TlvKind.Integer, 2, 2),
        new(0x1201, "display_time", TlvKind.Integer, 1, 1),
        new(0x0420, "dpf_result", TlvKind.Integer, 1, 1),
        new(0x1380, "its_reply_type", TlvKind.Integer, 1, 1),
        new(0x1383, "its_session_info", TlvKind.Octets, 2, 2),
        new(0x020D, "language_indicator", TlvKind.Integer, 1, 1),
        new(0x0424, "message_payload", TlvKind.Octets, 0, 65535),
        new(0x0427, "message_state", TlvKind.Integer, 1, 1),
        new(0x0426, "more_messages_to_send", TlvKind.Integer, 1, 1),
        new(0x0422, "ms_availability_status", TlvKind.Integer, 1, 1),
        new(0x0030, "ms_msg_wait_facilities", TlvKind.Integer, 1, 1),
        new(0x1204, "ms_validity", TlvKind.Octets, 1, 4), // 3.4: one octet
        new(0x0423, "network_error_code", TlvKind.Octets, 3, 3),
        new(0x0304, "number_of_messages", TlvKind.Integer, 1, 1),
        new(0x0019, "payload_type", TlvKind.Integer, 1, 1),
        new(0x0201, "privacy_indicator", TlvKind.Integer, 1, 1),
        new(0x0017, "qos_time_to_live", TlvKind.Integer, 4, 4),
        new(0x001E, "receipted_message_id", TlvKind.CString, 1, 65),
        new(0x020C, "sar_msg_ref_num", TlvKind.Integer, 2, 2),
        new(0x020F, "sar_segment_seqnum", TlvKind.Integer, 1, 1),
        new(0x020E, "sar_total_segments", TlvKind.Integer, 1, 1),
        new(0x0210, "sc_interface_version", TlvKind.Integer, 1, 1),
        new(0x0421, "set_dpf", TlvKind.Integer, 1, 1),
        new(0x1203, "sms_signal", TlvKind.Integer, 2, 2),
        new(0x000D, "source_addr_subunit", TlvKind.Integer, 1, 1),
        new(0x000F, "source_bearer_type", TlvKind.Integer, 1, 1),
        new(0x060D, "source_network_id", TlvKind.CString, 7, 65),
        new(0x000E, "source_network_type", TlvKind.Integer, 1, 1),
        new(0x060F, "source_node_id", TlvKind.Octets, 6, 6),
        new(0x020A, "source_port", TlvKind.Integer, 2, 2),
        new(0x0202, "source_subaddress", TlvKind.Octets, 2, 23),
        new(0x0010, "source_telematics_id", TlvKind.Integer, 1, 1),
        new(0x0204, "user_message_reference", TlvKind.Integer, 2, 2),
        new(0x0205, "user_response_code", TlvKind.Integer, 1, 1),
        new(0x0501, "ussd_service_op", TlvKind.Octets, 1, 1),
    ];
}
