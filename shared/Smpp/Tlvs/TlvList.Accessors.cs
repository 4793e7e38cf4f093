using System.Buffers.Binary;
using System.Text;

namespace Smpp.Tlvs;

/// <content>Typed access. A TLV whose length the table of known TLVs does not accept reads as absent.</content>
public readonly partial struct TlvList
{
    /// <summary>message_payload.</summary>
    public ReadOnlyMemory<byte>? MessagePayload => TryGet(TlvTag.MessagePayload, out var value) ? value : default(ReadOnlyMemory<byte>?);

    /// <summary>receipted_message_id.</summary>
    public string? ReceiptedMessageId => GetString(TlvTag.ReceiptedMessageId);

    /// <summary>message_state, section 4.7.15.</summary>
    public byte? MessageState => GetByte(TlvTag.MessageState);

    /// <summary>sar_msg_ref_num.</summary>
    public ushort? SarMsgRefNum => GetUInt16(TlvTag.SarMsgRefNum);

    /// <summary>sar_total_segments.</summary>
    public byte? SarTotalSegments => GetByte(TlvTag.SarTotalSegments);

    /// <summary>sar_segment_seqnum.</summary>
    public byte? SarSegmentSeqnum => GetByte(TlvTag.SarSegmentSeqnum);

    /// <summary>user_message_reference.</summary>
    public ushort? UserMessageReference => GetUInt16(TlvTag.UserMessageReference);

    /// <summary>sc_interface_version.</summary>
    public byte? ScInterfaceVersion => GetByte(TlvTag.ScInterfaceVersion);

    /// <summary>source_port.</summary>
    public ushort? SourcePort => GetUInt16(TlvTag.SourcePort);

    /// <summary>destination_port.</summary>
    public ushort? DestinationPort => GetUInt16(TlvTag.DestinationPort);

    /// <summary>delivery_failure_reason.</summary>
    public byte? DeliveryFailureReason => GetByte(TlvTag.DeliveryFailureReason);

    /// <summary>congestion_state, 0 (idle) to 100, sent by 5.0 SMSCs.</summary>
    public byte? CongestionState => GetByte(TlvTag.CongestionState);

    /// <summary>qos_time_to_live, seconds.</summary>
    public uint? QosTimeToLive => GetUInt32(TlvTag.QosTimeToLive);

    /// <summary>additional_status_info_text.</summary>
    public string? AdditionalStatusInfoText => GetString(TlvTag.AdditionalStatusInfoText);

    /// <summary>network_error_code.</summary>
    public NetworkErrorCode? NetworkErrorCode =>
        TryGetKnown(TlvTag.NetworkErrorCode, 3, out var value)
            ? new NetworkErrorCode(value.Span[0], BinaryPrimitives.ReadUInt16BigEndian(value.Span[1..]))
            : null;

    /// <summary>payload_type: 0 default (a user data header where esm_class says so), 1 WCMP.</summary>
    public byte? PayloadType => GetByte(TlvTag.PayloadType);

    /// <summary>privacy_indicator: 0 not restricted to 3 secret.</summary>
    public byte? PrivacyIndicator => GetByte(TlvTag.PrivacyIndicator);

    /// <summary>language_indicator: 0 unspecified, 1 English, 2 French, 3 Spanish, 4 German, 5 Portuguese.</summary>
    public byte? LanguageIndicator => GetByte(TlvTag.LanguageIndicator);

    /// <summary>user_response_code, set by the handset's user.</summary>
    public byte? UserResponseCode => GetByte(TlvTag.UserResponseCode);

    /// <summary>more_messages_to_send: 0 none, 1 more will follow.</summary>
    public byte? MoreMessagesToSend => GetByte(TlvTag.MoreMessagesToSend);

    /// <summary>set_dpf: 1 asks for an alert_notification when the subscriber can be reached again.</summary>
    public byte? SetDpf => GetByte(TlvTag.SetDpf);

    /// <summary>dpf_result: 1 when the delivery pending flag was set.</summary>
    public byte? DpfResult => GetByte(TlvTag.DpfResult);

    /// <summary>ms_availability_status: 0 available, 1 denied, 2 unavailable.</summary>
    public byte? MsAvailabilityStatus => GetByte(TlvTag.MsAvailabilityStatus);

    /// <summary>ussd_service_op, section 4.8.4.63.</summary>
    public byte? UssdServiceOp => GetByte(TlvTag.UssdServiceOp);

    /// <summary>source_network_id: the network that the message comes from.</summary>
    public string? SourceNetworkId => GetString(TlvTag.SourceNetworkId);

    /// <summary>dest_network_id: the network that the message goes to.</summary>
    public string? DestNetworkId => GetString(TlvTag.DestNetworkId);

    /// <summary>callback_num; the first one where it repeats.</summary>
    public CallbackNumber? CallbackNum =>
        TryGet(TlvTag.CallbackNum, out var value) && IsLegal(TlvTag.CallbackNum, value.Span)
            ? new CallbackNumber(value.Span[0], value.Span[1], value.Span[2], Encoding.Latin1.GetString(value.Span[3..]))
            : null;

    /// <summary>its_session_info.</summary>
    public ItsSessionInfo? ItsSessionInfo =>
        TryGetKnown(TlvTag.ItsSessionInfo, sizeof(ushort), out var value)
            ? new ItsSessionInfo(value.Span[0], (byte)(value.Span[1] >> 1), (value.Span[1] & 1) != 0)
            : null;

    /// <summary>broadcast_content_type.</summary>
    public BroadcastContentType? BroadcastContentType =>
        TryGetKnown(TlvTag.BroadcastContentType, 3, out var value)
            ? new BroadcastContentType(value.Span[0], BinaryPrimitives.ReadUInt16BigEndian(value.Span[1..]))
            : null;

    /// <summary>broadcast_rep_num: how often the message is to be broadcast; 0 means until its validity ends.</summary>
    public ushort? BroadcastRepNum => GetUInt16(TlvTag.BroadcastRepNum);

    /// <summary>broadcast_frequency_interval.</summary>
    public BroadcastFrequencyInterval? BroadcastFrequencyInterval =>
        TryGetKnown(TlvTag.BroadcastFrequencyInterval, 3, out var value)
            ? new BroadcastFrequencyInterval(value.Span[0], BinaryPrimitives.ReadUInt16BigEndian(value.Span[1..]))
            : null;

    /// <summary>broadcast_end_time: an absolute time, section 4.7.23.1.</summary>
    public string? BroadcastEndTime => GetString(TlvTag.BroadcastEndTime);

    /// <summary>Every value of a tag that may repeat, in the order of the list.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> GetAll(TlvTag tag)
    {
        var values = new List<ReadOnlyMemory<byte>>();
        foreach (var tlv in this)
        {
            if (tlv.Tag == tag)
            {
                values.Add(tlv.Value);
            }
        }
        return values;
    }

    /// <summary>A one-octet integer.</summary>
    public byte? GetByte(TlvTag tag) => TryGetKnown(tag, sizeof(byte), out var value) ? value.Span[0] : null;

    /// <summary>A two-octet integer.</summary>
    public ushort? GetUInt16(TlvTag tag) =>
        TryGetKnown(tag, sizeof(ushort), out var value) ? BinaryPrimitives.ReadUInt16BigEndian(value.Span) : null;

    /// <summary>A four-octet integer.</summary>
    public uint? GetUInt32(TlvTag tag) =>
        TryGetKnown(tag, sizeof(uint), out var value) ? BinaryPrimitives.ReadUInt32BigEndian(value.Span) : null;

    /// <summary>A string, up to its NUL where it has one: not every peer sends it.</summary>
    public string? GetString(TlvTag tag)
    {
        if (!TryGet(tag, out var value) || !IsLegal(tag, value.Span))
        {
            return null;
        }
        var end = value.Span.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? value.Span : value.Span[..end]);
    }

    bool TryGetKnown(TlvTag tag, int size, out ReadOnlyMemory<byte> value) => TryGet(tag, out value) && value.Length == size;

    static bool IsLegal(TlvTag tag, ReadOnlySpan<byte> value) => KnownTlvs.Find(tag) is not { } format || format.Accepts(value);
}
