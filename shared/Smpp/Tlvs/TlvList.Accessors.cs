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
        if (!TryGet(tag, out var value) || (KnownTlvs.Find(tag) is { } format && !format.Accepts(value.Span)))
        {
            return null;
        }
        var end = value.Span.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? value.Span : value.Span[..end]);
    }

    bool TryGetKnown(TlvTag tag, int size, out ReadOnlyMemory<byte> value) => TryGet(tag, out value) && value.Length == size;
}
