using System.Collections.Frozen;
using System.Globalization;

namespace Smpp.Tlvs;

/// <summary>How the value of a TLV is written.</summary>
public enum TlvKind
{
    /// <summary>A big-endian unsigned integer.</summary>
    Integer,

    /// <summary>A C-octet string, NUL at its end.</summary>
    CString,

    /// <summary>Octets.</summary>
    Octets,
}

/// <summary>One line of the table of known TLVs.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Name">The specification's name.</param>
/// <param name="Kind">How the value is written.</param>
/// <param name="Min">The smallest length of the value.</param>
/// <param name="Max">The greatest length of the value.</param>
public sealed record TlvFormat(TlvTag Tag, string Name, TlvKind Kind, int Min, int Max)
{
    /// <summary>Whether a value has this format. A C-octet string without its NUL passes: many SMSCs send receipted_message_id so.</summary>
    public bool Accepts(ReadOnlySpan<byte> value) => value.Length >= Min && value.Length <= Max;
}

/// <summary>The TLVs of SMPP 5.0 section 4.8.4.</summary>
public static class KnownTlvs
{
    /// <summary>Every known TLV, in the order of the tags.</summary>
    public static IReadOnlyList<TlvFormat> All { get; } =
    [
        new(TlvTag.DestAddrSubunit, "dest_addr_subunit", TlvKind.Integer, 1, 1),
        new(TlvTag.DestNetworkType, "dest_network_type", TlvKind.Integer, 1, 1),
        new(TlvTag.DestBearerType, "dest_bearer_type", TlvKind.Integer, 1, 1),
        new(TlvTag.DestTelematicsId, "dest_telematics_id", TlvKind.Integer, 2, 2),
        new(TlvTag.SourceAddrSubunit, "source_addr_subunit", TlvKind.Integer, 1, 1),
        new(TlvTag.SourceNetworkType, "source_network_type", TlvKind.Integer, 1, 1),
        new(TlvTag.SourceBearerType, "source_bearer_type", TlvKind.Integer, 1, 1),
        new(TlvTag.SourceTelematicsId, "source_telematics_id", TlvKind.Integer, 1, 1),
        new(TlvTag.QosTimeToLive, "qos_time_to_live", TlvKind.Integer, 4, 4),
        new(TlvTag.PayloadType, "payload_type", TlvKind.Integer, 1, 1),
        new(TlvTag.AdditionalStatusInfoText, "additional_status_info_text", TlvKind.CString, 1, 256),
        new(TlvTag.ReceiptedMessageId, "receipted_message_id", TlvKind.CString, 1, 65),
        new(TlvTag.MsMsgWaitFacilities, "ms_msg_wait_facilities", TlvKind.Integer, 1, 1),
        new(TlvTag.PrivacyIndicator, "privacy_indicator", TlvKind.Integer, 1, 1),
        new(TlvTag.SourceSubaddress, "source_subaddress", TlvKind.Octets, 2, 23),
        new(TlvTag.DestSubaddress, "dest_subaddress", TlvKind.Octets, 2, 23),
        new(TlvTag.UserMessageReference, "user_message_reference", TlvKind.Integer, 2, 2),
        new(TlvTag.UserResponseCode, "user_response_code", TlvKind.Integer, 1, 1),
        new(TlvTag.SourcePort, "source_port", TlvKind.Integer, 2, 2),
        new(TlvTag.DestinationPort, "destination_port", TlvKind.Integer, 2, 2),
        new(TlvTag.SarMsgRefNum, "sar_msg_ref_num", TlvKind.Integer, 2, 2),
        new(TlvTag.LanguageIndicator, "language_indicator", TlvKind.Integer, 1, 1),
        new(TlvTag.SarTotalSegments, "sar_total_segments", TlvKind.Integer, 1, 1),
        new(TlvTag.SarSegmentSeqnum, "sar_segment_seqnum", TlvKind.Integer, 1, 1),
        new(TlvTag.ScInterfaceVersion, "sc_interface_version", TlvKind.Integer, 1, 1),
        new(TlvTag.CallbackNumPresInd, "callback_num_pres_ind", TlvKind.Integer, 1, 1),
        new(TlvTag.CallbackNumAtag, "callback_num_atag", TlvKind.Octets, 0, 65),
        new(TlvTag.NumberOfMessages, "number_of_messages", TlvKind.Integer, 1, 1),
        new(TlvTag.CallbackNum, "callback_num", TlvKind.Octets, 4, 19),
        new(TlvTag.DpfResult, "dpf_result", TlvKind.Integer, 1, 1),
        new(TlvTag.SetDpf, "set_dpf", TlvKind.Integer, 1, 1),
        new(TlvTag.MsAvailabilityStatus, "ms_availability_status", TlvKind.Integer, 1, 1),
        new(TlvTag.NetworkErrorCode, "network_error_code", TlvKind.Octets, 3, 3),
        new(TlvTag.MessagePayload, "message_payload", TlvKind.Octets, 0, 65535),
        new(TlvTag.DeliveryFailureReason, "delivery_failure_reason", TlvKind.Integer, 1, 1),
        new(TlvTag.MoreMessagesToSend, "more_messages_to_send", TlvKind.Integer, 1, 1),
        new(TlvTag.MessageState, "message_state", TlvKind.Integer, 1, 1),
        new(TlvTag.CongestionState, "congestion_state", TlvKind.Integer, 1, 1),
        new(TlvTag.UssdServiceOp, "ussd_service_op", TlvKind.Octets, 1, 1),
        new(TlvTag.BroadcastChannelIndicator, "broadcast_channel_indicator", TlvKind.Integer, 1, 1),
        new(TlvTag.BroadcastContentType, "broadcast_content_type", TlvKind.Octets, 3, 3),
        new(TlvTag.BroadcastContentTypeInfo, "broadcast_content_type_info", TlvKind.Octets, 0, 255),
        new(TlvTag.BroadcastMessageClass, "broadcast_message_class", TlvKind.Integer, 1, 1),
        new(TlvTag.BroadcastRepNum, "broadcast_rep_num", TlvKind.Integer, 2, 2),
        new(TlvTag.BroadcastFrequencyInterval, "broadcast_frequency_interval", TlvKind.Octets, 3, 3),
        new(TlvTag.BroadcastAreaIdentifier, "broadcast_area_identifier", TlvKind.Octets, 1, 100),
        new(TlvTag.BroadcastErrorStatus, "broadcast_error_status", TlvKind.Integer, 4, 4),
        new(TlvTag.BroadcastAreaSuccess, "broadcast_area_success", TlvKind.Integer, 1, 1),
        new(TlvTag.BroadcastEndTime, "broadcast_end_time", TlvKind.CString, 1, 17),
        new(TlvTag.BroadcastServiceGroup, "broadcast_service_group", TlvKind.Octets, 1, 255),
        new(TlvTag.BillingIdentification, "billing_identification", TlvKind.Octets, 1, 1024),
        new(TlvTag.SourceNetworkId, "source_network_id", TlvKind.CString, 7, 65),
        new(TlvTag.DestNetworkId, "dest_network_id", TlvKind.CString, 7, 65),
        new(TlvTag.SourceNodeId, "source_node_id", TlvKind.Octets, 6, 6),
        new(TlvTag.DestNodeId, "dest_node_id", TlvKind.Octets, 6, 6),
        new(TlvTag.DestAddrNpResolution, "dest_addr_np_resolution", TlvKind.Integer, 1, 1),
        new(TlvTag.DestAddrNpInformation, "dest_addr_np_information", TlvKind.Octets, 10, 10),
        new(TlvTag.DestAddrNpCountry, "dest_addr_np_country", TlvKind.Octets, 1, 5),
        new(TlvTag.DisplayTime, "display_time", TlvKind.Integer, 1, 1),
        new(TlvTag.SmsSignal, "sms_signal", TlvKind.Integer, 2, 2),
        new(TlvTag.MsValidity, "ms_validity", TlvKind.Octets, 1, 4),
        new(TlvTag.AlertOnMessageDelivery, "alert_on_message_delivery", TlvKind.Octets, 0, 1),
        new(TlvTag.ItsReplyType, "its_reply_type", TlvKind.Integer, 1, 1),
        new(TlvTag.ItsSessionInfo, "its_session_info", TlvKind.Octets, 2, 2),
    ];

    static readonly FrozenDictionary<TlvTag, TlvFormat> byTag = All.ToFrozenDictionary(format => format.Tag);

    static readonly FrozenDictionary<string, TlvTag> byName = All.ToFrozenDictionary(
        format => format.Name,
        format => format.Tag,
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Reads a tag as people write it: the specification's name in either case, or a number from 0 to 65535, decimal or 0x….</summary>
    public static bool TryParseTag(string text, out TlvTag tag)
    {
        if (byName.TryGetValue(text, out tag))
        {
            return true;
        }
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var digits = isHex ? text.AsSpan(2) : text;
        var read = ushort.TryParse(
            digits,
            isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        );
        tag = (TlvTag)number;
        return read;
    }

    /// <summary>The format of a tag, or null when the tag is not in the specification.</summary>
    public static TlvFormat? Find(TlvTag tag) => byTag.GetValueOrDefault(tag);

    /// <summary>
    /// <see cref="Validate(TlvList)"/>, and <see cref="CommandStatus.MissingTlv"/> when a TLV that a PDU of this kind must have is not
    /// there: section 4.4.1.1 (broadcast_sm) and 4.6.1.3 (query_broadcast_sm_resp); no other kind has mandatory ones.
    /// </summary>
    public static CommandStatus Validate(CommandId command, TlvList tlvs)
    {
        foreach (var tag in Mandatory(command))
        {
            if (!tlvs.Contains(tag))
            {
                return CommandStatus.MissingTlv;
            }
        }
        return Validate(tlvs);
    }

    static ReadOnlySpan<TlvTag> Mandatory(CommandId command) =>
        command switch
        {
            CommandId.BroadcastSm =>
            [
                TlvTag.BroadcastAreaIdentifier,
                TlvTag.BroadcastContentType,
                TlvTag.BroadcastRepNum,
                TlvTag.BroadcastFrequencyInterval,
            ],
            CommandId.QueryBroadcastSmResp => [TlvTag.MessageState, TlvTag.BroadcastAreaIdentifier, TlvTag.BroadcastAreaSuccess],
            _ => [],
        };

    /// <summary>
    /// The status for the first known TLV whose length is wrong, or <see cref="CommandStatus.Ok"/>. Unknown tags pass. Not called on
    /// reading: a bad TLV fails only when it is asked for, or at validation.
    /// </summary>
    public static CommandStatus Validate(TlvList tlvs)
    {
        foreach (var tlv in tlvs)
        {
            if (Find(tlv.Tag) is { } format && !format.Accepts(tlv.Value.Span))
            {
                return CommandStatus.InvTlvLen;
            }
        }
        return CommandStatus.Ok;
    }
}
